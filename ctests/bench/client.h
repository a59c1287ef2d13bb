/* The client's parts: client.c opens connections and pumps their events, client_modes.c says what a mode does with an
 * event, client_calls.c has the modes that are not driven by events. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "bench.h"

#include <hostws.h>

typedef struct run run;

typedef struct mode {
    const char *name;
    void (*handle)(run *run, const ws_event *event); /* what it does with an event */
    void (*whole)(run *run);                         /* or all that it does; it reports by itself */
} mode;

struct run {
    bench bench;
    const mode *mode;
    char url[256];
    const char *payload;
    int32_t data_type;
    uint64_t started;
    long sent;
    long received;
    uint64_t last_send;
    uint64_t *samples;
    ws_id *connections;
    long opened;
    long is_open;
    long first_bytes;
    long wire_bytes;
    bool is_done;
};

/* NULL: there is no such mode. */
const mode *mode_named(const char *name);
bool mode_is(const run *run, const char *name);
void mode_report(run *run);

void must(int32_t code);
ws_id connect_one(run *run);
/* Events until it is done. */
void pump(run *run);

/* ---- client_calls.c ---- */

void rest(run *run);
void call_send(run *run);
void call_gather(run *run);
void call_poll(run *run);
void call_status(run *run);
/* Starts a thread with a connection that is flooded, and takes a millisecond for each of its messages. */
void start_slow(run *run);

#endif
