/* hostws in libuv's loop. */
#include <hostws.h>
#include <stdio.h>
#include <uv.h>

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
    uv_poll_stop(user_data); /* nothing is left to watch, so the loop ends */
}

static void on_readable(uv_poll_t *watcher, int status, int events)
{
    (void)watcher, (void)status, (void)events;
    ws_poll(0, 0, 0);
}

int main(int argc, char **argv)
{
    uv_poll_t watcher;
    uv_poll_init(uv_default_loop(), &watcher, (int)ws_queue_loop_fd(0)); /* uv never closes the descriptor */
    uv_poll_start(&watcher, UV_READABLE, on_readable);
    ws_handler handler = {
        .struct_size = sizeof handler,
        .user_data = &watcher,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: libuv URL" : ws_last_error_message());
        return 1;
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&watcher, NULL);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return uv_loop_close(uv_default_loop());
}
