/* When the thread that created a connection ends, the connection ends, too, and no more callbacks run. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <string.h>

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

static void *open_and_leave(void *argument) {
  open_and_end(argument);
  end_thread();
}

static void to_leave_is_an_end_too(void) { run_and_watch(open_and_leave, "/echo"); }

static void *connect_and_end(void *argument) {
  record *r = argument;
  record_open(r, peer_url("ws", "/echo"), NULL);
  return NULL;
}

static void *open_to_be_told(void *argument) {
  record *r = argument;
  ws_options options = default_options();
  options.close_timeout_ms = 100; /* that server looks at what it got when the client has gone */
  record_open(r, peer_url("ws", "/silent"), &options);
  PUMP(r->opens);
  return NULL;
}

static void the_server_is_told_1001(void) {
  record r = {0};
  pthread_t host;
  CHECK_INT(pthread_create(&host, NULL, open_to_be_told, &r), 0);
  pthread_join(host, NULL);
  /* The server's list of ends, until ours is in it. */
  int is_told = 0;
  for (int64_t end = now_ms() + PATIENCE_MS; !is_told;) {
    CHECK(now_ms() < end);
    record ends = {0};
    record_open(&ends, peer_url("ws", "/closes"), NULL);
    PUMP(ends.messages);
    is_told = strstr(ends.data, "[\"/silent\",1001,\"\"]") != NULL;
    record_close(&ends);
    record_clear(&ends);
    sleep_ms(20);
  }
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
  RUN(to_leave_is_an_end_too);
  RUN(the_server_is_told_1001);
  RUN(many_threads_that_end_leave_nothing);
  check_nothing_is_left(threads, fds);
  return 0;
}
