/* Objects: JSON is checked when sent and received, and ws_json_get() reads it for hosts without a parser. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

static ws_id open_object(record *r, const char *url) {
  ws_handler handler = record_handler(r);
  handler.data_type = HOSTWS_OBJECT;
  r->ws = ws_new(url, &handler, NULL);
  CHECK(r->ws > 0);
  return r->ws;
}

static void an_object_is_delivered_as_its_text(void) {
  record r = {0};
  ws_id ws = open_object(&r, peer_url("ws", "/object"));
  PUMP(r.messages);
  CHECK_INT(ws_data_type(ws), HOSTWS_OBJECT);
  CHECK_INT(r.data_type, HOSTWS_OBJECT);
  CHECK_STR(r.data, "{\"n\":1,\"price\":1.10}");
  record_close(&r);
  record_clear(&r);
}

static void what_is_not_json_fails_the_connection(void) {
  record r = {0};
  open_object(&r, peer_url("ws", "/bad-object"));
  PUMP(r.terminates);
  CHECK_STR(r.order, "OET");
  CHECK_STR(r.stack[0].component, "ws");
  CHECK_STR(r.stack[r.error_count - 1].component, "json");
  CHECK_INT(r.stack[r.error_count - 1].code, HOSTWS_E_JSON);
  CHECK_HAS(r.stack[r.error_count - 1].message, "offset 5");
  CHECK_INT(r.code, 1007);
  CHECK_INT(r.was_clean, 0);
  record_clear(&r);
}

static void a_scalar_fails_the_connection_too(void) {
  static const char *const scalars[] = {"1", "\"text\"", "null"};
  for (int i = 0; i < 3; i++) {
    record r = {0};
    ws_id ws = open_object(&r, peer_url("ws", "/echo"));
    CHECK_INT(ws_send(ws, "[1]", -1, 0), HOSTWS_OK);
    CHECK_INT(ws_send(ws, scalars[i], -1, HOSTWS_TEXT), HOSTWS_OK);
    int32_t sent = ws_send(ws, "[2]", -1, 0);
    CHECK(sent == HOSTWS_OK || sent == HOSTWS_E_CLOSED); /* the echo of the scalar may be quick */
    PUMP(r.terminates);
    CHECK_STR(r.order, "OMET");
    CHECK_STR(r.data, "[1]");
    CHECK_INT(r.code, 1007);
    record_clear(&r);
  }
}

