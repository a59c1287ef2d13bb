/* libwebsockets on its own event loop, with the command line and the JSON lines of the client. */
#include "bench.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENING_AT_ONCE = 32, READ_SIZE = 256 * 1024 };

static bench b;
static struct lws_context *context;
static unsigned char *payload; /* after LWS_PRE bytes for the header */
static uint64_t started, last_send;
static uint64_t *samples;
static long to_send, sent, received, opened, opening, first_bytes;
static bool is_done;

static bool is_mode(const char *name) {
    return strcmp(b.mode, name) == 0;
}

static bool is_known_mode(void) {
    return is_mode("rtt") || is_mode("pipeline") || is_mode("flood") || is_mode("sink") || is_mode("idle") ||
           is_mode("start");
}

static void connect_one(void) {
    bool is_tls = strncmp(b.url, "wss:", 4) == 0;
    struct lws_client_connect_info info = {.context = context,
                                           .address = "127.0.0.1",
                                           .port = atoi(strrchr(b.url, ':') + 1),
                                           .path = bench_path(&b),
                                           .host = "127.0.0.1",
                                           .origin = "127.0.0.1",
                                           .local_protocol_name = "bench"};
    if (is_tls) {
        info.ssl_connection =
            LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_INSECURE;
    }
    if (!lws_client_connect_via_info(&info)) {
        fail("libwebsockets: cannot connect");
    }
    opening++;
}

/* More to send when it is writable. */
static void want(struct lws *ws, long messages) {
    to_send += messages;
    if (sent < to_send) {
        lws_callback_on_writable(ws);
    }
}

static void on_open(struct lws *ws) {
    opened++;
    started = now_ns();
    if (is_mode("idle")) {
        if (opened == 1) {
            first_bytes = resident_bytes();
        }
        is_done = opened == b.connections;
        while (opening < b.connections && opening - opened < OPENING_AT_ONCE) {
            connect_one();
        }
    } else {
        want(ws, is_mode("sink") ? b.n : is_mode("pipeline") ? b.in_flight : 1);
    }
}

static void on_writable(struct lws *ws) {
    while (sent < to_send && !lws_send_pipe_choked(ws)) {
        last_send = now_ns();
        size_t size = is_mode("flood") ? 1 : (size_t)b.size;
        if (lws_write(ws, payload + LWS_PRE, size, LWS_WRITE_BINARY) < 0) {
            fail("libwebsockets: cannot write");
        }
        sent++;
    }
    want(ws, 0);
}

static void on_message(struct lws *ws) {
    if (is_mode("sink")) {
        is_done = true;
        return;
    }
    if (samples) {
        samples[received] = now_ns() - last_send;
    }
    is_done = ++received == b.n;
    if (!is_mode("flood") && to_send < b.n) {
        want(ws, 1);
    }
}

static int on_event(struct lws *ws, enum lws_callback_reasons reason, void *user, void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        fail("libwebsockets: connection error");
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_open(ws);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        if (is_mode("start")) {
            lws_close_reason(ws, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
            return -1;
        }
        on_writable(ws);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (lws_is_final_fragment(ws) && lws_remaining_packet_payload(ws) == 0 && !is_done) {
            on_message(ws);
        }
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        is_done = true;
        return 0;
    default:
        return 0;
    }
}

int main(int argc, char **argv) {
    b = bench_from(argc, argv);
    if (b.busy_us || b.is_pull || b.is_looped || b.is_reopened || b.deflate || !is_known_mode()) {
        return UNAVAILABLE;
    }
    payload = calloc(1, LWS_PRE + (size_t)b.size);
    if (is_mode("rtt")) {
        samples = calloc((size_t)b.n, sizeof *samples);
    }
    struct lws_protocols protocols[] = {{"bench", on_event, 0, READ_SIZE, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .protocols = protocols,
                                             .pt_serv_buf_size = READ_SIZE,
                                             .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT};
    lws_set_log_level(LLL_ERR, NULL);
    context = lws_create_context(&info);
    if (!context) {
        fail("libwebsockets: no context");
    }
    connect_one();
    while (!is_done) {
        lws_service(context, 0);
    }
    if (is_mode("rtt")) {
        report_times(&b, samples, b.n);
    } else if (is_mode("idle")) {
        report_memory(&b, first_bytes);
    } else if (is_mode("start")) {
        report_started(&b);
    } else {
        report_rate(&b, started);
    }
    return 0;
}
