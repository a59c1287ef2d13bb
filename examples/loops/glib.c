/* hostws in GLib's main loop (GTK, GStreamer, GNOME): the queue's descriptor is one more source. */
#include <glib-unix.h>
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
    g_main_loop_quit(user_data);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer user_data)
{
    (void)fd, (void)condition, (void)user_data;
    ws_poll(0, 0, 0);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_unix_fd_add((gint)ws_queue_loop_fd(0), G_IO_IN, on_readable, NULL);
    ws_handler handler = {
        .struct_size = sizeof handler,
        .user_data = loop,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: glib URL" : ws_last_error_message());
        return 1;
    }
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    return 0;
}
