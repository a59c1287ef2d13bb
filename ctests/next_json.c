/* Events as JSON: the counterpart of ws_open for hosts without structs. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[1 << 16];

/* Fetches the next event, which must be of that type. */
static const char *next(const char *type) {
  int64_t length = ws_next_json(0, PATIENCE_MS, text, sizeof text);
  CHECK(length > 0 && length < (int64_t)sizeof text);
  CHECK_INT(strlen(text), length);
  char found[32];
  CHECK(ws_json_get(text, length, "/type", found, sizeof found) > 0);
  CHECK_STR(found, type);
  return text;
}

static const char *member(const char *pointer) {
  static char value[1 << 16];
  int64_t length = ws_json_get(text, -1, pointer, value, sizeof value);
  return length < 0 ? NULL : value;
}

static void each_event_has_its_members(void) {
  int mark;
  char expected[64];
  ws_id ws = ws_open(peer_url("ws", "/echo"), NULL, &mark);
  next("open");
  snprintf(expected, sizeof expected, "%d", ws);
  CHECK_STR(member("/ws"), expected);
  snprintf(expected, sizeof expected, "%llu", (unsigned long long)(uintptr_t)&mark);
  CHECK_STR(member("/user_data"), expected);
  CHECK(atoll(member("/time_us")) > 1600000000000000);
  CHECK(member("/data") == NULL && member("/errors") == NULL && member("/code") == NULL);
  CHECK_INT(ws_send(ws, "\"quoted\"\n", -1, HOSTWS_TEXT), HOSTWS_OK);
  CHECK_HAS(next("message"), "\"data_type\":\"text\",\"first\":true,\"last\":true,\"data\":\"\\\"quoted\\\"\\n\"}");
  CHECK_STR(member("/data"), "\"quoted\"\n");
  CHECK_INT(ws_send(ws, "\0\xff", 2, HOSTWS_BLOB), HOSTWS_OK);
  CHECK_HAS(next("message"), "\"data_type\":\"blob\",\"first\":true,\"last\":true,\"data\":\"AP8=\"}");
  CHECK_INT(ws_ping(ws, "you", 3), HOSTWS_OK);
  CHECK_HAS(next("pong"), "\"data\":\"eW91\",\"round_trip_us\":");
  CHECK_INT(ws_terminate(ws, 4000, "\"bye\""), HOSTWS_OK);
  CHECK_HAS(next("terminate"), "\"code\":4000,\"reason\":\"\\\"bye\\\"\",\"was_clean\":true}");
  CHECK_FAILS(ws_next_json(0, -1, text, sizeof text), HOSTWS_E_IDLE, "");

  ws = ws_open(peer_url("ws", "/object"), "{\"data_type\":\"object\"}", NULL);
  next("open");
  CHECK_HAS(next("message"), "\"data_type\":\"object\",\"first\":true,\"last\":true,\"data\":{\"n\":1,\"price\":1.10}}");
  CHECK_STR(member("/data/price"), "1.10");
  ws_abort(ws);
  CHECK_HAS(next("terminate"), "\"code\":1006,\"reason\":\"\",\"was_clean\":false}");

  ws = ws_open(peer_url("ws", "/flood?n=1&size=3000"), "{\"stream_threshold\":1024}", NULL);
  next("open");
  CHECK_HAS(next("message"), "\"first\":true,\"last\":false");
  CHECK_HAS(next("message"), "\"first\":false,\"last\":false");
  CHECK_HAS(next("message"), "\"first\":false,\"last\":true");
  ws_abort(ws);
  next("terminate");
}

static void errors_come_as_a_stack(void) {
  ws_id ws = ws_open(peer_url("closed", "/"),
                     "{\"reconnect_max\":1,\"reconnect_min_ms\":1,\"reconnect_max_ms\":1}", NULL);
  CHECK(ws > 0);
  next("reconnecting");
  CHECK_STR(member("/code"), "1");
  CHECK_STR(member("/delay_ms"), "1");
  CHECK_STR(member("/errors/1/component"), "tcp");
  next("error");
  CHECK_STR(member("/errors/0/component"), "ws");
  CHECK_STR(member("/errors/0/code"), "-26");
  CHECK_HAS(member("/errors/2/message"), "refused");
  next("terminate");
  ws = ws_open(peer_url("wss-selfsigned", "/echo"), "{\"tls_verify\":-1}", NULL);
  next("warning");
  CHECK_HAS(member("/errors/0/message"), "tls_verify");
  next("open");
  ws_abort(ws);
  next("terminate");
}

static void what_has_no_room_stays(void) {
  ws_id ws = ws_open(peer_url("ws", "/flood?n=3&size=8"), NULL, NULL);
  next("open");
  AWAIT(ws_pending(0) == 3);
  int64_t needed = ws_next_json(0, 0, NULL, 0);
  CHECK(needed > 0);
  CHECK_INT(ws_pending(0), 3);
  /* One byte too few, for the NUL: only "" is written. */
  char *small = malloc((size_t)needed);
  memset(small, '?', (size_t)needed);
  for (int i = 0; i < 3; i++) CHECK_INT(ws_next_json(0, 0, small, needed), needed);
  CHECK_STR(small, "");
  CHECK_INT(ws_pending(0), 3);
  small = realloc(small, (size_t)needed + 1);
  CHECK_INT(ws_next_json(0, 0, small, needed + 1), needed);
  CHECK_HAS(small, "\"data\":\"0:");
  CHECK_INT(ws_pending(0), 2);
  /* ws_next() returns the event that ws_next_json() had no room for, and vice versa. */
  CHECK_INT(ws_next_json(0, 0, NULL, 0), needed);
  const ws_event *event = ws_next(0, 0);
  CHECK(event && event->data[0] == '1');
  CHECK_INT(ws_next_json(0, 0, small, needed + 1), needed);
  CHECK_HAS(small, "\"data\":\"2:");
  CHECK_FAILS(ws_next_json(0, 0, small, needed + 1), HOSTWS_E_TIMEOUT, "no event");
  free(small);
  /* Also the last event. */
  ws_abort(ws);
  AWAIT(ws_pending(0) == 1);
  CHECK(ws_next_json(0, 0, NULL, 0) > 0);
  CHECK_INT(ws_status(ws), HOSTWS_CLOSED);
  CHECK_INT(ws_data_type(ws), HOSTWS_TEXT); /* it is not told yet */
  next("terminate");
  CHECK_INT(ws_next_json(0, -1, text, sizeof text), HOSTWS_E_IDLE);
  CHECK_INT(ws_data_type(ws), HOSTWS_E_CLOSED);
}

static void bad_arguments_are_refused(void) {
  CHECK_FAILS(ws_next_json(0, 0, NULL, 1), HOSTWS_E_ARGUMENT, "buffer");
  CHECK_FAILS(ws_next_json(0, 0, text, -1), HOSTWS_E_ARGUMENT, "size");
  CHECK_FAILS(ws_next_json(0, -2, text, sizeof text), HOSTWS_E_ARGUMENT, "timeout_ms");
  CHECK_FAILS(ws_next_json(99999, 0, text, sizeof text), HOSTWS_E_NO_SUCH_ID, "queue");
}

int main(void) {
  peer_start();
  RUN(each_event_has_its_members);
  RUN(errors_come_as_a_stack);
  RUN(what_has_no_room_stays);
  RUN(bad_arguments_are_refused);
  return 0;
}
