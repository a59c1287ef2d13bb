#include <hostws.h>
#include <stdio.h>

/* Opens a connection from strings alone; ws_next() brings its events. */
ws_id open_chat(const char *url)
{
    ws_id ws = ws_open(url, "{\"subprotocols\": \"chat\", \"reconnect_max\": -1}", NULL);
    if (ws < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
    return ws;
}
