/*
 * hostws-cat: a WebSocket on the command line. See usage() below, or call it with --help.
 *
 * Messages from the server go to stdout and lines from stdin to the server; everything else goes to stderr. It is
 * built on the public header alone, for systems with poll(2).
 */

#define _POSIX_C_SOURCE 200809L

#include <hostws.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { MAX_HEADERS = 32, MAX_LINE = 16 << 20, BENCH_SIZE = 64, BENCH_WINDOW = 64 };

static void usage(FILE *to)
{
    fputs("usage: hostws-cat [OPTIONS] URL\n"
          "\n"
          "Connects to a WebSocket server, prints the messages that come, and sends each line of stdin as a message.\n"
          "\n"
          "  -H, --header 'NAME: VALUE'  adds a header to the request; may repeat\n"
          "  -s, --subprotocol LIST      offers these subprotocols, separated by commas\n"
          "  -x, --proxy URL             goes through this proxy; '' goes through none\n"
          "      --ca FILE               also trusts this authority (PEM)\n"
          "      --cert FILE --key FILE  shows this certificate to the server (PEM)\n"
          "  -k, --insecure              does not check the server's certificate\n"
          "  -b, --binary                sends lines as binary messages\n"
          "  -l, --listen                does not read stdin\n"
          "  -r, --reconnect             connects again when the connection is lost\n"
          "  -w, --wait SECONDS          after the end of stdin, closes when nothing has come for so long (1)\n"
          "      --json                  prints every event as one line of JSON\n"
          "      --ping COUNT            sends a ping a second, and prints how long each takes\n"
          "      --bench COUNT           sends so many messages of 64 bytes to an echo server, and measures\n"
          "      --explain               prints at the end what happened to the connection, as JSON\n"
          "  -h, --help                  prints this\n"
          "      --version               prints the version\n"
          "\n"
          "Ctrl-C closes the connection. The exit status is 0 if it was closed cleanly, 1 if it could not be opened or\n"
          "was lost, and 2 for a wrong call.\n",
          to);
}

/* What main() wants, and how far it is. */
static struct {
    ws_id ws;
    int32_t data_type;
    int is_json, is_listening, explains;
    long pings, bench;
    double patience;
    int is_open, has_ended, was_clean, is_full, at_eof;
    double since, heard_at, pinged_at; /* seconds */
    long pings_sent, pongs, bench_sent, bench_received;
} cat = {.data_type = HOSTWS_TEXT, .patience = 1};

static int signal_pipe[2];

static void on_signal(int signal)
{
    int before = errno;
    ssize_t ignored = write(signal_pipe[1], "", 1);

    (void)signal;
    (void)ignored;
    errno = before;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Colours only for a person who wants them. */
static const char *colour(int descriptor, const char *code)
{
    const char *none = getenv("NO_COLOR");

    return isatty(descriptor) && !(none && *none) ? code : "";
}

/* Text for a terminal: what a server sends must not steer it. */
static void show_text(FILE *to, const char *text, int64_t length)
{
    for (int64_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        int is_c1 = byte == 0xc2 && i + 1 < length && ((unsigned char)text[i + 1] & 0xe0) == 0x80;

        if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f || is_c1) {
            putc('?', to);
            i += is_c1;
        } else {
            putc(byte, to);
        }
    }
}

/* A line about the connection. On a terminal, the next one replaces it if it only shows progress. */
static void say(int is_progress, const char *words, const char *more)
{
    int is_terminal = isatty(STDERR_FILENO);

    if (is_progress && !is_terminal) {
        return;
    }
    fprintf(stderr, "%s%s%s", is_terminal ? "\r\033[K" : "hostws-cat: ", colour(STDERR_FILENO, "\033[2m"), words);
    show_text(stderr, more, (int64_t)strlen(more));
    fprintf(stderr, "%s%s", colour(STDERR_FILENO, "\033[0m"), is_progress ? "" : "\n");
    fflush(stderr);
}

static int complain(const char *words, const char *more)
{
    fprintf(stderr, "hostws-cat: %s%s\n", words, more);
    return 2;
}

