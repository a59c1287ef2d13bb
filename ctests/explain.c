/* ws_explain: everything that happened to a connection, read with ws_json_get. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <string.h>

static char text[65536], value[1024];

/* The value at that pointer in the last text of ws_explain. */
static const char *at(const char *pointer) {
  if (ws_json_get(text, -1, pointer, value, sizeof value) == HOSTWS_E_NOT_FOUND) return "nothing";
  return value;
}

static void explain(ws_id ws) {
  int64_t length = ws_explain(ws, text, sizeof text);
  CHECK(length > 0 && length < (int64_t)sizeof text);
  CHECK_INT(strlen(text), length);
}

static void when_a_connection_has_ended(ws_id ws, const ws_event *event, void *user_data) {
  (void)user_data;
  if (event->type == HOSTWS_EVENT_TERMINATE) explain(ws);
}

static void a_connection_that_is_refused(void) {
  record r = {.hook = when_a_connection_has_ended};
  ws_id ws = record_open(&r, peer_url("closed", "/?token=secret"), NULL);
  PUMP(r.terminates);
  CHECK_STR(at("/status"), "Closed");
  CHECK_STR(at("/close/code"), "1006");
  CHECK_STR(at("/errors/0/code"), "-26");
  CHECK_HAS(at("/error"), "refused");
  CHECK_STR(at("/attempts/0/phase"), "tcp");
  CHECK_STR(at("/attempts/0/addresses/0/result"), "failed");
  CHECK_STR(at("/attempts/1"), "nothing");
  CHECK(!strstr(text, "secret"));
  memset(text, 0, sizeof text);
  explain(ws); /* it has ended, and is one of the last */
  CHECK_HAS(at("/error"), "refused");
}

static void an_open_connection(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  explain(ws);
  CHECK_STR(at("/status"), "Connected");
  CHECK_STR(at("/error"), "null");
  CHECK_STR(at("/http_status"), "101");
  CHECK_STR(at("/attempts/0/result"), "open");
  char cut[16];
  int64_t length = ws_explain(ws, cut, sizeof cut);
  CHECK_INT(length, strlen(text));
  CHECK_INT(strlen(cut), sizeof cut - 1);
  CHECK(memcmp(cut, text, sizeof cut - 1) == 0);
  record_close(&r);
}

static void what_it_refuses(void) {
  CHECK_FAILS(ws_explain(0, text, sizeof text), HOSTWS_E_NO_SUCH_ID, "null id");
  CHECK_FAILS(ws_explain(INT32_MAX, text, sizeof text), HOSTWS_E_NO_SUCH_ID, "2147483647");
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_FAILS(ws_explain(r.ws, NULL, 1), HOSTWS_E_ARGUMENT, "buffer");
  CHECK_FAILS(ws_explain(r.ws, text, -1), HOSTWS_E_ARGUMENT, "size");
  record_close(&r);
}

int main(void) {
  peer_start();
  RUN(a_connection_that_is_refused);
  RUN(an_open_connection);
  RUN(what_it_refuses);
  return 0;
}
