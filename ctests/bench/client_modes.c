/* What each mode does with an event. */
#define _GNU_SOURCE
#include "client.h"

#include <stdlib.h>
#include <string.h>

enum { OPENING_AT_ONCE = 32 };

/* If an answer is not the message, all figures are worthless. */
static void check_message(const run *run, const ws_event *event) {
    if (event->length != run->bench.size) {
        fail("client: a message of another length");
    }
}

static void send_one(run *run, ws_id ws) {
    must(ws_send(ws, run->payload, run->bench.size, run->data_type));
    run->sent++;
}

static void send_until_full(run *run, ws_id ws) {
    while (run->sent < run->bench.n) {
        int32_t code = ws_send(ws, run->payload, run->bench.size, run->data_type);
        if (code == HOSTWS_E_AGAIN) {
            return;
        }
        must(code);
        run->sent++;
    }
}

/* ---- modes: what each does with an event ---- */

static void timed_send(run *run, ws_id ws) {
    run->last_send = now_ns();
    send_one(run, ws);
}

static void rtt(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_MESSAGE) {
        run->samples[run->received++] = now_ns() - run->last_send;
        check_message(run, event);
        if (memcmp(event->data, run->payload, (size_t)event->length) != 0) {
            fail("client: other bytes came back");
        }
        run->is_done = run->received == run->bench.n;
    }
    if (!run->is_done) {
        timed_send(run, event->ws);
    }
}

static void pipeline(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_OPEN) {
        while (run->sent < run->bench.in_flight) {
            send_one(run, event->ws);
        }
        return;
    }
    check_message(run, event);
    run->is_done = ++run->received == run->bench.n;
    if (run->sent < run->bench.n) {
        send_one(run, event->ws);
    }
}

static void flood(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_OPEN) {
        must(ws_send(event->ws, "g", 1, HOSTWS_BLOB));
        return;
    }
    check_message(run, event);
    run->is_done = ++run->received == run->bench.n;
}

static void sink(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_MESSAGE) {
        run->is_done = true;
    } else {
        send_until_full(run, event->ws);
    }
}

static void send_line(run *run, ws_id ws) {
    const corpus *corpus = &run->bench.corpus;
    long at = run->sent++ % corpus->count;
    must(ws_send(ws, corpus->lines[at], corpus->lengths[at], HOSTWS_TEXT));
}

/* With compression on, after a message in each direction. */
static void idle(run *run, const ws_event *event) {
    if (run->bench.deflate && event->type == HOSTWS_EVENT_OPEN) {
        run->sent = 0;
        send_line(run, event->ws);
        return;
    }
    run->received++;
    if (run->received == 1) {
        run->first_bytes = resident_bytes();
    }
    run->is_done = run->received == run->bench.connections;
    while (run->opened < run->bench.connections && run->opened - run->received < OPENING_AT_ONCE) {
        connect_one(run);
    }
}

/* When all connections are open, the server is told on each to begin. The first tenth is not counted. */
static void latency(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_MESSAGE) {
        run->samples[run->received++] = delay_of(event->data, now_ns());
        check_message(run, event);
        run->is_done = run->received == run->bench.n;
        return;
    }
    if (run->opened < run->bench.connections) {
        connect_one(run);
    }
    for (long i = 0; run->is_open == run->bench.connections && i < run->opened; i++) {
        must(ws_send(run->connections[i], "g", 1, HOSTWS_BLOB));
    }
}

static void send_lines_until_full(run *run, ws_id ws) {
    const corpus *corpus = &run->bench.corpus;
    while (run->sent < run->bench.n) {
        long at = run->sent % corpus->count;
        int32_t code = ws_send(ws, corpus->lines[at], corpus->lengths[at], HOSTWS_TEXT);
        if (code == HOSTWS_E_AGAIN) {
            return;
        }
        must(code);
        run->sent++;
    }
}

static void deflate_corpus(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_MESSAGE) {
        run->wire_bytes = atol(event->data);
        run->is_done = true;
    } else {
        send_lines_until_full(run, event->ws);
    }
}

static void inflate_corpus(run *run, const ws_event *event) {
    const corpus *corpus = &run->bench.corpus;
    if (event->type == HOSTWS_EVENT_OPEN) {
        must(ws_send(event->ws, "g", 1, HOSTWS_BLOB));
        return;
    }
    if (event->length != corpus->lengths[run->received % corpus->count]) {
        fail("client: a message of another length");
    }
    run->is_done = ++run->received == run->bench.n;
}

static void start(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_TERMINATE) {
        run->is_done = true;
    } else {
        must(ws_terminate(event->ws, 0, NULL));
    }
}

/* ---- by name ---- */

const mode *mode_named(const char *name) {
    static const mode modes[] = {
        {"rtt", rtt, NULL},
        {"pipeline", pipeline, NULL},
        {"flood", flood, NULL},
        {"sink", sink, NULL},
        {"idle", idle, NULL},
        {"start", start, NULL},
        {"latency", latency, NULL},
        {"deflate", deflate_corpus, NULL},
        {"inflate", inflate_corpus, NULL},
        {"rest", NULL, rest},
        {"call-send", NULL, call_send},
        {"call-gather", NULL, call_gather},
        {"call-poll", NULL, call_poll},
        {"call-status", NULL, call_status},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return &modes[i];
        }
    }
    return NULL;
}

bool mode_is(const run *run, const char *name) {
    return strcmp(run->mode->name, name) == 0;
}

void mode_report(run *run) {
    const bench *bench = &run->bench;
    if (mode_is(run, "rtt")) {
        report_times(bench, run->samples, bench->n);
    } else if (mode_is(run, "latency")) {
        long skipped = bench->n / 10;
        report_times(bench, run->samples + skipped, bench->n - skipped);
    } else if (mode_is(run, "idle")) {
        report_memory(bench, run->first_bytes);
    } else if (mode_is(run, "start")) {
        report_started(bench);
    } else if (mode_is(run, "deflate") || mode_is(run, "inflate")) {
        report_corpus(bench, run->started, run->wire_bytes);
    } else {
        report_rate(bench, run->started);
    }
}
