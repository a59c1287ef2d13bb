/* The ports that the server prints. */
#ifndef PORTS_H
#define PORTS_H

/* Takes a line that the server printed. Returns 0 after the last. */
int understand(const char *line);

#endif
