/* A poll inside a callback, as in a modal dialog. */
#include "check.h"
#include "descriptor.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

static int depth;

static void check_next(record *r, const ws_event *event) {
  char expected[16];
  snprintf(expected, sizeof expected, "%d:", r->messages - 1);
  CHECK_INT(strncmp(event->data, expected, strlen(expected)), 0);
}

static void open_a_dialog(ws_id ws, const ws_event *event, void *user_data) {
  record *r = user_data, *other = r->extra;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  check_next(r, event);
  if (r->messages % 100 != 1) return;
  CHECK_INT(depth++, 0);
  int mine = r->messages, theirs = other->messages;
  ws_send(other->ws, "x", 1, 0);
  PUMP(other->messages > theirs);
  CHECK_INT(r->messages, mine); /* never inside its own callback */
  CHECK_INT(ws_poll(0, 0, 0), 0);
  CHECK_INT(r->messages, mine);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, 100), HOSTWS_E_REENTRANT);
  check_next(r, event); /* its data is still valid */
  depth--;
}

static void a_dialog_hears_other_connections_and_not_its_own(void) {
  record other = {0}, r = {.hook = open_a_dialog, .extra = &other};
  record_open(&other, peer_url("ws", "/echo"), NULL);
  PUMP(other.opens);
  record_open(&r, peer_url("ws", "/flood?n=1000&size=5"), NULL);
  PUMP(r.messages == 1000);
  CHECK_INT(other.messages, 10);
  record_close(&r);
  record_close(&other);
  record_clear(&r);
  record_clear(&other);
}

static void wait_for_the_other(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data, *other = r->extra;
  if (event->type != HOSTWS_EVENT_OPEN) return;
  CHECK_INT(ws_wait_status(other->ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(other->opens, 1);
  CHECK_INT(ws_terminate(other->ws, 0, NULL), HOSTWS_OK);
  CHECK_INT(ws_wait_status(other->ws, HOSTWS_CLOSED, PATIENCE_MS), HOSTWS_OK);
  CHECK_STR(other->order, "OT");
}

static void a_callback_can_wait_for_another_connection(void) {
  record other = {0}, r = {.hook = wait_for_the_other, .extra = &other};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  AWAIT(ws_pending(0) == 1); /* its on_open comes first */
  record_open(&other, peer_url("ws", "/echo"), NULL);
  PUMP(other.terminates);
  record_close(&r);
  record_clear(&r);
  record_clear(&other);
}

enum { DEEP = 10 };
static record chain[DEEP];

static void go_deeper(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  int place = (int)(r - chain);
  if (place + 1 == DEEP) return;
  ws_send(chain[place + 1].ws, "down", -1, 0);
  PUMP(chain[place + 1].messages);
  for (int i = 0; i < place; i++) CHECK_INT(chain[i].messages, 1);
}

static void polls_nest_as_deep_as_there_are_connections(void) {
  for (int i = 0; i < DEEP; i++) {
    chain[i].hook = go_deeper;
    record_open(&chain[i], peer_url("ws", "/echo"), NULL);
  }
  for (int i = 0; i < DEEP; i++) PUMP(chain[i].opens);
  ws_send(chain[0].ws, "down", -1, 0);
  PUMP(chain[DEEP - 1].messages);
  for (int i = 0; i < DEEP; i++) {
    record_close(&chain[i]);
    CHECK_STR(chain[i].order, "OMT");
    record_clear(&chain[i]);
  }
}

static void wait_in_vain(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type != HOSTWS_EVENT_OPEN) return;
  /* Only its own connection is left, whose events cannot be delivered here. */
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
}

static void a_dialog_that_nothing_can_reach_is_idle(void) {
  record r = {.hook = wait_in_vain};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  record_clear(&r);
}

static int64_t received(ws_id ws) {
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  return (int64_t)stats.messages_received;
}

static int readable(int timeout_ms) { return is_readable(ws_queue_fd(0), timeout_ms); }

static void look_at_the_queue(ws_id ws, const ws_event *event, void *user_data) {
  record *r = user_data, *other = r->extra;
  if (event->type != HOSTWS_EVENT_MESSAGE || r->messages > 1) return;
  for (int i = 1; i <= 3; i++) {
    CHECK_INT(ws_send(ws, "more", -1, 0), HOSTWS_OK);
    AWAIT(received(ws) == 1 + i);
  }
  /* Three messages of its own connection wait, and cannot be delivered here. */
  CHECK_INT(readable(20), 0);
  CHECK_INT(ws_pending(0), 0);
  CHECK_INT(ws_wait(0, 0), 0);
  CHECK_INT(ws_send(other->ws, "x", 1, 0), HOSTWS_OK);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(ws_pending(0), 1);
  CHECK_INT(ws_wait(0, -1), 1);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_INT(readable(0), 0);
  CHECK_INT(other->messages, 1);
}

static void a_queue_speaks_of_what_can_be_delivered_now(void) {
  record other = {0}, r = {.hook = look_at_the_queue, .extra = &other};
  record_open(&other, peer_url("ws", "/echo"), NULL);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(other.opens && r.opens);
  ws_send(r.ws, "first", -1, 0);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(ws_poll(0, 0, 1), 1);
  CHECK_INT(ws_pending(0), 3);
  CHECK_INT(readable(0), 1);
  CHECK_INT(ws_poll(0, 0, 0), 3);
  CHECK_INT(readable(0), 0);
  record_close(&r);
  record_close(&other);
  record_clear(&r);
  record_clear(&other);
}

static void end_in_a_dialog(ws_id ws, const ws_event *event, void *user_data) {
  record *r = user_data;
  if (event->type != HOSTWS_EVENT_MESSAGE || r->messages > 1) return;
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  AWAIT(ws_status(ws) == HOSTWS_CLOSED);
  CHECK_INT(ws_poll(0, 0, 0), 0);
  CHECK_INT(r->terminates, 0); /* its on_terminate waits until this returns */
}

static void the_end_waits_until_the_dialog_is_closed(void) {
  record r = {.hook = end_in_a_dialog};
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMT");
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_dialog_hears_other_connections_and_not_its_own);
  RUN(a_callback_can_wait_for_another_connection);
  RUN(polls_nest_as_deep_as_there_are_connections);
  RUN(a_dialog_that_nothing_can_reach_is_idle);
  RUN(a_queue_speaks_of_what_can_be_delivered_now);
  RUN(the_end_waits_until_the_dialog_is_closed);
  check_nothing_is_left(threads, fds + 2); /* the pair of this thread's own queue */
  return 0;
}
