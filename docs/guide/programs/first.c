#include <hostws.h>
#include <stdio.h>

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event, (void)user_data;
    ws_send(ws, "hello", -1, HOSTWS_TEXT);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    printf("%.*s\n", (int)event->length, event->data);
    ws_terminate(ws, 1000, NULL);
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    for (int i = 0; i < event->error_count; i++)
        fprintf(stderr, "%s: %s\n", event->errors[i].component, event->errors[i].message);
}

int main(int argc, char **argv)
{
    ws_handler handler = {.struct_size = sizeof handler};
    handler.on_open = on_open;
    handler.on_message = on_message;
    handler.on_error = on_error;
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: first URL" : ws_last_error_message());
        return 1;
    }
    while (ws_poll(0, -1, 0) >= 0) {
    }
    return 0;
}
