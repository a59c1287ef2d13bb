/*
 * Has a server echo messages of many sizes, compares them byte by byte, and closes.
 *
 *     hostws_echo_client [OPTIONS] MODE URL [CA]
 *
 * MODE is what the server can do:
 *   all     text and binary of every size
 *   filled  the same without empty messages, which libwebsockets 4.1 cannot compress: it aborts
 *   text    text alone (websocketd gives each message to a program as a line)
 *   mirror  lws-mirror-protocol of libwebsockets-test-server: it reads in pieces of 4 KiB and answers each piece with
 *           a text message of its own, so a larger text comes back in several, which must not cut a character; it
 *           keeps 32 pieces and drops what does not fit, so 64 KiB is as far as it goes
 *
 * OPTIONS:
 *   --deflate ASKED    with permessage-deflate, offered with these parameters, as in "client_max_window_bits=9; ..."
 *   --expect AGREED    what the server must then agree to, in the same way, or "off"
 *   --count N          after that, so many small messages, many of them on the way at a time
 *
 * With --deflate it prints what was agreed, which the server prints as well, and looks whether the bytes on the wire
 * are fewer than those of the messages.
 */
#include <hostws.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB (1 << 10)
#define MIB (1 << 20)
#define PIECE 4000 /* the mirror certainly returns this much in one message */
#define IN_FLIGHT 64

#define CHECK(condition, ...)                                        \
    do {                                                             \
        if (!(condition)) {                                          \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                            \
            fputc('\n', stderr);                                     \
            exit(1);                                                 \
        }                                                            \
    } while (0)

static const ws_event *next_event(int32_t type) {
    const ws_event *event = ws_next(0, 30000);
    CHECK(event, "%s", ws_last_error_message());
    for (int32_t i = 0; i < event->error_count; i++)
        fprintf(stderr, "%s: %s\n", event->errors[i].component, event->errors[i].message);
    CHECK(event->type == type, "event %d instead of %d, code %d", event->type, type, event->code);
    return event;
}

/* Characters of one to four bytes in turn; ASCII where they do not fit. */
static void fill_text(char *text, size_t size, int ascii) {
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    size_t at = 0;
    for (unsigned turn = 0; at < size; turn++) {
        const char *character = characters[turn % 4];
        size_t bytes = strlen(character);
        if (ascii || at + bytes > size)
            text[at++] = (char)('a' + turn * 7 / 4 % 26);
        else {
            memcpy(text + at, character, bytes);
            at += bytes;
        }
    }
}

static void fill_binary(char *bytes, size_t size) {
    uint32_t random = 2463534242u;
    for (size_t i = 0; i < size; i++) {
        random ^= random << 13, random ^= random >> 17, random ^= random << 5;
        bytes[i] = (char)random;
    }
}

static void echo(ws_id ws, const char *data, size_t size, int32_t data_type, int in_pieces) {
    size_t at = 0;
    CHECK(ws_send(ws, data, (int64_t)size, data_type) == HOSTWS_OK, "%s", ws_last_error_message());
    do {
        const ws_event *event = next_event(HOSTWS_EVENT_MESSAGE);
        size_t length = (size_t)event->length;
        CHECK(event->data_type == data_type, "%d instead of %d", event->data_type, data_type);
        CHECK(in_pieces ? length <= size - at : length == size, "%zu bytes at %zu of %zu", length, at, size);
        CHECK(memcmp(event->data, data + at, length) == 0, "at %zu of %zu", at, size);
        at += length;
    } while (at < size);
}

/* ---- permessage-deflate ---- */

enum { SERVER_NO_TAKEOVER, CLIENT_NO_TAKEOVER, SERVER_BITS, CLIENT_BITS, PARAMETERS };
static const char *const names[PARAMETERS] = {"server_no_context_takeover", "client_no_context_takeover",
                                              "server_max_window_bits", "client_max_window_bits"};

typedef struct {
    int is_on;
    int value[PARAMETERS]; /* 0 if it is not there */
} parameters;

/* Reads "name; name=value; ...", with or without "permessage-deflate" before it. */
static parameters read_parameters(const char *text) {
    parameters p = {.is_on = strcmp(text, "off") != 0};
    char copy[256];
    snprintf(copy, sizeof copy, "%s", p.is_on ? text : "");
    for (char *part = strtok(copy, "; "); part; part = strtok(NULL, "; ")) {
        size_t length = strcspn(part, "=");
        int i = 0;
        while (i < PARAMETERS && (strncmp(part, names[i], length) != 0 || names[i][length] != 0))
            i++;
        CHECK(i < PARAMETERS || strcmp(part, "permessage-deflate") == 0, "%s in %s", part, text);
        if (i < PARAMETERS)
            p.value[i] = part[length] ? atoi(part + length + 1) : 1;
    }
    return p;
}

