#include <hostws.h>

static void subscribe(ws_id ws)
{
    ws_send(ws, "{\"subscribe\": [\"ACME\", \"INITECH\"]}", -1, HOSTWS_TEXT);
}

void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    subscribe(ws);
}

void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    if (event->type == HOSTWS_EVENT_RECONNECTED)
        subscribe(ws);
}
