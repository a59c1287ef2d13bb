#include <hostws.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    ws_id ws = argc < 2 ? 0 : ws_open(argv[1], "{\"open_timeout_ms\": 10000}", NULL);
    if (ws <= 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: first_pull URL" : ws_last_error_message());
        return 1;
    }
    ws_send(ws, "hello", -1, HOSTWS_TEXT); /* it waits until the connection is open */
    const ws_event *event;
    while ((event = ws_next(0, -1)) != NULL) {
        if (event->type == HOSTWS_EVENT_MESSAGE) {
            printf("%.*s\n", (int)event->length, event->data);
            ws_terminate(ws, 1000, NULL);
        } else if (event->type == HOSTWS_EVENT_ERROR) {
            fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
        }
    }
    return 0;
}
