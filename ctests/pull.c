/* Events fetched with ws_next(), without any callback. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fetches the next event, which must be of that type. */
static const ws_event *next(int32_t type) {
  const ws_event *event = ws_next(0, PATIENCE_MS);
  CHECK(event != NULL);
  CHECK_INT(event->type, type);
  return event;
}

static void a_connection_is_fetched_event_by_event(void) {
  int mark;
  ws_id ws = ws_open(peer_url("ws", "/echo"), "", &mark);
  CHECK(ws > 0);
  const ws_event *event = next(HOSTWS_EVENT_OPEN);
  CHECK(event->ws == ws && event->user_data == &mark && event->struct_size == sizeof(ws_event));
  CHECK_INT(ws_send(ws, "hello", -1, 0), HOSTWS_OK);
  event = next(HOSTWS_EVENT_MESSAGE);
  CHECK_STR(event->data, "hello");
  CHECK_INT(event->length, 5);
  CHECK_INT(event->data_type, HOSTWS_TEXT);
  CHECK_INT(ws_ping(ws, "you", 3), HOSTWS_OK);
  CHECK_STR(next(HOSTWS_EVENT_PONG)->data, "you");
  CHECK_INT(ws_terminate(ws, 4000, "bye"), HOSTWS_OK);
  event = next(HOSTWS_EVENT_TERMINATE);
  CHECK_INT(event->code, 4000);
  CHECK_STR(event->reason, "bye");
  CHECK_INT(event->was_clean, 1);
  /* Its getters work while the event is valid. */
  CHECK_INT(ws_response_status(ws), 101);
  CHECK(ws_next(0, -1) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_IDLE);
  CHECK_INT(ws_response_status(ws), HOSTWS_E_CLOSED);
}

static void several_are_fetched_at_once(void) {
  enum { CAPACITY = 16 };
  ws_event events[CAPACITY] = {{.struct_size = sizeof events[0]}};
  ws_id ws = ws_open(peer_url("ws", "/flood?n=100&size=4"), NULL, NULL);
  for (int fetched = 0; fetched < 101;) {
    int count = ws_next_batch(0, events, CAPACITY, PATIENCE_MS);
    CHECK(count >= 1 && count <= CAPACITY);
    for (int i = 0; i < count; i++, fetched++) {
      CHECK(events[i].ws == ws && events[i].struct_size == sizeof(ws_event));
      CHECK_INT(events[i].type, fetched == 0 ? HOSTWS_EVENT_OPEN : HOSTWS_EVENT_MESSAGE);
      if (fetched > 0) CHECK_INT(atoi(events[i].data), fetched - 1);
    }
  }
  CHECK_INT(ws_next_batch(0, events, CAPACITY, 0), 0);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  next(HOSTWS_EVENT_TERMINATE);
  CHECK_INT(ws_next_batch(0, events, CAPACITY, -1), HOSTWS_E_IDLE);
}

static void errors_and_warnings_are_fetched_too(void) {
  ws_id ws = ws_open(peer_url("closed", "/"), NULL, NULL);
  const ws_event *event = next(HOSTWS_EVENT_ERROR);
  CHECK(event->ws == ws && event->error_count >= 2);
  CHECK_INT(event->errors[0].code, HOSTWS_E_OPEN);
  CHECK_STR(event->errors[0].component, "ws");
  CHECK_STR(event->errors[1].component, "tcp");
  CHECK_INT(next(HOSTWS_EVENT_TERMINATE)->code, 1006);
  ws = ws_open(peer_url("wss-selfsigned", "/echo"), "{\"tls_verify\": -1}", NULL);
  event = next(HOSTWS_EVENT_WARNING);
  CHECK_HAS(event->errors[0].message, "tls_verify");
  next(HOSTWS_EVENT_OPEN);
  ws_abort(ws);
  next(HOSTWS_EVENT_TERMINATE);
}

