/*
 * The server of the benchmarks. What a connection does is in the path of its request:
 *
 *   /echo              sends every message back
 *   /flood/SIZE/N      after the first message sends N messages of SIZE bytes; /flood-text/ the same as text
 *   /sink/SIZE/N       takes N messages, then sends one
 *
 * "GET" begins a WebSocket, "RAW PATH\n" the same with no frames: a message is SIZE bytes.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "stream.h"

#include <stdint.h>

enum { READ_SIZE = 256 * 1024 };

typedef enum { REQUEST, ECHO, FLOOD, SINK } task;

/* Bytes collected for the socket. */
typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

typedef struct connection {
    stream stream;
    task task;
    bool is_raw;
    bool is_ending; /* goes when all is written */
    bool waits_to_write;

    char *request; /* until it is complete */
    size_t request_size;

    /* the current frame */
    uint8_t header[14];
    size_t header_size;
    uint64_t payload_left;
    uint8_t mask[8]; /* twice the frame's four bytes, turned to where the payload goes on */
    uint8_t first;   /* its first byte */
    bool is_in_frame;

    uint64_t message_size;
    uint64_t message_count; /* to send, or still to come */
    uint64_t raw_taken;     /* bytes that came to a raw sink */
    uint8_t answer_first;   /* the first byte of each frame to send */

    bytes unsent; /* what the socket did not take */
    size_t unsent_at;
    const bytes *flood; /* whole frames, sent again and again */
    uint64_t flood_at;
    uint64_t flood_size;
} connection;

/* request.c: reads the request; true when it is complete. The answer is appended to `out`. */
bool request_read(connection *c, const uint8_t **data, size_t *size, bytes *out);

/* messages.c: does what the connection is for with bytes that came in; answers are appended to `out`, which has room
 * for as many bytes as come in and a small frame. False: a broken frame. */
bool messages_read(connection *c, const uint8_t *data, size_t size, bytes *out);

#endif
