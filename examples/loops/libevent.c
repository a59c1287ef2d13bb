/* hostws in libevent's loop. */
#include <event2/event.h>
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
    puts(event->data);
    ws_terminate(ws, 1000, NULL);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws;
    printf("closed: %d %s\n", (int)event->code, event->reason);
    event_base_loopbreak(user_data);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what, (void)argument;
    ws_poll(0, 0, 0);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct event *queue = event_new(base, (evutil_socket_t)ws_queue_loop_fd(0), EV_READ | EV_PERSIST, on_readable, NULL);
    event_add(queue, NULL);
    ws_handler handler = {
        .struct_size = sizeof handler,
        .user_data = base,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: libevent URL" : ws_last_error_message());
        return 1;
    }
    event_base_dispatch(base);
    event_free(queue);
    event_base_free(base);
    return 0;
}
