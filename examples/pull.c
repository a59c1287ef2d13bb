/*
 * pull: the ticker with no callback; the program fetches the events itself.
 *
 *     pull URL [--seconds N]
 *
 * To try it, start the demo server, which says its ports:
 *
 *     cargo run --example demo-server
 *     pull ws://127.0.0.1:PORT/ticker
 *
 * Ctrl-C ends it, or N seconds. The exit status is 0 if the connection was closed cleanly.
 */

#include <hostws.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;
static int wake_fd;

static void on_interrupt(int signal)
{
    int before = errno;

    (void)signal;
    interrupted = 1;
    /* It ends the wait, also one that is just about to begin. A full pipe does so, too. */
    if (write(wake_fd, "", 1) < 0) {
        errno = before;
    }
}

/* How long to wait for an event; -1: as long as it takes. */
static int32_t patience(time_t start, long seconds)
{
    double rest = (double)seconds - difftime(time(NULL), start);

    if (seconds <= 0) {
        return -1;
    }
    return rest <= 0 ? 0 : rest >= 1000000 ? 1000000000 : (int32_t)(rest * 1000);
}

static void show_quote(const ws_event *event)
{
    char symbol[16], price[32], change[32];

    if (ws_json_get(event->data, event->length, "/symbol", symbol, sizeof symbol) < 0 ||
        ws_json_get(event->data, event->length, "/price", price, sizeof price) < 0 ||
        ws_json_get(event->data, event->length, "/change", change, sizeof change) < 0) {
        printf("not a quote: %s\n", event->data);
        return;
    }
    printf("%-8s %10s %8s\n", symbol, price, change);
}

static void show_errors(const ws_event *event)
{
    for (int32_t i = 0; i < event->error_count; i++) {
        const ws_error *error = &event->errors[i];
        fprintf(stderr, "%s %s (%s %d)\n", i == 0 ? "pull:" : "  because:", error->message,
                error->component, (int)error->code);
    }
}

static int fail(void)
{
    fprintf(stderr, "pull: %s\n", ws_last_error_message());
    return 1;
}

int main(int argc, char **argv)
{
    long seconds = 0;

    if (argc == 4 && strcmp(argv[2], "--seconds") == 0) {
        seconds = strtol(argv[3], NULL, 10);
    } else if (argc != 2) {
        fprintf(stderr, "usage: pull URL [--seconds N]\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    wake_fd = (int)ws_wake_fd(0);
    signal(SIGINT, on_interrupt);

    ws_id ws = ws_open(argv[1], "{\"data_type\": \"object\", \"open_timeout_ms\": 10000}", NULL);
    if (ws < 0) {
        return fail();
    }
    /* It waits until the connection is open. */
    if (ws_send(ws, "{\"subscribe\":[\"ACME\",\"GLOBEX\"]}", -1, 0) < 0) {
        return fail();
    }

    time_t start = time(NULL);
    int closing = 0;
    for (;;) {
        /* Ctrl-C ends the wait. The event lives until the next one. */
        const ws_event *event = ws_next(0, closing ? -1 : patience(start, seconds));
        if (event == NULL && ws_last_error() != HOSTWS_E_TIMEOUT) {
            return fail();
        }
        switch (event == NULL ? 0 : event->type) {
        case HOSTWS_EVENT_OPEN:
            puts("connected");
            break;
        case HOSTWS_EVENT_MESSAGE:
            show_quote(event);
            break;
        case HOSTWS_EVENT_WARNING:
        case HOSTWS_EVENT_ERROR:
            show_errors(event);
            break;
        case HOSTWS_EVENT_TERMINATE:
            printf("closed: %d %s\n", (int)event->code, event->reason);
            return event->was_clean ? 0 : 1;
        default:
            break;
        }
        if (!closing && (interrupted || (seconds > 0 && difftime(time(NULL), start) >= seconds))) {
            closing = 1;
            ws_terminate(ws, 1000, "thank you");
        }
    }
}
