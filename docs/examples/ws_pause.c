#include <hostws.h>

/* Reads no further while the program has much to do: the server waits, and nothing piles up here. */
void on_backlog(ws_id ws, int backlog)
{
    if (backlog > 1000)
        ws_pause(ws, 1);
    else if (backlog < 100)
        ws_pause(ws, 0);
}
