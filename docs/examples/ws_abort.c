#include <hostws.h>

/* Drops the connection and what waits to be sent, and runs its on_terminate. */
void drop(ws_id ws)
{
    ws_abort(ws);
    ws_wait_status(ws, HOSTWS_CLOSED, 1000);
}
