/*
 * raw: the yardstick. Moves the payloads of the same messages over TCP, or over TLS, with blocking calls, and knows
 * nothing of WebSocket: no frames, no masks, no handshake but one line.
 */
#define _GNU_SOURCE
#include "raw.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

void write_whole(stream *stream, const char *data, size_t size) {
    while (size > 0) {
        ssize_t moved = stream_write(stream, data, size);
        if (moved <= 0) {
            fail("raw: cannot write");
        }
        data += moved;
        size -= (size_t)moved;
    }
}

static size_t read_some(stream *stream, char *data, size_t size) {
    ssize_t moved = stream_read(stream, data, size);
    if (moved <= 0) {
        fail("raw: cannot read");
    }
    return (size_t)moved;
}

static void read_whole(stream *stream, char *data, size_t size) {
    while (size > 0) {
        size_t moved = read_some(stream, data, size);
        data += moved;
        size -= moved;
    }
}

static SSL_CTX *tls_context(void) {
    static SSL_CTX *context;
    if (!context) {
        context = SSL_CTX_new(TLS_client_method());
    }
    return context;
}

stream open_stream(const bench *bench, const char *path) {
    bool is_tls = strncmp(bench->url, "wss:", 4) == 0;
    const char *port = strrchr(bench->url, ':');
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                 .sin_port = htons((uint16_t)atoi(port + 1))};
    stream stream = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), NULL};
    int on = 1;
    setsockopt(stream.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(stream.fd, (struct sockaddr *)&server, sizeof server)) {
        fail("raw: cannot connect");
    }
    if (is_tls) {
        stream.tls = SSL_new(tls_context());
        SSL_set_fd(stream.tls, stream.fd);
        if (SSL_connect(stream.tls) != 1) {
            fail("raw: no TLS");
        }
    }
    char line[128];
    int length = snprintf(line, sizeof line, "RAW %s\n", path);
    write_whole(&stream, line, (size_t)length);
    read_whole(&stream, line, 3);
    return stream;
}

static void round_trips(const bench *bench) {
    stream stream = open_stream(bench, bench_path(bench));
    char *data = calloc(1, (size_t)bench->size);
    uint64_t *samples = calloc((size_t)bench->n, sizeof *samples);
    for (long i = 0; i < bench->n; i++) {
        uint64_t sent = now_ns();
        write_whole(&stream, data, (size_t)bench->size);
        read_whole(&stream, data, (size_t)bench->size);
        samples[i] = now_ns() - sent;
    }
    report_times(bench, samples, bench->n);
}

/* Each message that has come back is sent again, all that one read brought together in one write. */
static void pipeline(const bench *bench) {
    stream stream = open_stream(bench, bench_path(bench));
    size_t size = (size_t)bench->size;
    char *data = calloc((size_t)bench->in_flight, size);
    char *chunk = malloc(CHUNK);
    uint64_t started = now_ns();
    write_whole(&stream, data, size * (size_t)bench->in_flight);
    long sent = bench->in_flight;
    size_t part = 0;
    for (long received = 0; received < bench->n;) {
        part += read_some(&stream, chunk, CHUNK);
        long whole = (long)(part / size);
        part %= size;
        received += whole;
        long again = whole < bench->n - sent ? whole : bench->n - sent;
        if (again > 0) {
            write_whole(&stream, data, size * (size_t)again);
            sent += again;
        }
    }
    report_rate(bench, started);
}

static void flood(const bench *bench) {
    stream stream = open_stream(bench, bench_path(bench));
    char *chunk = malloc(CHUNK);
    size_t left = (size_t)bench->size * (size_t)bench->n;
    uint64_t started = now_ns();
    write_whole(&stream, "g", 1);
    while (left > 0) {
        left -= read_some(&stream, chunk, CHUNK);
    }
    report_rate(bench, started);
}

static void sink(const bench *bench) {
    stream stream = open_stream(bench, bench_path(bench));
    char *chunk = calloc(1, CHUNK);
    size_t left = (size_t)bench->size * (size_t)bench->n;
    uint64_t started = now_ns();
    while (left > 0) {
        size_t part = left < CHUNK ? left : CHUNK;
        write_whole(&stream, chunk, part);
        left -= part;
    }
    read_whole(&stream, chunk, 1);
    report_rate(bench, started);
}

static void idle(const bench *bench) {
    long first_bytes = 0;
    stream *streams = calloc((size_t)bench->connections, sizeof *streams);
    for (long i = 0; i < bench->connections; i++) {
        streams[i] = open_stream(bench, bench_path(bench));
        if (i == 0) {
            first_bytes = resident_bytes();
        }
    }
    report_memory(bench, first_bytes);
}

static void start(const bench *bench) {
    stream stream = open_stream(bench, bench_path(bench));
    stream_close(&stream);
    report_started(bench);
}

/* The system call that a send is made of. */
static void call_send(const bench *bench) {
    stream stream = open_stream(bench, bench_path(bench));
    char *data = calloc(1, (size_t)bench->size);
    uint64_t *samples = calloc((size_t)bench->n, sizeof *samples);
    for (long i = 0; i < bench->n; i++) {
        uint64_t before = now_ns();
        write_whole(&stream, data, (size_t)bench->size);
        samples[i] = now_ns() - before;
        read_whole(&stream, data, (size_t)bench->size);
    }
    report_times(bench, samples, bench->n);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    bench bench = bench_from(argc, argv);
    static const struct {
        const char *name;
        void (*run)(const struct bench *);
    } modes[] = {
        {"rtt", round_trips},        {"pipeline", pipeline},     {"flood", flood},     {"sink", sink},
        {"idle", idle},              {"start", start},           {"latency", latency}, {"call-send", call_send},
        {"deflate", deflate_corpus}, {"inflate", inflate_corpus},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, bench.mode) == 0) {
            modes[i].run(&bench);
            return 0;
        }
    }
    return UNAVAILABLE;
}