static void json_in_a_binary_message_is_an_object_too(void) {
  record r = {0};
  ws_id ws = open_object(&r, peer_url("ws", "/echo"));
  CHECK_INT(ws_send(ws, "{\"a\":[]}", -1, HOSTWS_BLOB), HOSTWS_OK);
  PUMP(r.messages || r.terminates);
  CHECK_INT(r.messages, 1);
  CHECK_INT(r.data_type, HOSTWS_OBJECT);
  CHECK_INT(ws_send(ws, "{\"a\":\"\xff\"}", -1, HOSTWS_BLOB), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMET");
  CHECK_INT(r.code, 1007);
  record_clear(&r);
}

static void objects_go_out_unchanged(void) {
  static const char *const objects[] = {"{}", "[]", " [ 1.10 , 1e400, 123456789012345678901234567890 ] ",
                                        "{\"a\":1,\"a\":2,\"\\u00e9\":\"\xc3\xa9\"}\n"};
  record r = {0};
  ws_id ws = open_object(&r, peer_url("ws", "/echo"));
  for (int i = 0; i < 4; i++) {
    CHECK_INT(ws_send(ws, objects[i], -1, 0), HOSTWS_OK);
    PUMP(r.messages == i + 1);
    CHECK_STR(r.data, objects[i]);
  }
  CHECK_FAILS(ws_send(ws, "{\"a\": tru}", -1, 0), HOSTWS_E_JSON, "offset");
  record_close(&r);
  record_clear(&r);
}

static void deep_nesting_is_an_error_and_no_crash(void) {
  enum { DEPTH = 1000000 };
  char *deep = malloc(2 * DEPTH);
  memset(deep, '[', DEPTH);
  memset(deep + DEPTH, ']', DEPTH);
  record r = {0};
  ws_id ws = open_object(&r, peer_url("ws", "/echo"));
  int32_t sent = ws_send(ws, deep, 2 * DEPTH, 0);
  CHECK(sent == HOSTWS_OK || sent == HOSTWS_E_JSON);
  if (sent != HOSTWS_OK) CHECK_INT(ws_send(ws, deep, 2 * DEPTH, HOSTWS_TEXT), HOSTWS_OK);
  PUMP(r.messages || r.terminates);
  char text[8];
  int64_t got = ws_json_get(deep, 2 * DEPTH, "", text, sizeof text);
  CHECK(got == 2 * DEPTH || got == HOSTWS_E_JSON);
  got = ws_json_get(deep, 2 * DEPTH, "/0/0", text, sizeof text);
  CHECK(got == 2 * DEPTH - 4 || got == HOSTWS_E_JSON);
  record_close(&r);
  record_clear(&r);
  free(deep);
}

static const char *const json =
    "{\"quotes\":[{\"price\":1.10,\"name\":\"caf\\u00e9 \\\"x\\\"\"},{\"price\":-2e3}],\"a/b\":1,\"m~n\":2,\"\":3,"
    "\"yes\":true,\"none\":null,\"nul\":\"a\\u0000b\",\"smile\":\"\\ud83d\\ude00\",\" sp\": [ 1 , 2 ] }";

#define CHECK_GET(pointer, expected) \
  do { \
    char value_[128]; \
    CHECK_INT(ws_json_get(json, -1, pointer, value_, sizeof value_), (int64_t)strlen(expected)); \
    CHECK_STR(value_, expected); \
  } while (0)

static void json_get_follows_pointers(void) {
  CHECK_GET("/quotes/0/price", "1.10");
  CHECK_GET("/quotes/1/price", "-2e3");
  CHECK_GET("/quotes/0/name", "caf\xc3\xa9 \"x\"");
  CHECK_GET("/quotes/1", "{\"price\":-2e3}");
  CHECK_GET("/a~1b", "1");
  CHECK_GET("/m~0n", "2");
  CHECK_GET("/", "3");
  CHECK_GET("/yes", "true");
  CHECK_GET("/none", "null");
  CHECK_GET("/smile", "\xf0\x9f\x98\x80");
  CHECK_GET("/ sp", "[ 1 , 2 ]");
  char text[256];
  CHECK_INT(ws_json_get(json, -1, "", text, sizeof text), (int64_t)strlen(json));
  CHECK_STR(text, json);
  CHECK_INT(ws_json_get(json, -1, "/nul", text, sizeof text), 3);
  CHECK_INT(memcmp(text, "a\0b", 4), 0);
  CHECK_INT(ws_json_get("\"x\"", -1, "", text, sizeof text), 1);
  CHECK_INT(ws_json_get("[1,2]", 5, "/1", text, sizeof text), 1);
}

static void json_get_cuts_off_like_snprintf(void) {
  char small[5] = "zzzz";
  CHECK_INT(ws_json_get(json, -1, "/quotes/0/price", NULL, 0), 4);
  CHECK_INT(ws_json_get(json, -1, "/quotes/0/price", small, 4), 4);
  CHECK_STR(small, "1.1");
  CHECK_INT(ws_json_get(json, -1, "/quotes/0/price", small, 1), 4);
  CHECK_STR(small, "");
  CHECK_INT(ws_json_get(json, -1, "/quotes/0/price", small, 5), 4);
  CHECK_STR(small, "1.10");
}

static void json_get_tells_what_is_not_there(void) {
  char text[8];
  static const char *const nowhere[] = {"/x",        "/quotes/2", "/quotes/-", "/quotes/00",  "/quotes/+1",
                                        "/quotes/x", "/yes/0",    "/quotes/",  "/quotes/0/p", "/quotes/99999999999999999999"};
  for (int i = 0; i < 10; i++) CHECK_FAILS(ws_json_get(json, -1, nowhere[i], text, 8), HOSTWS_E_NOT_FOUND, nowhere[i]);
  CHECK_FAILS(ws_json_get("{\"a\":", -1, "/a", text, 8), HOSTWS_E_JSON, "offset");
  CHECK_FAILS(ws_json_get("{} x", -1, "", text, 8), HOSTWS_E_JSON, "offset");
  CHECK_FAILS(ws_json_get("", 0, "", text, 8), HOSTWS_E_JSON, "");
  CHECK_FAILS(ws_json_get(NULL, 5, "", text, 8), HOSTWS_E_ARGUMENT, "json");
  CHECK_FAILS(ws_json_get("{}", -2, "", text, 8), HOSTWS_E_ARGUMENT, "json");
  CHECK_FAILS(ws_json_get("{}", -1, NULL, text, 8), HOSTWS_E_ARGUMENT, "pointer");
  CHECK_FAILS(ws_json_get("{}", -1, "a", text, 8), HOSTWS_E_ARGUMENT, "pointer");
  CHECK_FAILS(ws_json_get("{}", -1, "/~2", text, 8), HOSTWS_E_ARGUMENT, "pointer");
  CHECK_FAILS(ws_json_get("{}", -1, "", NULL, 8), HOSTWS_E_ARGUMENT, "buffer");
  CHECK_FAILS(ws_json_get("{}", -1, "", text, -1), HOSTWS_E_ARGUMENT, "size");
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(an_object_is_delivered_as_its_text);
  RUN(what_is_not_json_fails_the_connection);
  RUN(a_scalar_fails_the_connection_too);
  RUN(json_in_a_binary_message_is_an_object_too);
  RUN(objects_go_out_unchanged);
  RUN(deep_nesting_is_an_error_and_no_crash);
  RUN(json_get_follows_pointers);
  RUN(json_get_cuts_off_like_snprintf);
  RUN(json_get_tells_what_is_not_there);
  check_nothing_is_left(threads, fds);
  return 0;
}
