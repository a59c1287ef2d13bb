/*
 * chat: talks with whoever else is there, line by line.
 *
 *     chat URL NAME
 *
 * To try it, start the demo server, which says its ports, and two of these in terminals of their own:
 *
 *     cargo run --example demo-server
 *     chat ws://127.0.0.1:PORT/chat Ann
 *     chat ws://127.0.0.1:PORT/chat Ben
 *
 * One poll(2) waits for the keyboard and for the server. Ctrl-D or Ctrl-C ends it.
 */

#define _POSIX_C_SOURCE 200809L

#include <hostws.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Ctrl-C writes a byte into it: a flag alone would be overlooked until the next line or key. */
static int interrupts[2];

static void on_interrupt(int signal)
{
    int error = errno;
    (void)signal;
    (void)!write(interrupts[1], "", 1);
    errno = error;
}

/* What the callbacks have to tell main(). */
struct chat {
    int ended;
    int was_clean;
};

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws;
    (void)user_data;
    printf("%.*s\n", (int)event->length, event->data);
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws;
    (void)user_data;
    for (int32_t i = 0; i < event->error_count; i++) {
        const ws_error *error = &event->errors[i];
        fprintf(stderr, "%s %s (%s %d)\n", i == 0 ? "chat:" : "  because:", error->message,
                error->component, (int)error->code);
    }
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    struct chat *chat = user_data;

    (void)ws;
    printf("closed: %d %s\n", (int)event->code, event->reason);
    chat->ended = 1;
    chat->was_clean = event->was_clean;
}

static void say(ws_id ws, const char *text, size_t length)
{
    if (length > 0 && ws_send(ws, text, (int64_t)length, HOSTWS_TEXT) < 0) {
        fprintf(stderr, "chat: %s\n", ws_last_error_message());
    }
}

/* Sends the lines that were typed; 0 at their end. A line that is too long goes out in parts. */
static int read_keyboard(ws_id ws)
{
    static char line[1024];
    static size_t filled;

    ssize_t got = read(STDIN_FILENO, line + filled, sizeof line - filled);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    filled += (size_t)got;

    size_t start = 0;
    char *end;
    while ((end = memchr(line + start, '\n', filled - start)) != NULL) {
        say(ws, line + start, (size_t)(end - line) - start);
        start = (size_t)(end - line) + 1;
    }
    filled -= start;
    memmove(line, line + start, filled);
    if (got == 0 || filled == sizeof line) {
        say(ws, line, filled);
        filled = 0;
    }
    return got > 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: chat URL NAME\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (pipe(interrupts) != 0) {
        perror("chat: pipe");
        return 1;
    }
    signal(SIGINT, on_interrupt);

    struct chat chat = {0};
    ws_handler handler = {
        .struct_size = sizeof handler,
        .user_data = &chat,
        .on_message = on_message,
        .on_error = on_error,
        .on_terminate = on_terminate,
    };
    ws_id ws = ws_new(argv[1], &handler, NULL);
    int network = (int)ws_queue_loop_fd(0);
    if (ws < 0 || network < 0) {
        fprintf(stderr, "chat: %s\n", ws_last_error_message());
        return 1;
    }
    say(ws, argv[2], strlen(argv[2]));

    struct pollfd watched[3] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = network, .events = POLLIN},
        {.fd = interrupts[0], .events = POLLIN},
    };
    while (!chat.ended) {
        if (poll(watched, 3, -1) < 0 && errno != EINTR) {
            perror("chat: poll");
            return 1;
        }
        /* poll(2) passes over a negative descriptor; only on_terminate is waited for then. */
        if (watched[0].fd >= 0 && (watched[2].revents != 0 || (watched[0].revents != 0 && !read_keyboard(ws)))) {
            watched[0].fd = watched[2].fd = -1;
            ws_terminate(ws, 0, NULL);
        }
        /* The callbacks run in here; with nothing there, it returns at once. */
        if (ws_poll(0, 0, 0) < 0) {
            fprintf(stderr, "chat: %s\n", ws_last_error_message());
            return 1;
        }
    }
    return chat.was_clean ? 0 : 1;
}
