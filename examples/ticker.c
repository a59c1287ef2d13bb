/*
 * ticker: shows quotes as a server sends them.
 *
 *     ticker URL [--seconds N] [--ca FILE]
 *
 * To try it, start the demo server, which says its ports and the file with its certificate:
 *
 *     cargo run --example demo-server
 *     ticker ws://127.0.0.1:PORT/ticker
 *     ticker wss://127.0.0.1:PORT/ticker --ca FILE
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

/* What the callbacks have to tell main(). */
struct ticker {
    int ended;
    int was_clean;
};

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)event;
    (void)user_data;
    puts("connected");
    /* 0: as the connection's data type, an object. */
    if (ws_send(ws, "{\"subscribe\":[\"ACME\",\"GLOBEX\"]}", -1, 0) < 0) {
        fprintf(stderr, "ticker: %s\n", ws_last_error_message());
    }
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    char symbol[16], price[32], change[32];

    (void)ws;
    (void)user_data;
    if (ws_json_get(event->data, event->length, "/symbol", symbol, sizeof symbol) < 0 ||
        ws_json_get(event->data, event->length, "/price", price, sizeof price) < 0 ||
        ws_json_get(event->data, event->length, "/change", change, sizeof change) < 0) {
        printf("not a quote: %s\n", event->data);
        return;
    }
    printf("%-8s %10s %8s\n", symbol, price, change);
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws;
    (void)user_data;
    /* The general error comes first. */
    for (int32_t i = 0; i < event->error_count; i++) {
        const ws_error *error = &event->errors[i];
        fprintf(stderr, "%s %s (%s %d)\n", i == 0 ? "ticker:" : "  because:", error->message,
                error->component, (int)error->code);
    }
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    struct ticker *ticker = user_data;

    (void)ws;
    printf("closed: %d %s\n", (int)event->code, event->reason);
    ticker->ended = 1;
    ticker->was_clean = event->was_clean;
}

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : NULL;
    const char *ca = NULL;
    long seconds = 0;

    for (int i = 2; i < argc; i += 2) {
        if (i + 1 < argc && strcmp(argv[i], "--seconds") == 0) {
            seconds = strtol(argv[i + 1], NULL, 10);
        } else if (i + 1 < argc && strcmp(argv[i], "--ca") == 0) {
            ca = argv[i + 1];
        } else {
            url = NULL;
            break;
        }
    }
    if (url == NULL) {
        fprintf(stderr, "usage: ticker URL [--seconds N] [--ca FILE]\n");
        return 1;
    }

    /* Each quote shows at once, also in a pipe. */
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    wake_fd = (int)ws_wake_fd(0);
    signal(SIGINT, on_interrupt);

    struct ticker ticker = {0};
    ws_handler handler = {
        .struct_size = sizeof handler,
        .data_type = HOSTWS_OBJECT,
        .user_data = &ticker,
        .on_open = on_open,
        .on_message = on_message,
        .on_error = on_error,
        .on_terminate = on_terminate,
    };
    ws_options options = {.struct_size = sizeof options};
    char tls_ca[4096];
    if (ca != NULL) {
        /* "@": the name of a file, and not the certificate itself. */
        snprintf(tls_ca, sizeof tls_ca, "@%s", ca);
        options.tls_ca = tls_ca;
    }

    ws_id ws = ws_new(url, &handler, &options);
    if (ws < 0) {
        fprintf(stderr, "ticker: %s\n", ws_last_error_message());
        return 1;
    }

    time_t start = time(NULL);
    int closing = 0;
    while (!ticker.ended) {
        /* The callbacks run in here. Ctrl-C ends the wait. */
        if (ws_poll(0, closing ? -1 : patience(start, seconds), 0) < 0) {
            fprintf(stderr, "ticker: %s\n", ws_last_error_message());
            return 1;
        }
        if (!closing && (interrupted || (seconds > 0 && difftime(time(NULL), start) >= seconds))) {
            closing = 1;
            /* The server answers, and then on_terminate comes. */
            ws_terminate(ws, 1000, "thank you");
        }
    }
    return ticker.was_clean ? 0 : 1;
}
