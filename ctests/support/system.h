/* The system functions that the checks need, with a file for each kind of system. */
#ifndef SYSTEM_H
#define SYSTEM_H

/* Ends the program, or the forked child, as failed. */
void give_up(void);
/* Prints which descriptors are open. */
void list_fds(void);

#endif
