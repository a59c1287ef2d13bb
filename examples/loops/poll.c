/* hostws in a loop around poll(2): the keyboard and the connections. */
#include <hostws.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int ended;

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
    ended = 1;
}

int main(int argc, char **argv)
{
    ws_handler handler = {
        .struct_size = sizeof handler,
        .on_open = on_open,
        .on_message = on_message,
        .on_terminate = on_terminate,
    };
    if (argc < 2 || ws_new(argv[1], &handler, NULL) < 0) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: poll URL" : ws_last_error_message());
        return 1;
    }
    struct pollfd fds[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = (int)ws_queue_loop_fd(0), .events = POLLIN},
    };
    while (!ended && poll(fds, 2, -1) >= 0) {
        if (fds[0].revents) {
            char line[256];
            if (read(STDIN_FILENO, line, sizeof line) <= 0)
                fds[0].fd = -1; /* the end of the input: poll(2) passes it over */
        }
        if (fds[1].revents)
            ws_poll(0, 0, 0);
    }
    return 0;
}
