/* What a program does with a connection, for tests of the thread that does it. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

/* Opens ws:// and wss://, compressed; sends a large text over each, takes the echoes, and closes. */
void exchange(void);

#endif
