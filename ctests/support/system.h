/* What the checks need of the system: a file for each kind of it. */
#ifndef SYSTEM_H
#define SYSTEM_H

/* Ends the program, or the forked child, as failed. */
void give_up(void);
/* Prints which descriptors are open. */
void list_fds(void);

#endif
