/* hostws in libev's loop. */
#include <ev.h>
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
    (void)ws, (void)user_data;
    printf("closed: %d %s\n", (int)event->code, event->reason);
    ev_break(EV_DEFAULT, EVBREAK_ALL);
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop, (void)watcher, (void)events;
    ws_poll(0, 0, 0);
}

int main(int argc, char **argv)
{
    ev_io watcher;
    ev_init(&watcher, on_readable);
    ev_io_set(&watcher, (int)ws_queue_loop_fd(0), EV_READ);
    ev_io_start(EV_DEFAULT, &watcher);
    ws_handler handler = {
        .struct_size = sizeof handler,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: libev URL" : ws_last_error_message());
        return 1;
    }
    ev_run(EV_DEFAULT, 0);
    return 0;
}