static void show_message(const ws_event *event)
{
    if (!isatty(STDOUT_FILENO)) {
        fwrite(event->data, 1, (size_t)event->length, stdout);
        if (event->data_type != HOSTWS_BLOB) {
            putchar('\n');
        }
    } else if (event->data_type == HOSTWS_BLOB) {
        printf("%s[%lld bytes]%s\n", colour(STDOUT_FILENO, "\033[35m"), (long long)event->length,
               colour(STDOUT_FILENO, "\033[0m"));
    } else {
        fputs(colour(STDOUT_FILENO, "\033[36m"), stdout);
        show_text(stdout, event->data, event->length);
        printf("%s\n", colour(STDOUT_FILENO, "\033[0m"));
    }
    fflush(stdout);
}

static void send_bench(void)
{
    char message[BENCH_SIZE];

    memset(message, 'x', sizeof message);
    while (cat.bench_sent < cat.bench && cat.bench_sent - cat.bench_received < BENCH_WINDOW &&
           ws_send(cat.ws, message, sizeof message, HOSTWS_BLOB) == HOSTWS_OK) {
        cat.bench_sent++;
    }
}

static void finish_bench(void)
{
    double seconds = now() - cat.since;

    printf("%ld messages of %d bytes and back in %.3f s: %.0f a second\n", cat.bench, BENCH_SIZE, seconds,
           (double)cat.bench / seconds);
    fflush(stdout);
    ws_terminate(cat.ws, 1000, NULL);
}

static void on_opened(void)
{
    char words[64];

    snprintf(words, sizeof words, "connected after %.0f ms", (now() - cat.since) * 1000);
    say(isatty(STDERR_FILENO) ? 0 : 1, words, isatty(STDIN_FILENO) ? "; Ctrl-C closes" : "");
    cat.is_open = 1;
    cat.since = cat.heard_at = now();
    send_bench();
}

static void on_message(const ws_event *event)
{
    if (cat.bench == 0) {
        show_message(event);
    } else if (++cat.bench_received == cat.bench) {
        finish_bench();
    } else {
        send_bench();
    }
}

static void on_pong(double round_trip_us)
{
    printf("pong %ld: %.3f ms\n", ++cat.pongs, round_trip_us / 1000);
    fflush(stdout);
    if (cat.pongs == cat.pings) {
        ws_terminate(cat.ws, 1000, NULL);
    }
}

static void on_ended(int code, const char *reason, int was_clean)
{
    char words[64];

    cat.has_ended = 1;
    cat.was_clean = was_clean;
    snprintf(words, sizeof words, "closed with %d%s", code, *reason ? ": " : "");
    if (!was_clean || isatty(STDERR_FILENO)) {
        say(0, words, reason);
    }
}

static void on_event(const ws_event *event)
{
    cat.heard_at = now();
    switch (event->type) {
    case HOSTWS_EVENT_OPEN:
        on_opened();
        break;
    case HOSTWS_EVENT_MESSAGE:
        on_message(event);
        break;
    case HOSTWS_EVENT_PONG:
        on_pong((double)event->round_trip_us);
        break;
    case HOSTWS_EVENT_DRAIN:
        cat.is_full = 0;
        break;
    case HOSTWS_EVENT_ERROR:
    case HOSTWS_EVENT_WARNING:
    case HOSTWS_EVENT_RECONNECTING:
        for (int i = 0; i < event->error_count; i++) {
            say(0, i > 0 ? "  because: " : "", event->errors[i].message);
        }
        break;
    case HOSTWS_EVENT_RECONNECTED:
        say(0, "connected again", "");
        break;
    case HOSTWS_EVENT_TERMINATE:
        on_ended(event->code, event->reason, event->was_clean);
        break;
    default:
        break;
    }
}

