/* Every function may be called from inside every callback. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <string.h>

static int called_from[8];

static void call_everything(ws_id ws, const ws_event *event, void *user_data) {
  (void)user_data;
  char text[128];
  ws_handler handler = {.struct_size = sizeof handler};
  ws_stats stats = {.struct_size = sizeof stats};
  called_from[event->type]++;
  CHECK(ws_status(ws) >= HOSTWS_CONNECTING);
  CHECK(ws_url(ws, text, sizeof text) > 0);
  CHECK_INT(ws_data_type(ws), HOSTWS_TEXT);
  CHECK_INT(ws_get_handler(ws, &handler), HOSTWS_OK);
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK(ws_buffered_amount(ws) >= 0);
  CHECK_INT(ws_subprotocol(ws, text, sizeof text), 0);
  CHECK(ws_response_status(ws) >= 0);
  ws_response_header(ws, "upgrade", text, sizeof text);
  CHECK(ws_response_body(ws, text, sizeof text) >= 0);
  CHECK(ws_queue_of(ws) == ws_queue_of(0));
  CHECK(ws_pending(0) >= 0);
  CHECK(ws_wait(0, 0) >= 0);
  CHECK(ws_next(0, 0) == NULL);
  CHECK(ws_poll(0, 0, 0) >= 0);
  CHECK_INT(ws_json_get("[1]", -1, "/0", text, sizeof text), 1);
  CHECK(ws_version_number() == HOSTWS_VERSION_NUMBER);
  CHECK_FAILS(ws_wait_status(ws, HOSTWS_CLOSED, 0), HOSTWS_E_REENTRANT, "callback");
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
  ws_queue queue = ws_queue_new();
  CHECK(queue > 0);
  CHECK_INT(ws_poll(queue, 0, 0), 0);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  ws_id other = ws_new(peer_url("ws", "/echo"), NULL, NULL);
  CHECK(other > ws);
  CHECK_INT(ws_abort(other), HOSTWS_OK);
  const ws_event *end = ws_next(0, PATIENCE_MS);
  CHECK(end != NULL && end->type == HOSTWS_EVENT_TERMINATE && end->ws == other);
  if (event->type == HOSTWS_EVENT_MESSAGE) {
    CHECK_INT(ws_ping(ws, "x", 1), HOSTWS_OK);
    CHECK_STR(event->data, "hello"); /* it is still there */
  }
  if (event->type == HOSTWS_EVENT_PONG) CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  if (event->type == HOSTWS_EVENT_OPEN) {
    int32_t sent = ws_send(ws, "hello", -1, 0);
    CHECK(sent == HOSTWS_OK || ws_status(ws) > HOSTWS_CONNECTED);
  }
  if (event->type == HOSTWS_EVENT_TERMINATE) CHECK_INT(ws_send(ws, "hello", -1, 0), HOSTWS_E_CLOSED);
}

static void every_function_works_in_every_callback(void) {
  record r = {.hook = call_everything};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMPT");
  record_clear(&r);
  r.hook = call_everything;
  record_open(&r, peer_url("ws", "/drop"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OET");
  record_clear(&r);
  CHECK_INT(called_from[HOSTWS_EVENT_OPEN], 2);
  CHECK_INT(called_from[HOSTWS_EVENT_MESSAGE], 1);
  CHECK_INT(called_from[HOSTWS_EVENT_PONG], 1);
  CHECK_INT(called_from[HOSTWS_EVENT_ERROR], 1);
  CHECK_INT(called_from[HOSTWS_EVENT_TERMINATE], 2);
}

static void end_at_first(ws_id ws, const ws_event *event, void *user_data) {
  record *r = user_data;
  if (event->type == *(int32_t *)r->extra) CHECK_INT(ws_terminate(ws, 4000, "enough"), HOSTWS_OK);
}

static void terminate_inside_on_open_brings_no_message(void) {
  int32_t type = HOSTWS_EVENT_OPEN;
  record r = {.hook = end_at_first, .extra = &type};
  record_open(&r, peer_url("ws", "/flood?n=1000&size=10"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OT");
  record_clear(&r);
}

static void terminate_inside_on_message_stops_the_rest_of_the_batch(void) {
  int32_t type = HOSTWS_EVENT_MESSAGE;
  record r = {.hook = end_at_first, .extra = &type};
  record_open(&r, peer_url("ws", "/flood?n=1000&size=10"), NULL);
  AWAIT(ws_pending(0) > 500);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMT");
  record_clear(&r);
}

static void abort_at_first_message(ws_id ws, const ws_event *event, void *user_data) {
  (void)user_data;
  if (event->type == HOSTWS_EVENT_MESSAGE) CHECK_INT(ws_abort(ws), HOSTWS_OK);
}

static void abort_inside_on_message_stops_the_rest_of_the_batch(void) {
  record r = {.hook = abort_at_first_message};
  record_open(&r, peer_url("ws", "/flood?n=1000&size=10"), NULL);
  AWAIT(ws_pending(0) > 500);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMT");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void answer_each(ws_id ws, const ws_event *event, void *user_data) {
  record *r = user_data;
  if (event->type == HOSTWS_EVENT_OPEN || (event->type == HOSTWS_EVENT_MESSAGE && r->messages < 100))
    CHECK_INT(ws_send(ws, "again", -1, 0), HOSTWS_OK);
}

static void send_inside_a_callback_keeps_a_dialogue_going(void) {
  record r = {.hook = answer_each};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.messages == 100);
  record_close(&r);
  record_clear(&r);
}

static void open_the_next(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data;
  if (event->type == HOSTWS_EVENT_TERMINATE && r->extra != NULL) record_open(r->extra, peer_url("ws", "/close?code=1000"), NULL);
}

static void a_connection_made_inside_on_terminate_lives(void) {
  record records[3];
  memset(records, 0, sizeof records);
  for (int i = 0; i < 3; i++) {
    records[i].hook = open_the_next;
    records[i].extra = i < 2 ? &records[i + 1] : NULL;
  }
  record_open(&records[0], peer_url("ws", "/close?code=1000"), NULL);
  PUMP(records[2].terminates);
  for (int i = 0; i < 3; i++) {
    CHECK_STR(records[i].order, "OT");
    record_clear(&records[i]);
  }
}

static void shut_down_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type == HOSTWS_EVENT_MESSAGE) CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
}

static void shutdown_works_inside_a_callback(void) {
  record r = {.hook = shut_down_inside};
  record_open(&r, peer_url("ws", "/flood?n=1000&size=10"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMT");
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(every_function_works_in_every_callback);
  RUN(terminate_inside_on_open_brings_no_message);
  RUN(terminate_inside_on_message_stops_the_rest_of_the_batch);
  RUN(abort_inside_on_message_stops_the_rest_of_the_batch);
  RUN(send_inside_a_callback_keeps_a_dialogue_going);
  RUN(a_connection_made_inside_on_terminate_lives);
  RUN(shutdown_works_inside_a_callback);
  check_nothing_is_left(threads, fds);
  return 0;
}
