/*
 * client: hostws on its public header. Push (callbacks, ws_poll) unless --pull asks for ws_next: what a mode does with
 * an event is the same function for both.
 */
#define _GNU_SOURCE
#include "client.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

void must(int32_t code) {
    if (code < 0) {
        fail(ws_last_error_message());
    }
}

/* ---- events ---- */

static void handle(run *run, const ws_event *event) {
    switch (event->type) {
    case HOSTWS_EVENT_ERROR:
        fail(event->errors[event->error_count - 1].message);
    case HOSTWS_EVENT_WARNING: /* that the certificate is not verified */
        return;
    case HOSTWS_EVENT_OPEN:
        run->started = now_ns();
        run->is_open++;
        break;
    }
    if (!run->is_done) {
        run->mode->handle(run, event);
    }
}

static void on_event(ws_id ws, const ws_event *event, void *user_data) {
    (void)ws;
    handle(user_data, event);
}

ws_id connect_one(run *run) {
    ws_handler handler = {.struct_size = sizeof handler, .data_type = HOSTWS_TEXT, .user_data = run};
    if (!run->bench.is_pull) {
        handler.on_open = handler.on_message = handler.on_error = handler.on_terminate = handler.on_event = on_event;
    }
    ws_options options = {.struct_size = sizeof options, .tls_verify = HOSTWS_TLS_VERIFY_NONE};
    options.reconnect_max = run->bench.is_reopened ? -1 : 0;
    if (run->bench.deflate) {
        options.deflate = 1;
        options.deflate_server_no_context_takeover = run->bench.deflate == DEFLATE_FRESH;
        options.deflate_client_no_context_takeover = run->bench.deflate == DEFLATE_FRESH;
    }
    ws_id ws = ws_new(run->url, &handler, &options);
    must(ws);
    run->connections[run->opened++] = ws;
    return ws;
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

/* As a game or a window does it that draws so many pictures a second. */
static void pump_by_the_clock(run *run) {
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    while (!run->is_done) {
        next.tv_nsec += 1000000000 / run->bench.hertz;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        must(ws_poll(0, 0, 0));
    }
}

void pump(run *run) {
    if (run->bench.is_looped) {
        pump_looped(run);
        return;
    }
    if (run->bench.hertz) {
        pump_by_the_clock(run);
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

static const char *filled(size_t size) {
    char *payload = malloc(size);
    memset(payload, 'a', size);
    return payload;
}

int main(int argc, char **argv) {
    static run run;
    run.bench = bench_from(argc, argv);
    run.mode = mode_named(run.bench.mode);
    if (!run.mode) {
        fail("client: no such mode");
    }
    if (run.bench.is_pull && (run.bench.hertz || run.bench.is_beside_slow || run.mode->whole)) {
        return UNAVAILABLE;
    }
    snprintf(run.url, sizeof run.url, "%s%s", run.bench.url, bench_path(&run.bench));
    if (!mode_is(&run, "flood")) { /* it sends none, so all memory is that of the library */
        run.payload = filled((size_t)run.bench.size);
    }
    run.data_type = run.bench.is_text ? HOSTWS_TEXT : HOSTWS_BLOB;
    run.connections = calloc((size_t)run.bench.connections, sizeof *run.connections);
    if (mode_is(&run, "rtt") || mode_is(&run, "latency")) {
        run.samples = calloc((size_t)run.bench.n, sizeof *run.samples);
    }
    if (run.bench.busy_us) {
        busy_poll(run.bench.busy_us);
    }
    if (run.mode->whole) {
        run.mode->whole(&run);
        return 0;
    }
    connect_one(&run);
    if (run.bench.is_beside_slow) {
        start_slow(&run);
    }
    pump(&run);
    mode_report(&run);
    return 0;
}
