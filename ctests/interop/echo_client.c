/*
 * Has a server echo messages of many sizes, compares them byte by byte, and closes.
 *
 *     hostws_echo_client MODE URL [CA]
 *
 * MODE is what the server can do:
 *   all     text and binary of every size
 *   text    text alone (websocketd gives each message to a program as a line)
 *   mirror  lws-mirror-protocol of libwebsockets-test-server: it reads in pieces of 4 KiB and answers each piece with
 *           a text message of its own, so a larger text comes back in several, which must not cut a character; it
 *           keeps 32 pieces and drops what does not fit, so 64 KiB is as far as it goes
 */
#include <hostws.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB (1 << 10)
#define MIB (1 << 20)
#define PIECE 4000 /* what the mirror surely gives back in one message */

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

/* Characters of one to four bytes in turn, ASCII where they no longer fit. */
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

int main(int argc, char **argv) {
    static const size_t sizes[] = {0, 1, 125, 126, PIECE, 65535, 65536, MIB, 16 * MIB};
    CHECK(argc >= 3, "usage: hostws_echo_client all|text|mirror URL [CA]");
    int all = strcmp(argv[1], "all") == 0;
    int mirror = strcmp(argv[1], "mirror") == 0;

    ws_options options = {.struct_size = sizeof options};
    options.subprotocols = mirror ? "lws-mirror-protocol" : NULL;
    options.tls_ca = argc > 3 ? argv[3] : NULL;
    options.max_message = 64 * MIB;
    options.send_queue_max = 64 * MIB;
    options.receive_queue_max = 64 * MIB;
    ws_id ws = ws_new(argv[2], NULL, &options);
    CHECK(ws > 0, "%s", ws_last_error_message());
    next_event(HOSTWS_EVENT_OPEN);

    char subprotocol[32];
    ws_subprotocol(ws, subprotocol, sizeof subprotocol);
    CHECK(strcmp(subprotocol, mirror ? "lws-mirror-protocol" : "") == 0, "%s", subprotocol);

    char *data = malloc(16 * MIB);
    CHECK(data, "no memory");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        int in_pieces = mirror && size > PIECE;
        if (mirror && size > 64 * KIB)
            break;
        fill_text(data, size, in_pieces);
        echo(ws, data, size, HOSTWS_TEXT, in_pieces);
        if (all) {
            fill_binary(data, size);
            echo(ws, data, size, HOSTWS_BLOB, 0);
        }
    }
    free(data);

    CHECK(ws_terminate(ws, 1000, "bye") == HOSTWS_OK, "%s", ws_last_error_message());
    const ws_event *end = next_event(HOSTWS_EVENT_TERMINATE);
    CHECK(end->code == 1000 && end->was_clean == 1, "%d, clean %d", end->code, end->was_clean);
    CHECK(ws_status(ws) == HOSTWS_CLOSED, "%d", ws_status(ws));
    return 0;
}
