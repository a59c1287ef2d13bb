#include <hostws.h>
#include <stdio.h>

/* An open connection or none: the blocking form of ws_new(). */
ws_id open_or_fail(const char *url, const ws_handler *handler)
{
    ws_id ws = ws_new(url, handler, NULL);
    if (ws > 0 && ws_wait_status(ws, HOSTWS_CONNECTED, 10000) != HOSTWS_OK) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        ws_abort(ws);
        ws_wait_status(ws, HOSTWS_CLOSED, -1);
        ws = 0;
    }
    return ws;
}
