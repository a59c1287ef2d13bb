/*
 * client: hostws on its public header. Push (callbacks, ws_poll) unless --pull asks for ws_next: what a mode does with
 * an event is the same function for both.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <dlfcn.h>
#include <hostws.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { OPENING_AT_ONCE = 32 };

typedef struct run {
    bench bench;
    char url[256];
    const char *payload;
    int32_t data_type;
    uint64_t started;
    long sent;
    long received;
    uint64_t last_send;
    uint64_t *samples;
    long opened;
    long first_bytes;
    bool is_done;
} run;

static void must(int32_t code) {
    if (code < 0) {
        fail(ws_last_error_message());
    }
}

static void connect_one(run *run);

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

static void idle(run *run, const ws_event *event) {
    (void)event;
    run->received++;
    if (run->received == 1) {
        run->first_bytes = resident_bytes();
    }
    run->is_done = run->received == run->bench.connections;
    while (run->opened < run->bench.connections && run->opened - run->received < OPENING_AT_ONCE) {
        connect_one(run);
    }
}

static void start(run *run, const ws_event *event) {
    if (event->type == HOSTWS_EVENT_TERMINATE) {
        run->is_done = true;
    } else {
        must(ws_terminate(event->ws, 0, NULL));
    }
}

static const struct mode {
    const char *name;
    void (*handle)(run *run, const ws_event *event);
} modes[] = {{"rtt", rtt}, {"pipeline", pipeline}, {"flood", flood}, {"sink", sink}, {"idle", idle}, {"start", start}};

static const struct mode *mode;

/* ---- events ---- */

static void handle(run *run, const ws_event *event) {
    switch (event->type) {
    case HOSTWS_EVENT_ERROR:
        fail(event->errors[event->error_count - 1].message);
    case HOSTWS_EVENT_WARNING: /* that the certificate is not verified */
        return;
    case HOSTWS_EVENT_OPEN:
        run->started = now_ns();
        break;
    }
    if (!run->is_done) {
        mode->handle(run, event);
    }
}

static void on_event(ws_id ws, const ws_event *event, void *user_data) {
    (void)ws;
    handle(user_data, event);
}

static void connect_one(run *run) {
    ws_handler handler = {.struct_size = sizeof handler, .data_type = HOSTWS_TEXT, .user_data = run};
    if (!run->bench.is_pull) {
        handler.on_open = handler.on_message = handler.on_error = handler.on_terminate = handler.on_event = on_event;
    }
    ws_options options = {.struct_size = sizeof options, .tls_verify = HOSTWS_TLS_VERIFY_NONE};
    must(ws_new(run->url, &handler, &options));
    run->opened++;
}

/* Looked up by name, as is ws_queue_busy_poll. */
static void deliver_batch(run *run, int32_t timeout_ms) {
    enum { CAPACITY = 64 };
    int32_t (*next_batch)(ws_queue, ws_event *, int32_t, int32_t);
    *(void **)&next_batch = dlsym(RTLD_DEFAULT, "ws_next_batch");
    if (!next_batch) {
        exit(UNAVAILABLE);
    }
    ws_event events[CAPACITY] = {{.struct_size = sizeof events[0]}};
    int32_t count = next_batch(0, events, CAPACITY, timeout_ms);
    must(count);
    for (int32_t i = 0; i < count && !run->is_done; i++) {
        handle(run, &events[i]);
    }
}

/* What waits, or with a timeout of -1 the next event. */
static void deliver(run *run, int32_t timeout_ms) {
    if (run->bench.is_batch) {
        deliver_batch(run, timeout_ms);
    } else if (run->bench.is_pull) {
        const ws_event *event = ws_next(0, timeout_ms);
        if (event) {
            handle(run, event);
        } else if (timeout_ms != 0) {
            fail(ws_last_error_message());
        }
    } else {
        must(ws_poll(0, timeout_ms, 0));
    }
}

/* As a program with a loop around epoll does it. */
static void pump_looped(run *run) {
    intptr_t (*loop_fd)(ws_queue);
    *(void **)&loop_fd = dlsym(RTLD_DEFAULT, "ws_queue_loop_fd");
    int queue = (int)(loop_fd ? loop_fd(0) : ws_queue_fd(0));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, queue, &event) != 0) {
        fail("client: epoll_ctl");
    }
    while (!run->is_done) {
        if (epoll_wait(epoll, &event, 1, -1) > 0) {
            deliver(run, 0);
        }
    }
    close(epoll);
}

static void pump(run *run) {
    if (run->bench.is_looped) {
        pump_looped(run);
        return;
    }
    while (!run->is_done) {
        deliver(run, -1);
    }
}

/* ---- the whole ---- */

/* Looked up by name: the program also measures libraries that do not have it. */
static void busy_poll(long microseconds) {
    int32_t (*set)(ws_queue, int32_t);
    *(void **)&set = dlsym(RTLD_DEFAULT, "ws_queue_busy_poll");
    if (!set) {
        exit(UNAVAILABLE);
    }
    must(set(0, (int32_t)microseconds));
}

static void report(run *run) {
    if (mode->handle == rtt) {
        report_times(&run->bench, run->samples, run->bench.n);
    } else if (mode->handle == idle) {
        report_memory(&run->bench, run->first_bytes);
    } else if (mode->handle == start) {
        report_started(&run->bench);
    } else {
        report_rate(&run->bench, run->started);
    }
}

int main(int argc, char **argv) {
    static run run;
    run.bench = bench_from(argc, argv);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, run.bench.mode) == 0) {
            mode = &modes[i];
        }
    }
    if (!mode) {
        fail("client: no such mode");
    }
    snprintf(run.url, sizeof run.url, "%s%s", run.bench.url, bench_path(&run.bench));
    if (mode->handle != flood) { /* it sends none, so all memory is that of the library */
        char *payload = malloc((size_t)run.bench.size);
        memset(payload, 'a', (size_t)run.bench.size);
        run.payload = payload;
    }
    run.data_type = run.bench.is_text ? HOSTWS_TEXT : HOSTWS_BLOB;
    if (mode->handle == rtt) {
        run.samples = calloc((size_t)run.bench.n, sizeof *run.samples);
    }
    if (run.bench.busy_us) {
        busy_poll(run.bench.busy_us);
    }
    connect_one(&run);
    pump(&run);
    report(&run);
    return 0;
}
