/* When the thread that created a connection ends, the connection ends, too, and no more callbacks run. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static record records[20];
static ws_id ids[20];

static void *open_and_end(void *argument) {
  const char *path = argument;
  for (int i = 0; i < 20; i++) {
    memset(&records[i], 0, sizeof records[i]);
    ids[i] = record_open(&records[i], peer_url("ws", path), NULL);
  }
  for (int i = 0; i < 20; i++) PUMP(records[i].opens);
  CHECK(ws_queue_fd(0) >= 0 && ws_queue_loop_fd(0) >= 0);
  for (int i = 0; i < 20; i++) ws_send(ids[i], "x", 1, 0);
  return NULL;
}

static void run_and_watch(void *(*body)(void *), const char *path) {
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, body, (void *)path), 0);
  pthread_join(thread, NULL);
  for (int i = 0; i < 20; i++) AWAIT(ws_status(ids[i]) == HOSTWS_CLOSED);
  /* No thread gets events: not the one that has ended, and none that is left. */
  CHECK_INT(ws_poll(0, 50, 0), HOSTWS_E_IDLE);
  for (int i = 0; i < 20; i++) {
    CHECK_INT(records[i].terminates, 0);
    CHECK_INT(ws_send(ids[i], "x", 1, 0), HOSTWS_E_CLOSED);
    record_clear(&records[i]);
  }
}

static void its_connections_close(void) { run_and_watch(open_and_end, "/echo"); }

static void its_connections_close_under_a_flood(void) { run_and_watch(open_and_end, "/flood?n=10000&size=100"); }

static void *leave_by_pthread_exit(void *argument) {
  open_and_end(argument);
  pthread_exit(NULL);
}

static void pthread_exit_is_an_end_too(void) { run_and_watch(leave_by_pthread_exit, "/echo"); }

/* A relay, to see which close frame the server gets. */
static int listener, port;

static void listen_here(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 5) == 0);
  CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &size), 0);
  port = ntohs(address.sin_port);
}

static void *connect_and_end(void *argument) {
  record *r = argument;
  record_open(r, peer_url("ws", "/echo"), NULL);
  return NULL;
}

static void *open_through(void *argument) {
  record *r = argument;
  char url[64];
  snprintf(url, sizeof url, "ws://127.0.0.1:%d/echo", port);
  record_open(r, url, NULL);
  PUMP(r->opens);
  return NULL;
}

/* Relays bytes between the client and the real server, and keeps the last frame that the client sent. */
static unsigned char last_sent[4096];
static ssize_t last_length;

static void *relay(void *argument) {
  (void)argument;
  int client = accept(listener, NULL, NULL), server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((uint16_t)peer_port("ws"));
  CHECK_INT(connect(server, (struct sockaddr *)&address, sizeof address), 0);
  for (;;) {
    struct pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    CHECK(poll(ends, 2, PATIENCE_MS) > 0);
    unsigned char bytes[4096];
    for (int i = 0; i < 2; i++) {
      if (ends[i].revents == 0) continue;
      ssize_t length = read(ends[i].fd, bytes, sizeof bytes);
      if (length <= 0) {
        close(client);
        close(server);
        return NULL;
      }
      if (i == 0) memcpy(last_sent, bytes, (size_t)(last_length = length));
      CHECK(send(ends[1 - i].fd, bytes, (size_t)length, MSG_NOSIGNAL) == length);
    }
  }
}

static void the_server_is_told_1001(void) {
  record r = {0};
  pthread_t host, wire;
  listen_here();
  CHECK_INT(pthread_create(&wire, NULL, relay, NULL), 0);
  CHECK_INT(pthread_create(&host, NULL, open_through, &r), 0);
  pthread_join(host, NULL);
  pthread_join(wire, NULL);
  close(listener);
  /* A masked close frame with two bytes: 88 82, the mask, the code. */
  CHECK_INT(last_length, 8);
  CHECK_INT(last_sent[0], 0x88);
  CHECK_INT(last_sent[1], 0x82);
  CHECK_INT((last_sent[6] ^ last_sent[2]) << 8 | (last_sent[7] ^ last_sent[3]), 1001);
  CHECK_INT(r.terminates, 0);
  record_clear(&r);
}

static void many_threads_that_end_leave_nothing(void) {
  for (int i = 0; i < 30; i++) {
    record r = {0};
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, connect_and_end, &r), 0);
    pthread_join(thread, NULL);
    AWAIT(ws_status(r.ws) == HOSTWS_CLOSED);
    CHECK_STR(r.order, "");
  }
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(its_connections_close);
  RUN(its_connections_close_under_a_flood);
  RUN(pthread_exit_is_an_end_too);
  RUN(the_server_is_told_1001);
  RUN(many_threads_that_end_leave_nothing);
  check_nothing_is_left(threads, fds);
  return 0;
}
