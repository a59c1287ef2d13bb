/*
 * probe: why does it not connect?
 *
 *     probe URL [--ca FILE] [--proxy URL] [--timeout SECONDS]
 *
 * Opens a connection, says step by step how far it came and what to try, and measures ten pings. All that it says is
 * from ws_explain(), which any program can call. The exit status is 0 if the connection could be opened and answers,
 * 1 if not, 2 for a wrong call.
 */

#include <hostws.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PINGS = 10 };

/* What ws_explain() said. */
static char explained[256 * 1024];

/* The value at a pointer like "/error", or "" if there is none. One of a few buffers. */
static const char *at(const char *format, int index, int inner)
{
    static char values[8][2048];
    static unsigned turn;
    char pointer[128];
    char *value = values[turn++ % 8];

    snprintf(pointer, sizeof pointer, format, index, inner);
    if (ws_json_get(explained, -1, pointer, value, sizeof values[0]) < 0 || strcmp(value, "null") == 0) {
        value[0] = 0;
    }
    return value;
}

static const char *get(const char *pointer)
{
    return at(pointer, 0, 0);
}

static double milliseconds(const char *microseconds)
{
    return strtod(microseconds, NULL) / 1000;
}

/* The addresses of an attempt, and how each ended. */
static void show_addresses(int attempt)
{
    for (int i = 0; *at("/attempts/%d/addresses/%d/address", attempt, i); i++) {
        const char *error = at("/attempts/%d/addresses/%d/error", attempt, i);
        const char *took = at("/attempts/%d/addresses/%d/took_us", attempt, i);

        printf("    %-28s %s", at("/attempts/%d/addresses/%d/address", attempt, i),
               at("/attempts/%d/addresses/%d/result", attempt, i));
        if (*took) {
            printf(" after %.1f ms", milliseconds(took));
        }
        printf("%s%s\n", *error ? ": " : "", error);
    }
}

static void show_attempt(int attempt)
{
    const char *proxy = at("/attempts/%d/proxy", attempt, 0);

    printf("to %s%s%s: %s\n", at("/attempts/%d/server", attempt, 0), *proxy ? " through " : "", proxy,
           at("/attempts/%d/result", attempt, 0));
    show_addresses(attempt);
    for (int i = 0; *at("/attempts/%d/heads/%d/from", attempt, i); i++) {
        printf("    %s: %s\n", at("/attempts/%d/heads/%d/from", attempt, i),
               at("/attempts/%d/heads/%d/lines/0", attempt, i));
    }
}

static void show_tls(void)
{
    if (!*get("/tls/version")) {
        return;
    }
    printf("TLS: %s, %s%s\n", get("/tls/version"), get("/tls/cipher"),
           strcmp(get("/tls/resumed"), "true") == 0 ? ", a session was resumed" : "");
    for (int i = 0; *at("/tls/certificates/%d/subject", i, 0); i++) {
        time_t until = (time_t)strtoll(at("/tls/certificates/%d/not_after", i, 0), NULL, 10);
        char date[32] = "?";

        strftime(date, sizeof date, "%Y-%m-%d", gmtime(&until));
        printf("    certificate %d: %s, valid until %s\n", i, at("/tls/certificates/%d/subject", i, 0), date);
    }
}

static void show_timings(void)
{
    static const char *const phases[][2] = {
        {"look-up", "/timings/dns_us"}, {"TCP", "/timings/tcp_us"}, {"proxy", "/timings/proxy_us"},
        {"TLS", "/timings/tls_us"},     {"upgrade", "/timings/upgrade_us"},
    };

    printf("times:");
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        printf(" %s %.1f ms%s", phases[i][0], milliseconds(get(phases[i][1])), i < 4 ? "," : "\n");
    }
}

/* What to try, by the phase that failed. */
static const char *advice(const char *phase, long status)
{
    if (status == 401 || status == 403) {
        return "The server wants to know who you are: put user and password into the URL, or set an Authorization "
               "header or a cookie.";
    }
    if (status == 407) {
        return "The proxy wants a user and password: --proxy http://USER:PASSWORD@HOST:PORT";
    }
    if (status >= 300 && status < 400) {
        return "The server is elsewhere: use the URL that it redirects to, or set max_redirects.";
    }
    if (status == 404 || status == 400 || status == 405 || status == 426 || status == 200) {
        return "There is a web server, but no WebSocket at this path: check the path.";
    }
    if (status >= 500) {
        return "The server, or a gateway before it, has a problem: try again later.";
    }
    if (strcmp(phase, "dns") == 0) {
        return "The name is unknown here: check its spelling, the resolver (/etc/resolv.conf) and the VPN.";
    }
    if (strcmp(phase, "tcp") == 0) {
        return "The machine could not be reached: is the port right, does the server run, is a firewall in between? "
               "\"refused\" means that nobody listens there.";
    }
    if (strcmp(phase, "proxy") == 0) {
        return "The proxy is in the way: check its URL (HTTPS_PROXY), or list the server in NO_PROXY.";
    }
    if (strcmp(phase, "trust") == 0) {
        return "The certificates of authorities could not be loaded: check --ca, or install ca-certificates.";
    }
    if (strcmp(phase, "tls") == 0) {
        return "TLS failed. If the server has a certificate of your own authority, name that: --ca FILE. If it was "
               "made for another name or has expired, the server needs a new one. Is it a wss:// port at all?";
    }
    return "The server did not answer as a WebSocket server: is it a plain web server, or a wss:// port?";
}

