#include <hostws.h>
#include <stdio.h>

/* Closes politely; on_terminate comes when the server has answered. */
void leave(ws_id ws)
{
    int32_t result = ws_terminate(ws, 1000, "done");
    if (result < 0 && result != HOSTWS_E_CLOSED)
        fprintf(stderr, "%s\n", ws_last_error_message());
}
