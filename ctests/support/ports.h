/* What the server says of its ports. */
#ifndef PORTS_H
#define PORTS_H

/* Takes one line as the server prints it; 0 when it was the last. */
int understand(const char *line);

#endif
