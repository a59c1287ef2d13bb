/*
 * The server of the benchmarks. What a connection does is in the path of its request:
 *
 *   /echo              sends every message back
 *   /flood/SIZE/N      after the first message sends N messages of SIZE bytes; /flood-text/ the same as text
 *   /sink/SIZE/N       takes N messages, then sends one
 *   /weigh/N           takes N messages, then sends one that says how many bytes their payloads had
 *   /json/N            after the first message sends N of the corpus, compressed as the client offered
 *   /ticks/SIZE/N/NS   after the first message sends N, one every NS nanoseconds; each begins with the time, by
 *                      CLOCK_MONOTONIC, at which it was sent
 *   /pings             answers each message with the number of pings that came to all connections
 *
 * "GET" begins a WebSocket, "RAW PATH\n" the same with no frames: a message is SIZE bytes.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "stream.h"

#include <stdint.h>

enum { READ_SIZE = 256 * 1024 };

typedef enum { REQUEST, ECHO, FLOOD, SINK, WEIGH, JSON, TICKS, PINGS } task;

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
    bool is_deflated;
    bool is_fresh; /* no compressed message refers to the one before */

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
    uint64_t taken;         /* bytes that came to a raw sink, or payload bytes to be weighed */
    uint64_t tick_ns;       /* how long from one message to the next */
    uint64_t next_tick_ns;
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

/* compressed.c: what /json/ sends. Without a corpus nothing. */
void corpus_read(const char *file);
/* All messages of the corpus, once. */
const bytes *corpus_block(const connection *c, uint64_t *messages);

/* ticks.c: connections that are sent a message now and then. */
void ticks_add(connection *c);
void ticks_remove(connection *c);
/* Sends what is due. Nanoseconds until the next, or -1. */
int64_t ticks_send(void);

/* server.c: sends now what the socket takes, and the rest later. False: it does not take a byte, nothing is sent. */
bool connection_write(connection *c, const uint8_t *data, size_t size);

/* messages.c: a frame's header; returns its length. */
size_t put_header(uint8_t *at, uint8_t first, uint64_t length);

#endif
