/* A callback may leave by longjmp(): its event counts as delivered, later ones stay. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf out;

static void jump_always(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)event, (void)user_data;
  longjmp(out, 1);
}

/* Polls once; 1 if a callback jumped. */
static int jumps(ws_queue queue) {
  if (setjmp(out) != 0) return 1;
  ws_poll(queue, PATIENCE_MS, 0);
  return 0;
}

static void every_callback_may_jump(void) {
  static record r;
  r.hook = jump_always;
  record_open(&r, peer_url("ws", "/flood?n=3&size=5"), NULL);
  for (int i = 0; i < 4; i++) CHECK(jumps(0));
  CHECK_STR(r.order, "OMMM");
  CHECK_INT(ws_terminate(r.ws, 0, NULL), HOSTWS_OK);
  CHECK(jumps(0));
  CHECK_STR(r.order, "OMMMT");
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
  CHECK_INT(ws_status(r.ws), HOSTWS_CLOSED);
  record_clear(&r);
}

static void jump_at_each_tenth(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  CHECK_INT(atoi(event->data), r->messages - 1);
  if (r->messages % 10 == 0) longjmp(out, 1);
}

static void the_rest_of_a_batch_is_delivered_in_order(void) {
  static record r;
  r.hook = jump_at_each_tenth;
  record_open(&r, peer_url("ws", "/flood?n=1000&size=5"), NULL);
  AWAIT(ws_pending(0) == 1001);
  static int jumped;
  while (r.messages < 1000) jumped += jumps(0);
  CHECK_INT(jumped, 100);
  r.hook = NULL;
  record_close(&r);
  record_clear(&r);
}

static void ws_wait_status_lets_it_through(void) {
  static record r;
  r.hook = jump_always;
  record_open(&r, peer_url("ws", "/echo"), NULL);
  if (setjmp(out) == 0) {
    ws_wait_status(r.ws, HOSTWS_CONNECTED, PATIENCE_MS);
    CHECK(0);
  }
  CHECK_STR(r.order, "O");
  CHECK_INT(ws_wait_status(r.ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_OK);
  r.hook = NULL;
  record_close(&r);
  record_clear(&r);
}

static void poll_the_other(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  record *other = ((record *)user_data)->extra;
  ws_send(other->ws, "x", 1, 0);
  for (;;) ws_poll(0, PATIENCE_MS, 0);
}

static void it_passes_through_nested_polls(void) {
  static record inner, outer;
  record_open(&inner, peer_url("ws", "/echo"), NULL);
  PUMP(inner.opens);
  inner.hook = jump_always;
  outer.hook = poll_the_other;
  outer.extra = &inner;
  record_open(&outer, peer_url("ws", "/flood?n=100&size=5"), NULL);
  AWAIT(ws_pending(0) == 101);
  static int i;
  for (i = 1; i <= 50; i++) {
    CHECK(jumps(0));
    CHECK_INT(inner.messages, i);
    CHECK_INT(outer.messages, i);
  }
  outer.hook = inner.hook = NULL;
  PUMP(outer.messages == 100);
  record_close(&outer);
  record_close(&inner);
  record_clear(&inner);
  record_clear(&outer);
}

/* Polls from this much deeper on the stack. */
__attribute__((noinline)) static int jumps_deeper(int levels) {
  volatile char space[4096];
  memset((char *)space, levels, sizeof space);
  int jumped = levels == 0 ? jumps(0) : jumps_deeper(levels - 1);
  return space[0] == (char)levels && jumped;
}

static void the_next_poll_may_come_from_deeper_in_the_stack(void) {
  static record r;
  r.hook = jump_at_each_tenth;
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), NULL);
  AWAIT(ws_pending(0) == 101);
  static int i;
  for (i = 0; i < 10; i++) {
    CHECK(jumps_deeper(i));
    CHECK_INT(r.messages, 10 * (i + 1));
  }
  r.hook = NULL;
  record_close(&r);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(every_callback_may_jump);
  RUN(the_rest_of_a_batch_is_delivered_in_order);
  RUN(ws_wait_status_lets_it_through);
  RUN(it_passes_through_nested_polls);
  RUN(the_next_poll_may_come_from_deeper_in_the_stack);
  check_nothing_is_left(threads, fds);
  return 0;
}
