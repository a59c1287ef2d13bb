/* HOSTWS_NOTIFY and message_ttl_ms: events about sent messages. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <string.h>

static void a_message_that_has_left_is_reported(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/sub"), NULL);
  PUMP(r.opens);
  CHECK_INT(ws_send(ws, "one", -1, 0), HOSTWS_OK);
  CHECK_INT(ws_send_ex(ws, "two", -1, 0, HOSTWS_NOTIFY), 2);
  CHECK_INT(ws_send_ex(ws, "three", -1, 0, HOSTWS_NOTIFY | HOSTWS_NO_COMPRESS), 3);
  PUMP(r.sent == 3);
  CHECK_STR(r.order, "OSS");
  CHECK_STR(ws_event_name(HOSTWS_EVENT_SENT), "sent");
  CHECK_FAILS(ws_send_ex(ws, "", 0, 0, HOSTWS_NOTIFY | HOSTWS_MORE), HOSTWS_E_ARGUMENT, "last fragment");
  record_close(&r);
  record_clear(&r);
}

static void a_message_that_is_too_old_is_dropped(void) {
  record r = {0};
  ws_options options = default_options();
  options.message_ttl_ms = 100;
  ws_id ws = record_open(&r, peer_url("raw", "/silent"), &options);
  CHECK_INT(ws_send(ws, "one", -1, 0), HOSTWS_OK);
  CHECK_INT(ws_send_ex(ws, "two", -1, 0, HOSTWS_NOTIFY), 2);
  PUMP(r.expired == 2);
  CHECK_INT(ws_buffered_amount(ws), 0);
  CHECK_STR(r.order, "XX");
  CHECK_STR(ws_event_name(HOSTWS_EVENT_EXPIRED), "expired");
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_INT(r.sent, 0);
  record_clear(&r);
}

static void as_json_they_have_their_number(void) {
  char text[512];
  ws_id ws = ws_open(peer_url("ws", "/sub"), "{\"message_ttl_ms\": 60000}", NULL);
  CHECK(ws > 0);
  CHECK_INT(ws_send_ex(ws, "one", -1, 0, HOSTWS_NOTIFY), 1);
  do CHECK(ws_next_json(0, PATIENCE_MS, text, sizeof text) > 0);
  while (strstr(text, "\"open\"") != NULL);
  CHECK_HAS(text, "\"type\":\"sent\"");
  CHECK_HAS(text, "\"code\":1");
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  CHECK(ws_next_json(0, PATIENCE_MS, text, sizeof text) > 0);
}

int main(void) {
  peer_start();
  RUN(a_message_that_has_left_is_reported);
  RUN(a_message_that_is_too_old_is_dropped);
  RUN(as_json_they_have_their_number);
  return 0;
}
