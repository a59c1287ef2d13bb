#include <hostws.h>
#include <stdio.h>

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    printf("%.*s\n", (int)event->length, event->data);
}

/* Opens a connection; its events come to whoever calls ws_poll() on this thread. */
ws_id open_quotes(void)
{
    ws_handler handler = {.struct_size = sizeof handler, .on_message = on_message};
    ws_options options = {.struct_size = sizeof options, .open_timeout_ms = 10000};
    ws_id ws = ws_new("wss://quotes.example/stream", &handler, &options);
    if (ws < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
    return ws;
}
