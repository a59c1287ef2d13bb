#include <hostws.h>

static int stop; /* guarded by a lock of the program */

/* Asks the thread that polls `queue` to end; its ws_poll() returns at once. */
void ask_to_stop(ws_queue queue, void (*lock)(void), void (*unlock)(void))
{
    lock();
    stop = 1;
    unlock();
    ws_wake(queue);
}
