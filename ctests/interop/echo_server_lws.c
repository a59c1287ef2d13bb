/*
 * An echo server with libwebsockets, and with permessage-deflate, which libwebsockets-test-server does not do.
 *
 * Prints "port N", and for each connection what was negotiated: libwebsockets insists on nothing itself. Ends when its
 * stdin closes, or after half an hour.
 */
#include <libwebsockets.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                   \
    do {                                                                   \
        if (!(condition)) {                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                       \
        }                                                                  \
    } while (0)

enum {
    WAITING_MAX = 8 << 20, /* above this many bytes of answers, the client must wait */
    /* For any message whole: libwebsockets 4.1 aborts if its buffer for what it inflates is full when all has been read
       that was compressed, and some bytes of the message are still to come. */
    BUFFER_BITS = 21
};

typedef struct message {
    struct message *next;
    int is_binary;
    size_t length, size;
    unsigned char bytes[]; /* LWS_PRE of them are for the frame header */
} message;

typedef struct connection {
    message *incoming;         /* not complete yet */
    message *first, **last_at; /* the answers, the next one to be sent first */
    message *sent;             /* the last one: it is read until the connection is writable again */
    size_t waiting;
    int is_held;
} connection;

/* The two parameters that its server supports. It ignores the window bits. */
static const char *const names[] = {"server_no_context_takeover", "client_no_context_takeover"};
static int is_set[2], is_on;

/* Wraps the extension, because nothing else reports the negotiated parameters. */
static int deflate(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
                   enum lws_extension_callback_reasons reason, void *user, void *in, size_t length) {
    if (reason == LWS_EXT_CB_CONSTRUCT) {
        is_on = 1;
        is_set[0] = is_set[1] = 0;
    }
    if (reason == LWS_EXT_CB_OPTION_SET) {
        const struct lws_ext_option_arg *option = in;
        CHECK(option->option_index >= 0 && option->option_index < 2);
        is_set[option->option_index] = 1;
    }
    return lws_extension_callback_pm_deflate(context, extension, wsi, reason, user, in, length);
}

/* There is one handshake at a time, so the last values belong to this connection. */
static void print_negotiated(void) {
    if (is_on)
        printf("deflate %s=%d %s=%d server_max_window_bits=15 client_max_window_bits=15\n", names[0], is_set[0],
               names[1], is_set[1]);
    else
        printf("deflate off\n");
    is_on = 0;
}

static void append(connection *c, const void *data, size_t length, size_t rest) {
    message *m = c->incoming;
    if (m == NULL || m->length + length > m->size) {
        size_t size = (m ? m->length * 2 : 0) + length + rest;
        message *larger = realloc(m, sizeof *m + LWS_PRE + size);
        CHECK(larger);
        if (m == NULL)
            memset(larger, 0, sizeof *larger);
        larger->size = size;
        c->incoming = m = larger;
    }
    memcpy(m->bytes + LWS_PRE + m->length, data, length);
    m->length += length;
}

static void receive(struct lws *wsi, connection *c, const void *data, size_t length) {
    append(c, data, length, lws_remaining_packet_payload(wsi));
    if (lws_is_first_fragment(wsi))
        c->incoming->is_binary = lws_frame_is_binary(wsi);
    if (!lws_is_final_fragment(wsi))
        return;
    c->waiting += c->incoming->length;
    *c->last_at = c->incoming;
    c->last_at = &c->incoming->next;
    c->incoming = NULL;
    lws_callback_on_writable(wsi);
    if (c->waiting > WAITING_MAX && !c->is_held) {
        c->is_held = 1;
        lws_rx_flow_control(wsi, 0);
    }
}

static int send_next(struct lws *wsi, connection *c) {
    free(c->sent);
    message *m = c->sent = c->first;
    if (m == NULL)
        return 0;
    c->first = m->next;
    if (c->first == NULL)
        c->last_at = &c->first;
    c->waiting -= m->length;
    if (c->is_held && c->waiting <= WAITING_MAX) {
        c->is_held = 0;
        lws_rx_flow_control(wsi, 1);
    }
    lws_callback_on_writable(wsi);
    int sent = lws_write(wsi, m->bytes + LWS_PRE, m->length, m->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
    return sent < 0 ? -1 : 0;
}

static void forget(connection *c) {
    free(c->incoming);
    free(c->sent);
    for (message *m = c->first; m;) {
        message *next = m->next;
        free(m);
        m = next;
    }
}

static void set_buffer(struct lws *wsi) {
    char bits[8];
    snprintf(bits, sizeof bits, "%d", BUFFER_BITS);
    lws_set_extension_option(wsi, "permessage-deflate", "rx_buf_size", bits);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t length) {
    connection *c = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        c->last_at = &c->first;
        print_negotiated();
        set_buffer(wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        receive(wsi, c, data, length);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return send_next(wsi, c);
    case LWS_CALLBACK_CLOSED:
        forget(c);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, data, length);
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "echo",
     .callback = on_event,
     .per_session_data_size = sizeof(connection),
     .rx_buffer_size = 1 << BUFFER_BITS},
    {.name = NULL},
};

static const struct lws_extension extensions[] = {
    {.name = "permessage-deflate", .callback = deflate, .client_offer = "permessage-deflate"},
    {.name = NULL},
};

static struct lws_context *context;
static lws_sorted_usec_list_t timer;
static int is_over;

static void end_with_stdin(lws_sorted_usec_list_t *due) {
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    is_over = poll(&in, 1, 0) != 0;
    lws_sul_schedule(context, 0, due, end_with_stdin, LWS_US_PER_SEC / 10);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(1800);
    lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.iface = "lo";
    info.protocols = protocols;
    info.extensions = extensions;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    context = lws_create_context(&info);
    CHECK(context);
    struct lws_vhost *host = lws_create_vhost(context, &info);
    CHECK(host);
    printf("port %d\n", lws_get_vhost_listen_port(host));
    lws_sul_schedule(context, 0, &timer, end_with_stdin, LWS_US_PER_SEC / 10);
    while (!is_over && lws_service(context, 0) >= 0) {
    }
    lws_context_destroy(context);
    return 0;
}