/* Prints one event as JSON. Returns 0 if there is none. */
static int next_json(void)
{
    static char *line;
    static int64_t size;
    char type[32] = "", clean[8] = "";
    int64_t length = ws_next_json(0, 0, line, size);

    while (length >= size) { /* it did not fit, and waits */
        size = length + 1;
        line = realloc(line, (size_t)size);
        if (line == NULL) {
            exit(complain("out of memory", ""));
        }
        length = ws_next_json(0, 0, line, size);
    }
    if (length <= 0) {
        return 0;
    }
    puts(line);
    fflush(stdout);
    cat.heard_at = now();
    ws_json_get(line, length, "/type", type, sizeof type);
    ws_json_get(line, length, "/was_clean", clean, sizeof clean);
    cat.is_open |= strcmp(type, "open") == 0;
    cat.is_full &= strcmp(type, "drain") != 0;
    cat.has_ended |= strcmp(type, "terminate") == 0;
    cat.was_clean |= strcmp(clean, "true") == 0;
    return 1;
}

static void take_events(void)
{
    const ws_event *event;

    if (cat.is_json) {
        while (!cat.has_ended && next_json()) {
        }
        return;
    }
    while (!cat.has_ended && (event = ws_next(0, 0)) != NULL) {
        on_event(event);
    }
}

/* Sends the lines that stdin has, until it has no more or the send queue is full. */
static void take_lines(int may_read)
{
    static char *held;
    static size_t length, room, sent;
    char *end;

    if (may_read) {
        if (room - length < 65536) {
            room += 131072;
            held = realloc(held, room);
            if (held == NULL || room > MAX_LINE) {
                exit(complain("a line of stdin is too long", ""));
            }
        }
        ssize_t count = read(STDIN_FILENO, held + length, room - length);
        if (count > 0) {
            length += (size_t)count;
        } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
            cat.at_eof = 1;
            if (sent < length) {
                held[length++] = '\n'; /* the last line may lack it */
            }
        }
    }
    while (sent < length && (end = memchr(held + sent, '\n', length - sent)) != NULL) {
        int32_t code = ws_send(cat.ws, held + sent, end - (held + sent), cat.data_type);
        if (code == HOSTWS_E_AGAIN) {
            cat.is_full = 1;
            break;
        }
        if (code < 0 && code != HOSTWS_E_CLOSED) {
            say(0, "not sent: ", ws_last_error_message());
        }
        sent = (size_t)(end + 1 - held);
    }
    memmove(held, held + sent, length - sent);
    length -= sent;
    sent = 0;
}

/* How long to wait, in milliseconds; does what is due. */
static int due(void)
{
    double left = -1;

    if (cat.is_open && cat.pings > 0 && cat.pings_sent < cat.pings) {
        if (cat.pings_sent == 0 || now() >= cat.pinged_at + 1) {
            ws_ping(cat.ws, NULL, 0);
            cat.pings_sent++;
            cat.pinged_at = now();
        }
        left = cat.pinged_at + 1 - now();
    }
    if (cat.is_open && cat.at_eof && !cat.is_full && cat.pings == 0 && cat.bench == 0) {
        left = cat.heard_at + cat.patience - now();
        if (left <= 0) {
            ws_terminate(cat.ws, 1000, NULL);
            left = -1;
        }
    }
    return left < 0 ? -1 : (int)(left * 1000) + 1;
}

static void run(void)
{
    int interrupts = 0;

    cat.since = now();
    say(1, "connecting", " ...");
    while (!cat.has_ended) {
        int reads = !cat.is_listening && !cat.at_eof && !cat.is_full && cat.is_open;
        struct pollfd watched[] = {
            {.fd = (int)ws_queue_loop_fd(0), .events = POLLIN},
            {.fd = signal_pipe[0], .events = POLLIN},
            {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN},
        };

        if (poll(watched, 3, due()) < 0 && errno != EINTR) {
            break;
        }
        if (watched[1].revents) {
            char byte;
            ssize_t ignored = read(signal_pipe[0], &byte, 1);

            (void)ignored;
            /* The second Ctrl-C does not wait for the server. */
            interrupts++ == 0 ? ws_terminate(cat.ws, 1000, NULL) : ws_abort(cat.ws);
        }
        if (watched[2].revents) {
            take_lines(1);
            cat.heard_at = now();
        }
        if (watched[0].revents) {
            int was_full = cat.is_full;

            take_events();
            if (was_full && !cat.is_full) {
                take_lines(0);
            }
        }
    }
}

