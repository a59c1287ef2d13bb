/* The modes that are not driven by events: the cost of single calls, and of connections on which nothing happens. */
#define _GNU_SOURCE
#include "client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, CALLS_AT_ONCE = 1000, SENDS_AT_ONCE = 100 };
enum { APART_US = 10000 }; /* one connection is opened after the other, so that their pings do not go together */

static const ws_event *next_of(ws_queue queue, int32_t type) {
    const ws_event *event = ws_next(queue, PATIENCE_MS);
    if (!event || event->type != type) {
        fail("client: another event, or none");
    }
    return event;
}

/* A connection that is served by ws_next, and open. */
static ws_id open_pulled(ws_queue queue, const char *url) {
    ws_handler handler = {.struct_size = sizeof handler, .data_type = HOSTWS_TEXT};
    ws_options options = {.struct_size = sizeof options, .queue = queue};
    ws_id ws = ws_new(url, &handler, &options);
    must(ws);
    next_of(queue, HOSTWS_EVENT_OPEN);
    return ws;
}

/* ---- single calls ---- */

/* One send on a connection where nothing else happens, with the system call that it makes. */
void call_send(run *run) {
    long n = run->bench.n;
    uint64_t *samples = calloc((size_t)n, sizeof *samples);
    ws_id ws = open_pulled(0, run->url);
    for (long i = 0; i < n; i++) {
        uint64_t before = now_ns();
        must(ws_send(ws, run->payload, run->bench.size, run->data_type));
        samples[i] = now_ns() - before;
        next_of(0, HOSTWS_EVENT_MESSAGE);
    }
    report_times(&run->bench, samples, n);
}

static void gather(ws_id ws, const ws_event *event, void *user_data) {
    run *run = user_data;
    if (event->type == HOSTWS_EVENT_MESSAGE && ++run->received % SENDS_AT_ONCE != 0) {
        return;
    }
    run->is_done = run->sent == run->bench.n;
    if (run->is_done) {
        return;
    }
    uint64_t before = now_ns();
    for (long i = 0; i < SENDS_AT_ONCE; i++) {
        must(ws_send(ws, run->payload, run->bench.size, run->data_type));
    }
    run->samples[run->sent++] = now_ns() - before;
}

/* Sends in a callback, which all leave with one system call after it. */
void call_gather(run *run) {
    run->samples = calloc((size_t)run->bench.n, sizeof *run->samples);
    ws_handler handler = {.struct_size = sizeof handler, .user_data = run, .on_open = gather, .on_message = gather};
    must(ws_new(run->url, &handler, NULL));
    while (!run->is_done) {
        must(ws_poll(0, PATIENCE_MS, 0));
    }
    report_costs(&run->bench, run->samples, run->bench.n, SENDS_AT_ONCE);
}

static void poll_nothing(ws_id ws) {
    (void)ws;
    must(ws_poll(0, 0, 0));
}

static void ask_status(ws_id ws) {
    must(ws_status(ws));
}

/* `call` is so short that the clock would count for more: many are timed together. */
static void time_call(run *run, void (*call)(ws_id ws)) {
    long n = run->bench.n;
    uint64_t *samples = calloc((size_t)n, sizeof *samples);
    ws_id ws = open_pulled(0, run->url);
    for (long i = 0; i < n; i++) {
        uint64_t before = now_ns();
        for (long j = 0; j < CALLS_AT_ONCE; j++) {
            call(ws);
        }
        samples[i] = now_ns() - before;
    }
    report_costs(&run->bench, samples, n, CALLS_AT_ONCE);
}

void call_poll(run *run) {
    time_call(run, poll_nothing);
}

void call_status(run *run) {
    time_call(run, ask_status);
}

/* ---- idle connections ---- */

/* How many pings have come to the server, from all of us. */
static long pings_so_far(ws_queue queue, ws_id asker) {
    must(ws_send(asker, "?", 1, HOSTWS_TEXT));
    return atol(next_of(queue, HOSTWS_EVENT_MESSAGE)->data);
}

/* `n` seconds, longer than a ping is apart from the next, with the default options, in which the host waits and nothing comes but pongs. */
void rest(run *run) {
    char asker_url[256];
    snprintf(asker_url, sizeof asker_url, "%s/pings", run->bench.url);
    ws_queue others = ws_queue_new();
    must(others);
    ws_id asker = open_pulled(others, asker_url);
    for (long open = 0; open < run->bench.connections; open++) {
        open_pulled(0, run->url);
        usleep(APART_US);
    }
    long pings = pings_so_far(others, asker), woken = wakeups();
    uint64_t spent = processor_ns();
    if (ws_next(0, (int32_t)run->bench.n * 1000)) {
        fail("client: an event on an idle connection");
    }
    woken = wakeups() - woken;
    spent = processor_ns() - spent;
    report_rest(&run->bench, woken, spent, pings_so_far(others, asker) - pings);
}

/* ---- a slow one beside ---- */

static void *serve_slowly(void *argument) {
    run *run = argument;
    char url[256];
    snprintf(url, sizeof url, "%s/flood/1024/1000000", run->bench.url);
    ws_queue queue = ws_queue_new();
    must(queue);
    ws_id ws = open_pulled(queue, url);
    must(ws_send(ws, "g", 1, HOSTWS_BLOB));
    for (;;) {
        next_of(queue, HOSTWS_EVENT_MESSAGE);
        usleep(1000);
    }
    return NULL;
}

void start_slow(run *run) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve_slowly, run)) {
        fail("client: no thread");
    }
    pthread_detach(thread);
}