/* Says why it failed, and what to try. */
static void show_failure(void)
{
    int last = 0;

    while (*at("/attempts/%d/result", last + 1, 0)) {
        last++;
    }
    printf("It failed in the phase \"%s\":\n", at("/attempts/%d/phase", last, 0));
    for (int i = 0; *at("/errors/%d/message", i, 0); i++) {
        printf("    [%s %s] %s\n", at("/errors/%d/component", i, 0), at("/errors/%d/code", i, 0),
               at("/errors/%d/message", i, 0));
    }
    /* The machine that could not be reached may be the proxy. */
    const char *phase = strcmp(get("/errors/1/component"), "proxy") == 0 ? "proxy" : at("/attempts/%d/phase", last, 0);
    printf("What to try: %s\n", advice(phase, strtol(get("/http_status"), NULL, 10)));
}

/* The round-trip time of one ping in microseconds, or -1 if there was no answer. */
static double ping(ws_id ws, int32_t timeout_ms)
{
    if (ws_ping(ws, NULL, 0) < 0) {
        return -1;
    }
    for (;;) {
        const ws_event *event = ws_next(0, timeout_ms);

        if (event == NULL || event->type == HOSTWS_EVENT_TERMINATE) {
            return -1;
        }
        if (event->type == HOSTWS_EVENT_PONG) {
            return (double)event->round_trip_us;
        }
    }
}

/* Measures pings. Returns 0 if all were answered. */
static int measure(ws_id ws, int32_t timeout_ms)
{
    double least = 0, most = 0, sum = 0;

    for (int i = 0; i < PINGS; i++) {
        double us = ping(ws, timeout_ms);

        if (us < 0) {
            printf("ping %d was not answered\n", i + 1);
            return -1;
        }
        least = i == 0 || us < least ? us : least;
        most = us > most ? us : most;
        sum += us;
    }
    printf("%d pings: %.2f ms least, %.2f ms on average, %.2f ms most\n", PINGS, least / 1000, sum / PINGS / 1000,
           most / 1000);
    return 0;
}

int main(int argc, char **argv)
{
    ws_options options = {.struct_size = sizeof options};
    char ca[4096] = "@";
    long seconds = 10;

    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--ca") == 0 && strlen(argv[i + 1]) < sizeof ca - 1) {
            strcpy(ca + 1, argv[i + 1]);
            options.tls_ca = ca;
        } else if (strcmp(argv[i], "--proxy") == 0) {
            options.proxy = argv[i + 1];
        } else if (strcmp(argv[i], "--timeout") == 0 && strtol(argv[i + 1], NULL, 10) > 0) {
            seconds = strtol(argv[i + 1], NULL, 10);
        } else {
            argc = 0;
        }
    }
    if (argc < 2 || argc % 2 != 0 || argv[1][0] == '-' || seconds > 3600) {
        fputs("usage: probe URL [--ca FILE] [--proxy URL] [--timeout SECONDS]\n", stderr);
        return 2;
    }

    options.open_timeout_ms = (int32_t)(seconds * 1000);
    ws_id ws = ws_new(argv[1], NULL, &options);
    if (ws < 0) {
        fprintf(stderr, "probe: %s\n", ws_last_error_message());
        return 2;
    }
    int32_t reached = ws_wait_status(ws, HOSTWS_CONNECTED, options.open_timeout_ms + 5000);
    if (ws_explain(ws, explained, sizeof explained) < 0) {
        fprintf(stderr, "probe: %s\n", ws_last_error_message());
        return 1;
    }
    for (int i = 0; *at("/attempts/%d/result", i, 0); i++) {
        show_attempt(i);
    }
    show_tls();
    if (reached != HOSTWS_OK) {
        show_failure();
        return 1;
    }
    show_timings();
    printf("It is open, from %s to %s%s%s.\n", get("/local"), get("/peer"),
           *get("/subprotocol") ? ", with the subprotocol " : "", get("/subprotocol"));
    int measured = measure(ws, options.open_timeout_ms);
    ws_terminate(ws, 1000, NULL);
    ws_shutdown(5000);
    return measured == 0 ? 0 : 1;
}