/* The line that the servers print, too. */
static void write_parameters(const parameters *p, char *text, size_t size) {
    int at = snprintf(text, size, "deflate%s", p->is_on ? "" : " off");
    for (int i = 0; p->is_on && i < PARAMETERS; i++) {
        int value = i < SERVER_BITS || p->value[i] ? p->value[i] : 15;
        at += snprintf(text + at, size - (size_t)at, " %s=%d", names[i], value);
    }
}

static void set_options(ws_options *options, const parameters *asked) {
    options->deflate = 1;
    options->deflate_server_no_context_takeover = asked->value[SERVER_NO_TAKEOVER];
    options->deflate_client_no_context_takeover = asked->value[CLIENT_NO_TAKEOVER];
    options->deflate_server_max_window_bits = asked->value[SERVER_BITS];
    options->deflate_client_max_window_bits = asked->value[CLIENT_BITS];
}

/* Prints the negotiated parameters, and compares them with the expected ones. */
static int is_agreed(ws_id ws, const char *expected) {
    char header[256] = "off", agreed[256], due[256];
    ws_response_header(ws, "Sec-WebSocket-Extensions", header, sizeof header);
    parameters p = read_parameters(header);
    write_parameters(&p, agreed, sizeof agreed);
    puts(agreed);
    if (expected) {
        parameters e = read_parameters(expected);
        write_parameters(&e, due, sizeof due);
        CHECK(strcmp(agreed, due) == 0, "%s instead of %s", agreed, due);
    }
    return p.is_on;
}

static ws_stats stats_of(ws_id ws) {
    ws_stats stats = {.struct_size = sizeof stats};
    CHECK(ws_get_stats(ws, &stats) == HOSTWS_OK, "%s", ws_last_error_message());
    return stats;
}

/* ---- many messages ---- */

typedef struct {
    size_t length;
    int32_t data_type;
    char data[65536];
} message;

static uint32_t random_of(uint32_t i) {
    i ^= i >> 16, i *= 0x85EBCA6Bu, i ^= i >> 13, i *= 0xC2B2AE35u;
    return i ^ i >> 16;
}

/* Some quotes, each message with its own numbers. */
static size_t fill_quotes(char *text, size_t size, unsigned i) {
    static const char *const symbols[] = {"AAPL", "MSFT", "GOOG", "AMZN", "NVDA", "SAP.DE", "7203.T"};
    size_t at = 0;
    unsigned count = 1 + random_of(i) % 6;
    for (unsigned quote = 0; quote < count; quote++) {
        unsigned random = random_of(i * 8 + quote);
        at += (size_t)snprintf(text + at, size - at,
                               "%s{\"symbol\":\"%s\",\"bid\":%u.%02u,\"ask\":%u.%02u,\"volume\":%u,\"sequence\":%u}",
                               quote ? "," : "[", symbols[random % 7], 100 + random % 90, random % 100,
                               100 + random % 91, random % 97, random % 100000, i);
    }
    text[at++] = ']';
    return at;
}

/* Message `i`, always the same: mostly quotes, now and then bytes that do not compress, or 64 KiB. */
static void fill_message(message *m, unsigned i) {
    uint32_t random = random_of(i);
    m->data_type = HOSTWS_TEXT;
    if (i % 1000 == 500) {
        m->length = sizeof m->data - i / 1000 % 2;
        fill_text(m->data, m->length, 0);
        m->data[0] = (char)('a' + i / 1000 % 26);
    } else if (i % 16 == 3) {
        m->data_type = HOSTWS_BLOB;
        m->length = 1 + random % 300;
        for (size_t at = 0; at < m->length; at++)
            m->data[at] = (char)(random_of(random + (uint32_t)at) & 255);
    } else
        m->length = fill_quotes(m->data, sizeof m->data, i);
}

/* Each as ws_send() does it, but every eighth in fragments, and every eighth uncompressed. */
static void send_message(ws_id ws, const message *m, unsigned i) {
    size_t at = 0;
    if (i % 8 == 5)
        for (size_t piece = m->length / 3; at < 2 * piece; at += piece) {
            int32_t sent = ws_send_ex(ws, m->data + at, (int64_t)piece, m->data_type, HOSTWS_MORE);
            CHECK(sent == HOSTWS_OK, "%s", ws_last_error_message());
        }
    uint32_t flags = i % 8 == 6 ? HOSTWS_NO_COMPRESS : 0;
    int32_t sent = ws_send_ex(ws, m->data + at, (int64_t)(m->length - at), m->data_type, flags);
    CHECK(sent == HOSTWS_OK, "%s", ws_last_error_message());
}