static void drain_is_fetched_too(void) {
  static const char message[10000];
  /* A server that begins to read after a while. */
  ws_id ws = ws_open(peer_url("ws", "/stall?for=300"), "{\"send_queue_max\": 100000}", NULL);
  while (ws_send(ws, message, sizeof message, HOSTWS_BLOB) == HOSTWS_OK) {}
  CHECK_INT(ws_last_error(), HOSTWS_E_AGAIN);
  next(HOSTWS_EVENT_OPEN);
  next(HOSTWS_EVENT_DRAIN);
  ws_terminate(ws, 0, NULL);
  next(HOSTWS_EVENT_TERMINATE);
}

static void a_handler_without_callbacks_is_fetched(void) {
  int mark;
  ws_handler handler = {.struct_size = sizeof handler, .data_type = HOSTWS_BLOB, .user_data = &mark};
  ws_id ws = ws_new(peer_url("ws", "/echo"), &handler, NULL);
  next(HOSTWS_EVENT_OPEN);
  CHECK_INT(ws_send(ws, "x", 1, HOSTWS_TEXT), HOSTWS_OK);
  const ws_event *event = next(HOSTWS_EVENT_MESSAGE);
  CHECK(event->user_data == &mark && event->data_type == HOSTWS_BLOB);
  ws_terminate(ws, 0, NULL);
  next(HOSTWS_EVENT_TERMINATE);
  ws = ws_new(peer_url("ws", "/echo"), NULL, NULL);
  CHECK(next(HOSTWS_EVENT_OPEN)->user_data == NULL);
  ws_terminate(ws, 0, NULL);
  next(HOSTWS_EVENT_TERMINATE);
}

static void an_event_is_valid_until_the_next_one(void) {
  ws_id ws = ws_open(peer_url("ws", "/flood?n=1000&size=10"), NULL, NULL);
  next(HOSTWS_EVENT_OPEN);
  uint64_t last = 0;
  for (int i = 0; i < 1000; i++) {
    char expected[32];
    int digits = snprintf(expected, sizeof expected, "%d:", i);
    const ws_event *event = next(HOSTWS_EVENT_MESSAGE);
    /* Other calls do not affect it, not even ws_poll() and ws_next() on another queue. */
    CHECK_INT(ws_poll(0, 0, 0), 0);
    ws_pending(0);
    ws_send(ws, "x", 1, 0);
    if (i % 100 == 0) {
      ws_queue queue = ws_queue_new();
      CHECK(ws_next(queue, 0) == NULL);
      CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
      sleep_ms(5);
    }
    CHECK_INT(memcmp(event->data, expected, (size_t)digits), 0);
    CHECK_INT(event->data[event->length], 0);
    CHECK(event->time_us >= last);
    last = event->time_us;
  }
  ws_abort(ws);
  next(HOSTWS_EVENT_TERMINATE);
}

static void pending_counts_what_is_left(void) {
  ws_id ws = ws_open(peer_url("ws", "/flood?n=50&size=5"), NULL, NULL);
  AWAIT(ws_pending(0) == 51);
  CHECK_INT(ws_wait(0, 0), 51);
  next(HOSTWS_EVENT_OPEN);
  for (int i = 0; i < 50; i++) {
    CHECK_INT(ws_pending(0), 50 - i);
    next(HOSTWS_EVENT_MESSAGE);
  }
  CHECK_INT(ws_pending(0), 0);
  ws_terminate(ws, 0, NULL);
  next(HOSTWS_EVENT_TERMINATE);
}

static void nothing_has_a_reason(void) {
  CHECK(ws_next(0, -1) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_IDLE);
  ws_id ws = ws_open(peer_url("ws", "/silent"), NULL, NULL);
  next(HOSTWS_EVENT_OPEN);
  CHECK(ws_next(0, 0) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_TIMEOUT);
  int64_t begin = now_ms();
  CHECK(ws_next(0, 50) == NULL);
  CHECK(now_ms() - begin >= 49);
  CHECK_INT(ws_last_error(), HOSTWS_E_TIMEOUT);
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_IDLE); /* there is nothing to call back */
  ws_abort(ws);
  next(HOSTWS_EVENT_TERMINATE);
}