static void explain(void)
{
    int64_t length = ws_explain(cat.ws, NULL, 0);
    char *text = length > 0 ? malloc((size_t)length + 4096) : NULL;

    if (text != NULL && ws_explain(cat.ws, text, length + 4096) > 0) {
        fprintf(stderr, "%s\n", text);
    }
    free(text);
}

/* "@" and a file, as the options want it, in one of a few buffers. */
static char *file_option(const char *file)
{
    static char options[3][4096];
    static unsigned turn;
    char *option = options[turn++ % 3];

    if (snprintf(option, sizeof options[0], "@%s", file) >= (int)sizeof options[0]) {
        exit(complain("the name of this file is too long: ", file));
    }
    return option;
}

static int is(const char *argument, const char *brief, const char *full)
{
    return strcmp(argument, full) == 0 || (brief != NULL && strcmp(argument, brief) == 0);
}

int main(int argc, char **argv)
{
    ws_options options = {.struct_size = sizeof options};
    ws_header headers[MAX_HEADERS];
    const char *url = NULL;

    options.headers = headers;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (is(argument, "-h", "--help")) {
            usage(stdout);
            return 0;
        } else if (is(argument, NULL, "--version")) {
            printf("hostws-cat %s\n", ws_version());
            return 0;
        } else if (is(argument, "-k", "--insecure")) {
            options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
        } else if (is(argument, "-b", "--binary")) {
            cat.data_type = HOSTWS_BLOB;
        } else if (is(argument, "-l", "--listen")) {
            cat.is_listening = 1;
        } else if (is(argument, "-r", "--reconnect")) {
            options.reconnect_max = -1;
        } else if (is(argument, NULL, "--json")) {
            cat.is_json = 1;
        } else if (is(argument, NULL, "--explain")) {
            cat.explains = 1;
        } else if (argument[0] != '-') {
            if (url != NULL) {
                return complain("more than one URL: ", argument);
            }
            url = argument;
        } else if (value == NULL) {
            return complain("not an option, or one that lacks its value (see --help): ", argument);
        } else {
            i++;
            if (is(argument, "-H", "--header")) {
                char *colon = strchr(argv[i], ':');

                if (colon == NULL || options.header_count == MAX_HEADERS) {
                    return complain("a header is 'NAME: VALUE', and there are at most 32", "");
                }
                *colon = 0;
                headers[options.header_count++] =
                    (ws_header){.name = argv[i], .value = colon + 1 + strspn(colon + 1, " \t")};
            } else if (is(argument, "-s", "--subprotocol")) {
                options.subprotocols = value;
            } else if (is(argument, "-x", "--proxy")) {
                options.proxy = value;
            } else if (is(argument, NULL, "--ca")) {
                options.tls_ca = file_option(value);
            } else if (is(argument, NULL, "--cert")) {
                options.tls_cert = file_option(value);
            } else if (is(argument, NULL, "--key")) {
                options.tls_key = file_option(value);
            } else if (is(argument, "-w", "--wait")) {
                cat.patience = strtod(value, NULL);
            } else if (is(argument, NULL, "--ping")) {
                cat.pings = strtol(value, NULL, 10);
            } else if (is(argument, NULL, "--bench")) {
                cat.bench = strtol(value, NULL, 10);
            } else {
                return complain("there is no such option (see --help): ", argument);
            }
        }
    }
    if (url == NULL || cat.pings < 0 || cat.bench < 0 || cat.patience < 0 || cat.patience > 86400) {
        usage(stderr);
        return 2;
    }
    if (cat.is_json && (cat.pings > 0 || cat.bench > 0)) {
        return complain("--json goes with neither --ping nor --bench", "");
    }
    cat.is_listening |= cat.pings > 0 || cat.bench > 0;

    struct sigaction action = {.sa_handler = on_signal};
    if (pipe(signal_pipe) < 0 || sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0) {
        return complain("no signals: ", strerror(errno));
    }
    signal(SIGPIPE, SIG_DFL); /* whoever reads stdout has gone: so do we */
    cat.ws = ws_new(url, NULL, &options);
    if (cat.ws < 0) {
        return complain(ws_last_error_message(), "");
    }
    run();
    if (cat.explains) {
        explain();
    }
    ws_shutdown(1000);
    return cat.was_clean ? 0 : 1;
}
