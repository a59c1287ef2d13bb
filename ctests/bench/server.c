/*
 * server: one thread, epoll. Listens on 127.0.0.1, plain and over TLS, prints
 *     {"plain": PORT, "tls": PORT}
 * and serves until its standard input ends. server.h says what it does. Its argument is a file with a message a line.
 */
#define _GNU_SOURCE
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int poller;
static SSL_CTX *tls;

/* One of each is enough: what a connection must keep it keeps itself. */
static uint8_t in[READ_SIZE];
static uint8_t out[READ_SIZE + 4096];

/* ---- one connection ---- */

static void end(connection *c) {
    ticks_remove(c);
    stream_close(&c->stream);
    free(c->request);
    free(c->unsent.data);
    free(c);
}

static void watch(connection *c, bool wants_to_write) {
    if (c->waits_to_write != wants_to_write) {
        struct epoll_event event = {.events = wants_to_write ? EPOLLOUT : EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_MOD, c->stream.fd, &event);
        c->waits_to_write = wants_to_write;
    }
}

/* Writes until nothing is left, 1, or the socket takes no more, -1; 0 when the stream has ended. */
static int write_all(connection *c, const uint8_t *data, size_t size, size_t *written) {
    while (*written < size) {
        ssize_t moved = stream_write(&c->stream, data + *written, size - *written);
        if (moved <= 0) {
            return (int)moved;
        }
        *written += (size_t)moved;
    }
    return 1;
}

static int write_flood(connection *c) {
    while (c->flood_at < c->flood_size) {
        size_t from = c->flood_at % c->flood->size;
        uint64_t left = c->flood_size - c->flood_at;
        size_t to = left < c->flood->size - from ? from + left : c->flood->size;
        size_t at = from;
        int result = write_all(c, c->flood->data, to, &at);
        c->flood_at += at - from;
        if (result != 1) {
            return result;
        }
    }
    return 1;
}

static int write_unsent(connection *c) {
    int result = write_all(c, c->unsent.data, c->unsent.size, &c->unsent_at);
    if (result == 1) {
        free(c->unsent.data);
        c->unsent = (bytes){NULL, 0};
        c->unsent_at = 0;
    }
    return result;
}

static void keep_unsent(connection *c, const uint8_t *data, size_t size) {
    c->unsent = (bytes){malloc(size), size};
    memcpy(c->unsent.data, data, size);
}

bool connection_write(connection *c, const uint8_t *data, size_t size) {
    size_t written = 0;
    if (c->unsent.data) {
        return false;
    }
    int result = write_all(c, data, size, &written);
    if (result == -1 && written > 0) {
        keep_unsent(c, data + written, size - written);
        watch(c, true);
    }
    return written > 0;
}

static void writable(connection *c) {
    int result = write_unsent(c);
    if (result == 1) {
        result = write_flood(c);
    }
    if (result == 0 || (result == 1 && c->is_ending)) {
        end(c);
        return;
    }
    watch(c, result == -1);
}

static bool take(connection *c, const uint8_t *data, size_t size, bytes *answers) {
    if (c->task == REQUEST && !request_read(c, &data, &size, answers)) {
        return true;
    }
    return size == 0 || messages_read(c, data, size, answers);
}

static void readable(connection *c) {
    ssize_t size = stream_read(&c->stream, in, sizeof in);
    bytes answers = {out, 0};
    if (size == 0 || (size > 0 && !take(c, in, (size_t)size, &answers))) {
        end(c);
        return;
    }
    size_t written = 0;
    int result = write_all(c, answers.data, answers.size, &written);
    if (result == -1) {
        keep_unsent(c, answers.data + written, answers.size - written);
        watch(c, true);
    } else if (result == 0 || c->is_ending) {
        end(c);
    } else if (c->flood_at < c->flood_size) {
        writable(c);
    }
}

/* ---- new connections ---- */

static int listen_on_any_port(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

static void accept_all(int listener, bool is_tls) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *c = calloc(1, sizeof *c);
        c->stream.fd = fd;
        if (is_tls) {
            c->stream.tls = SSL_new(tls);
            SSL_set_fd(c->stream.tls, fd);
            SSL_set_accept_state(c->stream.tls);
        }
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

/* Waits until something is there to do. To the nanosecond, which epoll_wait cannot. */
static int wait_for_events(struct epoll_event *events, int room) {
    int64_t ns = ticks_send();
    if (ns < 0) {
        return epoll_wait(poller, events, room, -1);
    }
    struct timespec timeout = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    struct pollfd all = {.fd = poller, .events = POLLIN};
    return ppoll(&all, 1, &timeout, NULL) > 0 ? epoll_wait(poller, events, room, 0) : 0;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        corpus_read(argv[1]);
    }
    prctl(PR_SET_TIMERSLACK, 1); /* ticks come when they are due */
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    poller = epoll_create1(EPOLL_CLOEXEC);
    tls = stream_server_context();
    int ports[2];
    int listeners[2] = {listen_on_any_port(&ports[0]), listen_on_any_port(&ports[1])};
    int input = STDIN_FILENO;
    int *others[3] = {&listeners[0], &listeners[1], &input};
    for (int i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = others[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, *others[i], &event);
    }
    printf("{\"plain\": %d, \"tls\": %d}\n", ports[0], ports[1]);
    fflush(stdout);

    for (;;) {
        struct epoll_event events[64];
        int count = wait_for_events(events, 64);
        for (int i = 0; i < count; i++) {
            void *source = events[i].data.ptr;
            if (source == &input) {
                return 0;
            }
            if (source == &listeners[0] || source == &listeners[1]) {
                accept_all(*(int *)source, source == &listeners[1]);
            } else if (((connection *)source)->waits_to_write) {
                writable(source);
            } else {
                readable(source);
            }
        }
    }
}
