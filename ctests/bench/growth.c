/*
 * growth: what grows with the number of connections, and of queues. growth.py makes tables of it.
 *
 *     growth connections URL N SECONDS   opens N, leaves them idle, then sends on each a message a second
 *     growth queues URL N MESSAGES       N threads, each with a queue and a connection, share a flood
 *
 * With --reconnect before these, the connections are of those that are opened again when they are lost.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <hostws.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZE = 64, OPENING_AT_ONCE = 32, PATIENCE_MS = 30000 };

static const char *options; /* of each connection, as JSON */

static int32_t must(int32_t code) {
    if (code < 0) {
        fail(ws_last_error_message());
    }
    return code;
}

/* Whether the queue's next event came in time. It must be of that type. */
static bool came(ws_queue queue, int32_t type, int32_t timeout_ms) {
    const ws_event *event = ws_next(queue, timeout_ms);
    if (!event) {
        must(ws_last_error() == HOSTWS_E_TIMEOUT ? HOSTWS_OK : ws_last_error());
        return false;
    }
    if (event->type == HOSTWS_EVENT_ERROR) {
        fail(event->errors[event->error_count - 1].message);
    }
    if (event->type != type || (type == HOSTWS_EVENT_MESSAGE && event->length != SIZE)) {
        fail("growth: another event");
    }
    return true;
}

static void await(ws_queue queue, int32_t type) {
    if (!came(queue, type, PATIENCE_MS)) {
        fail("growth: nothing came");
    }
}

/* ---- connections ---- */

static void open_all(const char *url, ws_id *connections, long n) {
    long begun = 0;
    for (long open = 0; open < n; open++) {
        while (begun < n && begun - open < OPENING_AT_ONCE) {
            connections[begun++] = must(ws_open(url, options, NULL));
        }
        await(0, HOSTWS_EVENT_OPEN);
    }
}

/* A message on each in every second, spread evenly over it. */
static void beat(const ws_id *connections, long n, long messages) {
    char payload[SIZE];
    memset(payload, 'a', sizeof payload);
    uint64_t started = now_ns();
    long sent = 0;
    for (long received = 0; received < messages;) {
        uint64_t elapsed = now_ns() - started;
        uint64_t due = (uint64_t)sent * 1000000000u / (uint64_t)n;
        if (sent < messages && due <= elapsed) {
            must(ws_send(connections[sent++ % n], payload, sizeof payload, HOSTWS_BLOB));
        } else if (sent == messages) {
            await(0, HOSTWS_EVENT_MESSAGE);
            received++;
        } else {
            received += came(0, HOSTWS_EVENT_MESSAGE, (int32_t)((due - elapsed) / 1000000u) + 1);
        }
    }
}

static void grow_connections(const char *server, long n, long seconds) {
    char url[256];
    snprintf(url, sizeof url, "%s/echo", server);
    ws_id first, *connections = calloc((size_t)n, sizeof *connections);
    memset(connections, 0xff, (size_t)n * sizeof *connections); /* its memory counts from before */
    open_all(url, &first, 1);                                   /* it brings a thread and more, once */

    long bytes = resident_bytes();
    uint64_t started = now_ns(), spent = processor_ns();
    open_all(url, connections, n);
    uint64_t opening_ns = now_ns() - started, opening_processor_ns = processor_ns() - spent;
    bytes = resident_bytes() - bytes;

    spent = processor_ns();
    if (came(0, HOSTWS_EVENT_MESSAGE, 1000)) {
        fail("growth: nobody had sent anything");
    }
    uint64_t idle_ns = processor_ns() - spent;

    spent = processor_ns();
    beat(connections, n, n * seconds);
    uint64_t beat_ns = processor_ns() - spent;
    printf("{\"bytes\": %ld, \"opening_ns\": %llu, \"opening_processor_ns\": %llu, \"idle_ns\": %llu, "
           "\"beat_ns\": %llu, \"threads\": %ld}\n",
           bytes, (unsigned long long)opening_ns, (unsigned long long)opening_processor_ns, (unsigned long long)idle_ns,
           (unsigned long long)beat_ns, thread_count());
}

/* ---- queues ---- */

typedef struct flood {
    char url[256];
    long messages; /* for each connection */
    pthread_barrier_t line;
} flood;

static void *receive(void *shared) {
    flood *flood = shared;
    ws_queue queue = must(ws_queue_new());
    ws_options options = {.struct_size = sizeof options, .queue = queue};
    ws_id ws = must(ws_new(flood->url, NULL, &options));
    await(queue, HOSTWS_EVENT_OPEN);
    pthread_barrier_wait(&flood->line);
    must(ws_send(ws, "g", 1, HOSTWS_BLOB));
    for (long i = 0; i < flood->messages; i++) {
        await(queue, HOSTWS_EVENT_MESSAGE);
    }
    pthread_barrier_wait(&flood->line);
    return NULL;
}

static void grow_queues(const char *server, long n, long messages) {
    static flood flood;
    flood.messages = messages / n;
    snprintf(flood.url, sizeof flood.url, "%s/flood/%d/%ld", server, SIZE, flood.messages);
    pthread_barrier_init(&flood.line, NULL, (unsigned)n + 1);
    for (long i = 0; i < n; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, receive, &flood) != 0) {
            fail("growth: no more threads");
        }
        pthread_detach(thread);
    }
    pthread_barrier_wait(&flood.line);
    long threads = thread_count();
    uint64_t started = now_ns(), spent = processor_ns();
    pthread_barrier_wait(&flood.line);
    printf("{\"messages\": %ld, \"flood_ns\": %llu, \"processor_ns\": %llu, \"threads\": %ld}\n", flood.messages * n,
           (unsigned long long)(now_ns() - started), (unsigned long long)(processor_ns() - spent), threads);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--reconnect") == 0) {
        options = "{\"reconnect_max\": -1}";
        argc--;
        argv++;
    }
    long numbers[] = {argc > 3 ? atol(argv[3]) : 0, argc > 4 ? atol(argv[4]) : 0};
    bool is_queues = argc == 5 && strcmp(argv[1], "queues") == 0;
    if (numbers[0] < 1 || numbers[1] < 1 || (!is_queues && strcmp(argv[1], "connections") != 0)) {
        fail("usage: growth [--reconnect] connections URL N SECONDS, or growth queues URL N MESSAGES");
    }
    (is_queues ? grow_queues : grow_connections)(argv[2], numbers[0], numbers[1]);
    return 0;
}
