/*
 * A wake-up function or on_socket must not end its thread here: ExitThread() unwinds nothing, and what the thread did is
 * lost. But nobody waits for it for longer than he said, and other queues and openings go on.
 */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>

static atomic_int calls;

static void leave(void *user_data) {
  (void)user_data;
  calls++;
  end_thread();
}

static void *converse(void *argument) {
  (void)argument;
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(ws_send(r.ws, "hello", -1, 0), HOSTWS_OK);
  PUMP(r.messages == 1);
  record_close(&r);
  record_clear(&r);
  return NULL;
}

static void other_queues_go_on(void) {
  record r = {0};
  CHECK_INT(ws_queue_on_wakeup(0, leave, NULL), HOSTWS_OK);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  AWAIT(calls == 1);
  pthread_t other;
  CHECK_INT(pthread_create(&other, NULL, converse, NULL), 0);
  pthread_join(other, NULL);
  record_clear(&r);
}

static int32_t leave_at_a_socket(ws_id ws, intptr_t fd, const char *address, void *user_data) {
  (void)ws, (void)fd, (void)address;
  leave(user_data);
  return 0;
}

static void other_openings_go_on(void) {
  calls = 0;
  record r = {0};
  ws_options options = default_options();
  options.on_socket = leave_at_a_socket;
  options.open_timeout_ms = 2500; /* the function is called before, also on a slow machine */
  record_open(&r, peer_url("ws", "/echo"), &options);
  AWAIT(calls == 1);
  converse(NULL);
  PUMP(r.terminates);
  CHECK_INT(r.opens, 0);
  CHECK_HAS(r.stack[r.error_count - 1].message, "on_socket has not returned");
  record_clear(&r);
}

static void shutdown_ends_in_its_time(void) {
  int64_t begin = now_ms();
  CHECK_INT(ws_shutdown(500), HOSTWS_E_TIMEOUT);
  CHECK(now_ms() - begin < PATIENCE_MS);
  CHECK_INT(calls, 1);
}

int main(void) {
  peer_start();
  RUN(other_openings_go_on);
  calls = 0;
  RUN(other_queues_go_on);
  RUN(shutdown_ends_in_its_time);
  return 0;
}
