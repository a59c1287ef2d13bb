#include <hostws.h>

/* A second thread waits; the owner of the queue delivers. */
void wait_and_tell(ws_queue queue, void (*tell_owner)(void))
{
    while (ws_wait(queue, -1) != HOSTWS_E_IDLE)
        tell_owner();
}