/* `count` messages, up to IN_FLIGHT of them on the way; compressed, they must be smaller there and back. */
static void echo_many(ws_id ws, unsigned count, int is_deflated) {
    static message m;
    unsigned sent = 0;
    ws_stats before = stats_of(ws);
    for (unsigned received = 0; received < count; received++) {
        for (; sent < count && sent < received + IN_FLIGHT; sent++) {
            fill_message(&m, sent);
            send_message(ws, &m, sent);
        }
        const ws_event *event = next_event(HOSTWS_EVENT_MESSAGE);
        fill_message(&m, received);
        CHECK(event->data_type == m.data_type, "message %u: %d instead of %d", received, event->data_type,
              m.data_type);
        CHECK((size_t)event->length == m.length, "message %u: %zu instead of %zu bytes", received,
              (size_t)event->length, m.length);
        CHECK(memcmp(event->data, m.data, m.length) == 0, "message %u differs", received);
    }
    ws_stats after = stats_of(ws);
    uint64_t payload = after.payload_sent - before.payload_sent;
    uint64_t sent_on_wire = after.wire_sent - before.wire_sent;
    uint64_t received_on_wire = after.wire_received - before.wire_received;
    CHECK(after.messages_received - before.messages_received == count, "%u", count);
    CHECK(after.payload_received - before.payload_received == payload, "%u", count);
    printf("%u messages, %llu bytes; on the wire %llu there, %llu back\n", count, (unsigned long long)payload,
           (unsigned long long)sent_on_wire, (unsigned long long)received_on_wire);
    CHECK((sent_on_wire < payload) == is_deflated, "%d", is_deflated);
    CHECK((received_on_wire < payload) == is_deflated, "%d", is_deflated);
}

/* Echoes every size from `least` to `most`, one at a time. */
static void echo_sizes(ws_id ws, size_t least, size_t most, int mirror, int all) {
    static const size_t sizes[] = {0, 1, 125, 126, 127, KIB, PIECE, 65535, 65536, MIB, 16 * MIB};
    char *data = malloc(most);
    CHECK(data, "no memory");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && sizes[i] <= most; i++) {
        size_t size = sizes[i];
        if (size < least)
            continue;
        int in_pieces = mirror && size > PIECE;
        fill_text(data, size, in_pieces);
        echo(ws, data, size, HOSTWS_TEXT, in_pieces);
        if (all) {
            fill_binary(data, size);
            echo(ws, data, size, HOSTWS_BLOB, 0);
        }
    }
    free(data);
}

int main(int argc, char **argv) {
    const char *asked = NULL, *expected = NULL;
    unsigned count = 0;
    int at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2)
        if (strcmp(argv[at], "--deflate") == 0)
            asked = argv[at + 1];
        else if (strcmp(argv[at], "--expect") == 0)
            expected = argv[at + 1];
        else if (strcmp(argv[at], "--count") == 0)
            count = (unsigned)atoi(argv[at + 1]);
        else
            break;
    CHECK(argc - at >= 2 && argv[at][0] != '-', "usage: %s [OPTIONS] all|filled|text|mirror URL [CA]", argv[0]);
    int filled = strcmp(argv[at], "filled") == 0;
    int all = filled || strcmp(argv[at], "all") == 0;
    int mirror = strcmp(argv[at], "mirror") == 0;

    ws_options options = {.struct_size = sizeof options};
    options.subprotocols = mirror ? "lws-mirror-protocol" : NULL;
    options.tls_ca = at + 2 < argc ? argv[at + 2] : NULL;
    options.max_message = 64 * MIB;
    options.send_queue_max = 64 * MIB;
    options.receive_queue_max = 64 * MIB;
    if (asked) {
        parameters p = read_parameters(asked);
        set_options(&options, &p);
    }
    ws_id ws = ws_new(argv[at + 1], NULL, &options);
    CHECK(ws > 0, "%s", ws_last_error_message());
    next_event(HOSTWS_EVENT_OPEN);

    char subprotocol[32];
    ws_subprotocol(ws, subprotocol, sizeof subprotocol);
    CHECK(strcmp(subprotocol, mirror ? "lws-mirror-protocol" : "") == 0, "%s", subprotocol);

    int is_deflated = asked && is_agreed(ws, expected);
    echo_sizes(ws, filled, mirror ? 64 * KIB : asked ? MIB : 16 * MIB, mirror, all);
    if (count)
        echo_many(ws, count, is_deflated);

    CHECK(ws_terminate(ws, 1000, "bye") == HOSTWS_OK, "%s", ws_last_error_message());
    const ws_event *end = next_event(HOSTWS_EVENT_TERMINATE);
    CHECK(end->code == 1000 && end->was_clean == 1, "%d, clean %d", end->code, end->was_clean);
    CHECK(ws_status(ws) == HOSTWS_CLOSED, "%d", ws_status(ws));
    return 0;
}
