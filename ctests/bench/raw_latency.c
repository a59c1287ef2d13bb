/* The yardstick for latency: a loop around epoll, which receives what is there and counts whole messages. */
#define _GNU_SOURCE
#include "raw.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, AT_ONCE = 64 };

/* The part of a message that has come, for each connection. */
typedef struct incoming {
    stream stream;
    size_t size;
    char *message;
} incoming;

typedef struct receiver {
    const bench *bench;
    uint64_t *samples;
    long received;
} receiver;

static void take(receiver *r, incoming *in, const char *data, size_t size) {
    size_t whole = (size_t)r->bench->size;
    while (size > 0 && r->received < r->bench->n) {
        size_t part = whole - in->size < size ? whole - in->size : size;
        memcpy(in->message + in->size, data, part);
        in->size += part;
        data += part;
        size -= part;
        if (in->size == whole) {
            r->samples[r->received++] = delay_of(in->message, now_ns());
            in->size = 0;
        }
    }
}

static void receive(receiver *r, incoming *in) {
    static char chunk[CHUNK];
    ssize_t size = recv(in->stream.fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (size <= 0) {
        fail("raw: nothing to receive");
    }
    take(r, in, chunk, (size_t)size);
}

/* Sleeps until the next of `hertz` in a second. */
static void wait_for_frame(struct timespec *next, long hertz) {
    next->tv_nsec += 1000000000 / hertz;
    next->tv_sec += next->tv_nsec / 1000000000;
    next->tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

static void *serve_slowly(void *argument) {
    stream stream = open_stream(argument, "/flood/1024/1000000");
    char message[1024];
    write_whole(&stream, "g", 1);
    while (recv(stream.fd, message, sizeof message, MSG_WAITALL) > 0) {
        usleep(1000);
    }
    return NULL;
}

void latency(const bench *bench) {
    receiver r = {bench, calloc((size_t)bench->n, sizeof *r.samples), 0};
    incoming *all = calloc((size_t)bench->connections, sizeof *all);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (long i = 0; i < bench->connections; i++) {
        all[i].stream = open_stream(bench, bench_path(bench));
        all[i].message = malloc((size_t)bench->size);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].stream.fd, &event);
    }
    pthread_t slow;
    if (bench->is_beside_slow && pthread_create(&slow, NULL, serve_slowly, (void *)bench)) {
        fail("raw: no thread");
    }
    for (long i = 0; i < bench->connections; i++) {
        write_whole(&all[i].stream, "g", 1);
    }
    struct timespec frame;
    clock_gettime(CLOCK_MONOTONIC, &frame);
    while (r.received < bench->n) {
        struct epoll_event events[AT_ONCE];
        if (bench->hertz) {
            wait_for_frame(&frame, bench->hertz);
        }
        int count;
        do { /* by the clock: all that is there */
            count = epoll_wait(poller, events, AT_ONCE, bench->hertz ? 0 : -1);
            for (int i = 0; i < count; i++) {
                receive(&r, events[i].data.ptr);
            }
        } while (bench->hertz && count > 0);
    }
    long skipped = bench->n / 10;
    report_times(bench, r.samples + skipped, bench->n - skipped);
}
