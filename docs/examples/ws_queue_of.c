#include <hostws.h>

/* Ends the wait of the thread that serves a connection. */
void wake_owner(ws_id ws)
{
    ws_queue queue = ws_queue_of(ws);
    if (queue > 0)
        ws_wake(queue);
}
