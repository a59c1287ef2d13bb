/* The ports that the server prints. */
#ifndef PORTS_H
#define PORTS_H

/* Takes a line that the server printed. Returns 0 after the last. */
int understand(const char *line);

/* Gives each line to `take`, until it returns 0. `said` has them divided by "|", as HOSTWS_TEST_PORTS does. */
void take_lines(const char *said, int (*take)(const char *line));

#endif