static void wait_status_consumes_nothing(void) {
  ws_id ws = ws_open(peer_url("ws", "/echo"), NULL, NULL);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(ws_pending(0), 1);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, 30), HOSTWS_E_TIMEOUT);
  next(HOSTWS_EVENT_OPEN);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSING, PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, PATIENCE_MS), HOSTWS_OK);
  AWAIT(ws_pending(0) == 1);
  next(HOSTWS_EVENT_TERMINATE);
  ws = ws_open(peer_url("closed", "/"), NULL, NULL);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_E_CLOSED);
  next(HOSTWS_EVENT_ERROR);
  next(HOSTWS_EVENT_TERMINATE);
}

static void pushed_and_pulled_do_not_mix(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  ws_id pulled = ws_open(peer_url("ws", "/echo"), NULL, NULL);
  AWAIT(ws_pending(0) == 2);
  CHECK_INT(next(HOSTWS_EVENT_OPEN)->ws, pulled);
  CHECK(ws_next(0, 0) == NULL);
  CHECK_INT(r.opens, 0);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_INT(r.opens, 1);
  ws_send(pulled, "x", 1, 0);
  AWAIT(ws_pending(0) == 1);
  CHECK_INT(ws_poll(0, 50, 0), 0);
  next(HOSTWS_EVENT_MESSAGE);
  record_close(&r);
  record_clear(&r);
  ws_terminate(pulled, 0, NULL);
  next(HOSTWS_EVENT_TERMINATE);
}

static void no_message_is_fetched_after_terminate(void) {
  ws_id ws = ws_open(peer_url("ws", "/flood?n=1000&size=5"), NULL, NULL);
  next(HOSTWS_EVENT_OPEN);
  next(HOSTWS_EVENT_MESSAGE);
  AWAIT(ws_pending(0) > 500);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  next(HOSTWS_EVENT_TERMINATE);
  CHECK_INT(ws_pending(0), 0);
}

static void options_come_as_json(void) {
  char options[2048];
  snprintf(options, sizeof options,
           "{\"headers\":{\"X-One\":\"1\",\"X-Two\":[\"a\",\"b\"]},\"tls_ca\":\"%s\",\"data_type\":\"object\","
           "\"open_timeout_ms\":60000,\"queue\":0,\"receive_queue_max\":-1}",
           peer_ca());
#ifdef _WIN32 /* wine refuses every certificate without a list of revoked ones */
  const char *scheme = "ws";
#else
  const char *scheme = "wss";
#endif
  ws_id ws = ws_open(peer_url(scheme, "/headers"), options, NULL);
  CHECK(ws > 0);
  CHECK_INT(ws_data_type(ws), HOSTWS_OBJECT);
  next(HOSTWS_EVENT_OPEN);
  const ws_event *event = next(HOSTWS_EVENT_MESSAGE);
  CHECK_INT(event->data_type, HOSTWS_OBJECT);
  char value[16];
  CHECK(ws_json_get(event->data, event->length, "/x-two/1", value, sizeof value) == 1);
  CHECK_STR(value, "b");
  ws_terminate(ws, 0, NULL);
  next(HOSTWS_EVENT_TERMINATE);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_connection_is_fetched_event_by_event);
  RUN(several_are_fetched_at_once);
  RUN(errors_and_warnings_are_fetched_too);
  RUN(drain_is_fetched_too);
  RUN(a_handler_without_callbacks_is_fetched);
  RUN(an_event_is_valid_until_the_next_one);
  RUN(pending_counts_what_is_left);
  RUN(nothing_has_a_reason);
  RUN(wait_status_consumes_nothing);
  RUN(pushed_and_pulled_do_not_mix);
  RUN(no_message_is_fetched_after_terminate);
  RUN(options_come_as_json);
  check_nothing_is_left(threads, fds);
  return 0;
}
