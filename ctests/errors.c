/* Bad input gets a clear error, and nothing else happens. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *good; /* a URL that works */

static void bad_urls_are_refused(void) {
  static const struct {
    const char *url, *words;
  } bad[] = {
      {"", "url"},
      {"127.0.0.1", "url"},
      {"/path", "url"},
      {"http://127.0.0.1/", "http"},
      {"https://127.0.0.1/", "https"},
      {"file:///etc/passwd", "file"},
      {"ws://", "host"},
      {"ws:///path", "host"},
      {"ws://:80/", "host"},
      {"ws://127.0.0.1:65536/", "port"},
      {"ws://127.0.0.1:x/", "port"},
      {"ws://127.0.0.1:-1/", "port"},
      {"ws://127.0.0.1/#part", "fragment"},
      {"ws://127.0.0.1/#", "fragment"},
      {"ws://[::1/", "url"},
      {"ws://a b/", "url"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILS(ws_new(bad[i].url, NULL, NULL), HOSTWS_E_URL, bad[i].words);
    CHECK_INT(ws_open(bad[i].url, NULL, NULL), HOSTWS_E_URL);
  }
  CHECK_FAILS(ws_new(NULL, NULL, NULL), HOSTWS_E_ARGUMENT, "url");
  CHECK_FAILS(ws_open(NULL, NULL, NULL), HOSTWS_E_ARGUMENT, "url");
  CHECK_FAILS(ws_new("ws://127.0.0.1/\xff", NULL, NULL), HOSTWS_E_UTF8, "url");
}

static void a_url_has_at_most_8_kib(void) {
  char *url = malloc(8194);
  memset(url, 'x', 8193);
  url[8193] = 0;
  memcpy(url, "ws://127.0.0.1:1/", 17);
  CHECK_FAILS(ws_new(url, NULL, NULL), HOSTWS_E_URL, "8192");
  url[8192] = 0;
  ws_id ws = ws_new(url, NULL, NULL);
  CHECK(ws > 0);
  ws_abort(ws);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, PATIENCE_MS), HOSTWS_OK);
  free(url);
}

static void an_error_shows_no_credentials(void) {
  CHECK(ws_new("ws://user:s3cret@127.0.0.1:99999/", NULL, NULL) < 0);
  CHECK(strstr(ws_last_error_message(), "s3cret") == NULL);
  CHECK(ws_new("http://user:s3cret@127.0.0.1/", NULL, NULL) < 0);
  CHECK(strstr(ws_last_error_message(), "s3cret") == NULL);
  CHECK(ws_open(good, "{\"headers\":{\"Authorization\":{\"a\":\"s3cret\"}}}", NULL) < 0);
  CHECK(strstr(ws_last_error_message(), "s3cret") == NULL);
}

static void structs_must_tell_a_sane_size(void) {
  ws_handler handler = {0};
  ws_options options = {0};
  ws_stats stats = {0};
  ws_id ws = ws_new(good, NULL, NULL);
  CHECK(ws > 0);
  static const uint32_t bad[] = {0, 1, 4, 8, 4097, UINT32_MAX};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    handler.struct_size = options.struct_size = stats.struct_size = bad[i];
    CHECK_FAILS(ws_new(good, &handler, NULL), HOSTWS_E_STRUCT, "handler");
    CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_STRUCT, "options");
    CHECK_FAILS(ws_get_stats(ws, &stats), HOSTWS_E_STRUCT, "stats");
    CHECK_FAILS(ws_get_handler(ws, &handler), HOSTWS_E_STRUCT, "handler");
  }
  CHECK_FAILS(ws_get_stats(ws, NULL), HOSTWS_E_ARGUMENT, "stats");
  CHECK_FAILS(ws_get_handler(ws, NULL), HOSTWS_E_ARGUMENT, "handler");
  /* Nothing after the size is read before the size has been checked. */
  uint32_t alone = 4096 + 8;
  CHECK_INT(ws_new(good, NULL, at_the_edge(&alone, sizeof alone)), HOSTWS_E_STRUCT);
  options.struct_size = sizeof options;
  ws_id other = ws_new(good, NULL, at_the_edge(&options, sizeof options));
  CHECK(other > 0);
  ws_abort(ws);
  ws_abort(other);
}

static void a_struct_of_a_later_version_must_be_zero_where_we_know_nothing(void) {
  struct {
    ws_options options;
    char more[64];
  } later;
  memset(&later, 0, sizeof later);
  later.options.struct_size = sizeof later;
  ws_id ws = ws_new(good, NULL, &later.options);
  CHECK(ws > 0);
  ws_abort(ws);
  later.more[63] = 1;
  CHECK_FAILS(ws_new(good, NULL, &later.options), HOSTWS_E_STRUCT, "options");
  struct {
    ws_handler handler;
    char more[64];
  } later_handler;
  memset(&later_handler, 0, sizeof later_handler);
  later_handler.handler.struct_size = sizeof later_handler;
  later_handler.more[0] = 1;
  CHECK_FAILS(ws_new(good, &later_handler.handler, NULL), HOSTWS_E_STRUCT, "handler");
}

static void options_out_of_range_are_named(void) {
  ws_options options;
#define REFUSED(field, value, words) \
  do { \
    options = default_options(); \
    options.field = (value); \
    CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_OPTION, words); \
  } while (0)
  REFUSED(open_timeout_ms, -2, "open_timeout_ms");
  REFUSED(close_timeout_ms, -1, "close_timeout_ms");
  REFUSED(ping_interval_ms, INT32_MIN, "ping_interval_ms");
  REFUSED(ping_timeout_ms, -2, "ping_timeout_ms");
  REFUSED(max_message, -2, "max_message");
  REFUSED(send_queue_max, INT64_MIN, "send_queue_max");
  REFUSED(receive_queue_max, -3, "receive_queue_max");
  REFUSED(tls_verify, 2, "tls_verify");
  REFUSED(tls_verify, -2, "tls_verify");
  REFUSED(tls_min_version, 9, "tls_min_version");
  REFUSED(tls_min_version, 14, "tls_min_version");
  REFUSED(tls_ca, "not a certificate", "tls_ca");
  REFUSED(tls_ca_only, 1, "tls_ca_only");
  REFUSED(tls_ca_only, 2, "tls_ca_only");
  REFUSED(tls_cert, "@certificate.pem", "tls_key");
  REFUSED(tls_cert, "not a certificate", "tls_cert");
  REFUSED(tls_key, "@key.pem", "tls_cert");
  REFUSED(tls_key_password, "secret", "tls_key");
  REFUSED(tls_pins, "sha256/abc", "tls_pins");
  REFUSED(subprotocols, "a,,b", "subprotocol");
  REFUSED(subprotocols, "a,a", "subprotocol");
  REFUSED(subprotocols, "a b", "subprotocol");
  REFUSED(subprotocols, "a\r\nX: y", "subprotocol");
  REFUSED(proxy, "ftp://h", "proxy");
  REFUSED(ip_family, 5, "ip_family");
  REFUSED(max_redirects, -1, "max_redirects");
  REFUSED(stream_threshold, 1023, "stream_threshold");
  REFUSED(stream_threshold, -2, "stream_threshold");
  REFUSED(deflate, 2, "deflate");
  REFUSED(deflate_threshold, -2, "deflate_threshold");
  REFUSED(deflate_server_no_context_takeover, 2, "deflate_server_no_context_takeover");
  REFUSED(deflate_client_no_context_takeover, -1, "deflate_client_no_context_takeover");
  REFUSED(deflate_server_max_window_bits, 8, "deflate_server_max_window_bits");
  REFUSED(deflate_client_max_window_bits, 16, "deflate_client_max_window_bits");
  REFUSED(reconnect_max, -2, "reconnect_max");
  REFUSED(reconnect_min_ms, -1, "reconnect_min_ms");
  REFUSED(reconnect_min_ms, 30001, "reconnect_max_ms");
  REFUSED(reconnect_max_ms, -1, "reconnect_max_ms");
  REFUSED(reconnect_on, 2, "reconnect_on");
  REFUSED(reconnect_codes, "1000,lost", "entry 2");
  REFUSED(write_timeout_ms, -2, "write_timeout_ms");
#undef REFUSED
  options = default_options();
  options.queue = -1;
  CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_ARGUMENT, "queue");
  options.queue = 1000000;
  CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_NO_SUCH_ID, "queue");
  options = default_options();
  options.tls_server_name = "\xff";
  CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_UTF8, "tls_server_name");
}

static void headers_cannot_smuggle(void) {
  static const struct {
    ws_header header;
    int32_t code;
    const char *words;
  } bad[] = {
      {{"", "x"}, HOSTWS_E_OPTION, "name"},
      {{"A B", "x"}, HOSTWS_E_OPTION, "space"},
      {{"A:", "x"}, HOSTWS_E_OPTION, "A"},
      {{"A\r\nB", "x"}, HOSTWS_E_OPTION, "A"},
      {{"A\n", "x"}, HOSTWS_E_OPTION, "A"},
      {{"\xc3\xa9", "x"}, HOSTWS_E_OPTION, "name"},
      {{"A", "x\r\nB: y"}, HOSTWS_E_OPTION, "A"},
      {{"A", "x\n"}, HOSTWS_E_OPTION, "A"},
      {{"A", "x\r"}, HOSTWS_E_OPTION, "A"},
      {{"A", "\x7f"}, HOSTWS_E_OPTION, "A"},
      {{"A", " x"}, HOSTWS_E_OPTION, "A"},
      {{NULL, "x"}, HOSTWS_E_ARGUMENT, "name"},
      {{"A", NULL}, HOSTWS_E_ARGUMENT, "value"},
      {{"A", "\xff"}, HOSTWS_E_UTF8, "value"},
      {{"Host", "x\r\nB: y"}, HOSTWS_E_OPTION, "Host"},
      {{"Connection", "x"}, HOSTWS_E_OPTION, "handshake"},
      {{"Upgrade", "x"}, HOSTWS_E_OPTION, "handshake"},
      {{"Content-Length", "1"}, HOSTWS_E_OPTION, "handshake"},
      {{"Sec-WebSocket-Key", "x"}, HOSTWS_E_OPTION, "handshake"},
      {{"sec-websocket-version", "8"}, HOSTWS_E_OPTION, "handshake"},
      {{"Sec-WebSocket-Extensions", "x"}, HOSTWS_E_OPTION, "handshake"},
      {{"Sec-WebSocket-Protocol", "x"}, HOSTWS_E_OPTION, "handshake"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ws_options options = default_options();
    options.headers = &bad[i].header;
    options.header_count = 1;
    CHECK_FAILS(ws_new(good, NULL, &options), bad[i].code, bad[i].words);
  }
  ws_options options = default_options();
  ws_header hosts[] = {{"Host", "x"}, {"host", "y"}};
  options.headers = hosts;
  options.header_count = 2;
  CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_OPTION, "Host");
  ws_header secret = {"A", "s3cret\n"};
  options.headers = &secret;
  options.header_count = 1;
  CHECK(ws_new(good, NULL, &options) < 0);
  CHECK(strstr(ws_last_error_message(), "s3cret") == NULL);
  options.header_count = -1;
  CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_ARGUMENT, "headers");
  options.header_count = 1;
  options.headers = NULL;
  CHECK_FAILS(ws_new(good, NULL, &options), HOSTWS_E_ARGUMENT, "headers");
}

static void options_json_is_checked_member_by_member(void) {
  static const struct {
    const char *json;
    int32_t code;
    const char *words;
  } bad[] = {
      {"{", HOSTWS_E_JSON, "options_json"},
      {"[]", HOSTWS_E_JSON, "options_json"},
      {"1", HOSTWS_E_JSON, "options_json"},
      {"null", HOSTWS_E_JSON, "options_json"},
      {"{} x", HOSTWS_E_JSON, "options_json"},
      {" ", HOSTWS_E_JSON, "options_json"},
      {"\xff", HOSTWS_E_UTF8, "options_json"},
      {"{\"opne_timeout_ms\":1}", HOSTWS_E_OPTION, "opne_timeout_ms"},
      {"{\"struct_size\":1}", HOSTWS_E_OPTION, "struct_size"},
      {"{\"open_timeout_ms\":\"1\"}", HOSTWS_E_OPTION, "open_timeout_ms"},
      {"{\"open_timeout_ms\":1.5}", HOSTWS_E_OPTION, "open_timeout_ms"},
      {"{\"open_timeout_ms\":null}", HOSTWS_E_OPTION, "open_timeout_ms"},
      {"{\"open_timeout_ms\":3000000000}", HOSTWS_E_OPTION, "open_timeout_ms"},
      {"{\"open_timeout_ms\":-2}", HOSTWS_E_OPTION, "open_timeout_ms"},
      {"{\"max_message\":true}", HOSTWS_E_OPTION, "max_message"},
      {"{\"subprotocols\":[\"a\"]}", HOSTWS_E_OPTION, "subprotocols"},
      {"{\"tls_ca\":1}", HOSTWS_E_OPTION, "tls_ca"},
      {"{\"tls_ca_only\":true}", HOSTWS_E_OPTION, "tls_ca_only"},
      {"{\"tls_cert\":1}", HOSTWS_E_OPTION, "tls_cert"},
      {"{\"tls_key\":[]}", HOSTWS_E_OPTION, "tls_key"},
      {"{\"tls_key_password\":1}", HOSTWS_E_OPTION, "tls_key_password"},
      {"{\"tls_pins\":1}", HOSTWS_E_OPTION, "tls_pins"},
      {"{\"headers\":[]}", HOSTWS_E_OPTION, "headers"},
      {"{\"headers\":{\"A\":1}}", HOSTWS_E_OPTION, "headers.A"},
      {"{\"headers\":{\"A\":[\"x\",1]}}", HOSTWS_E_OPTION, "headers.A"},
      {"{\"headers\":{\"Host\":[\"x\",\"y\"]}}", HOSTWS_E_OPTION, "Host"},
      {"{\"headers\":{\"A\":\"x\\u0000\"}}", HOSTWS_E_OPTION, "A"},
      {"{\"headers\":{\"A\\r\\n\":\"x\"}}", HOSTWS_E_OPTION, "A"},
      {"{\"data_type\":\"xml\"}", HOSTWS_E_OPTION, "data_type"},
      {"{\"data_type\":4}", HOSTWS_E_OPTION, "data_type"},
      {"{\"queue\":1000000}", HOSTWS_E_NO_SUCH_ID, "queue"},
      {"{\"queue\":0,\"queue\":0}", HOSTWS_E_OPTION, "queue is there twice"},
      {"{\"headers\":{\"A\":\"x\",\"A\":\"y\"}}", HOSTWS_E_OPTION, "A is there twice"},
      {"\"{}\"", HOSTWS_E_JSON, "without quotes"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_FAILS(ws_open(good, bad[i].json, NULL), bad[i].code, bad[i].words);
  CHECK_INT(ws_open(good, "{\"open_timeout_ms\":1,\"open_timeout_ms\":\"x\"}", NULL), HOSTWS_E_OPTION);
}

static void data_types_out_of_range_are_refused(void) {
  record r = {0};
  ws_handler handler = record_handler(&r);
  static const int32_t bad[] = {-1, 4, INT32_MAX, INT32_MIN};
  ws_id ws = record_open(&r, good, NULL);
  for (int i = 0; i < 4; i++) {
    handler.data_type = bad[i];
    CHECK_FAILS(ws_new(good, &handler, NULL), HOSTWS_E_ARGUMENT, "data type");
    CHECK_FAILS(ws_send(ws, "x", 1, bad[i]), HOSTWS_E_ARGUMENT, "data type");
  }
  record_close(&r);
  record_clear(&r);
}

static void bad_messages_are_refused_and_leave_no_trace(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/count"), NULL);
  PUMP(r.opens);
  CHECK_FAILS(ws_send(ws, NULL, 1, 0), HOSTWS_E_ARGUMENT, "data");
  CHECK_FAILS(ws_send(ws, NULL, -1, 0), HOSTWS_E_ARGUMENT, "data");
  CHECK_FAILS(ws_send(ws, "x", -2, 0), HOSTWS_E_ARGUMENT, "length");
  CHECK_FAILS(ws_send(ws, "x", INT64_MIN, 0), HOSTWS_E_ARGUMENT, "length");
  static const char *const not_text[] = {"\xff", "abc\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80"};
  for (int i = 0; i < 5; i++) CHECK_FAILS(ws_send(ws, not_text[i], -1, HOSTWS_TEXT), HOSTWS_E_UTF8, "UTF-8");
  CHECK_FAILS(ws_send(ws, "abc\xff", -1, 0), HOSTWS_E_UTF8, "offset 3");
  static const char *const not_json[] = {"", "{", "[1,]", "{\"a\":1}x", "hello", "{\"a\":\"\xff\"}", "[NaN]", "{'a':1}"};
  for (int i = 0; i < 8; i++) CHECK_FAILS(ws_send(ws, not_json[i], -1, HOSTWS_OBJECT), HOSTWS_E_JSON, "");
  static const char *const scalars[] = {"1", "\"text\"", "null", "true", " 1.5 "};
  for (int i = 0; i < 5; i++) CHECK_FAILS(ws_send(ws, scalars[i], -1, HOSTWS_OBJECT), HOSTWS_E_JSON, "object or array");
  CHECK_FAILS(ws_ping(ws, NULL, 1), HOSTWS_E_ARGUMENT, "data");
  CHECK_FAILS(ws_ping(ws, "x", -2), HOSTWS_E_ARGUMENT, "length");
  char long_ping[126] = {0};
  CHECK_FAILS(ws_ping(ws, long_ping, 126), HOSTWS_E_ARGUMENT, "125");
  CHECK_FAILS(ws_send_ex(ws, NULL, 1, 0, 0), HOSTWS_E_ARGUMENT, "data");
  CHECK_FAILS(ws_send_ex(ws, "x", 1, 0, 8), HOSTWS_E_ARGUMENT, "flags");
  CHECK_FAILS(ws_send_ex(ws, "x", 1, 4, 0), HOSTWS_E_ARGUMENT, "data type");
  CHECK_FAILS(ws_send_ex(ws, "[", 1, HOSTWS_OBJECT, HOSTWS_MORE), HOSTWS_E_ARGUMENT, "object");
  CHECK_FAILS(ws_send_ex(ws, "\xff", 1, HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_E_UTF8, "offset 0");
  CHECK_INT(ws_send(ws, "\xff", 1, HOSTWS_BLOB), HOSTWS_OK);
  record_close(&r);
  CHECK_STR(r.reason, "1");
  record_clear(&r);
}

static void bad_close_codes_and_reasons_are_refused(void) {
  record r = {0};
  ws_id ws = record_open(&r, good, NULL);
  PUMP(r.opens);
  static const int32_t bad[] = {-1, 1, 999, 1001, 1005, 1006, 1015, 2999, 5000, 65536, 66536, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    CHECK_FAILS(ws_terminate(ws, bad[i], NULL), HOSTWS_E_ARGUMENT, "close code");
  char reason[125];
  memset(reason, 'x', 124);
  reason[124] = 0;
  CHECK_FAILS(ws_terminate(ws, 1000, reason), HOSTWS_E_ARGUMENT, "123");
  CHECK_FAILS(ws_terminate(ws, 1000, "\xff"), HOSTWS_E_UTF8, "reason");
  /* None of this was sent. */
  CHECK_INT(ws_send(ws, "alive", -1, 0), HOSTWS_OK);
  PUMP(r.messages);
  reason[123] = 0;
  CHECK_INT(ws_terminate(ws, 4999, reason), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_INT(r.code, 4999);
  CHECK_STR(r.reason, reason);
  record_clear(&r);
}

static void ids_that_were_never_issued_are_told_so(void) {
  static const int32_t bad[] = {0, -1, INT32_MIN, 1000000, INT32_MAX};
  for (int i = 0; i < 5; i++) {
    ws_id ws = bad[i];
    char text[8];
    ws_handler handler = {.struct_size = sizeof handler};
    ws_stats stats = {.struct_size = sizeof stats};
    CHECK_FAILS(ws_send(ws, "x", 1, 0), HOSTWS_E_NO_SUCH_ID, "connection");
    CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_abort(ws), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_status(ws), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_url(ws, text, 8), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_data_type(ws), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_get_handler(ws, &handler), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_ping(ws, "x", 1), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_buffered_amount(ws), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_subprotocol(ws, text, 8), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_response_status(ws), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_response_header(ws, "a", text, 8), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_response_header_at(ws, 0, text, 8, text, 8), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_response_body(ws, text, 8), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_E_NO_SUCH_ID);
    CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, 0), HOSTWS_E_NO_SUCH_ID);
    if (ws != 0) CHECK_INT(ws_queue_of(ws), HOSTWS_E_NO_SUCH_ID);
  }
}

static void queues_out_of_range_are_refused(void) {
  static const struct {
    ws_queue queue;
    int32_t code;
  } bad[] = {{-1, HOSTWS_E_ARGUMENT}, {INT32_MIN, HOSTWS_E_ARGUMENT}, {1000000, HOSTWS_E_NO_SUCH_ID}};
  for (int i = 0; i < 3; i++) {
    CHECK_FAILS(ws_poll(bad[i].queue, 0, 0), bad[i].code, "queue");
    CHECK(ws_next(bad[i].queue, 0) == NULL);
    CHECK_INT(ws_last_error(), bad[i].code);
    ws_event event = {.struct_size = sizeof event};
    CHECK_FAILS(ws_next_batch(bad[i].queue, &event, 1, 0), bad[i].code, "queue");
    CHECK_FAILS(ws_queue_busy_poll(bad[i].queue, 20), bad[i].code, "queue");
    CHECK_INT(ws_wait(bad[i].queue, 0), bad[i].code);
    CHECK_INT(ws_wake(bad[i].queue), bad[i].code);
    CHECK_INT(ws_pending(bad[i].queue), bad[i].code);
    CHECK_INT(ws_queue_fd(bad[i].queue), bad[i].code);
    CHECK_INT(ws_queue_loop_fd(bad[i].queue), bad[i].code);
    CHECK_INT(ws_queue_free(bad[i].queue), bad[i].code);
    CHECK_INT(ws_queue_on_wakeup(bad[i].queue, NULL, NULL), bad[i].code);
  }
  CHECK_FAILS(ws_queue_free(0), HOSTWS_E_ARGUMENT, "own");
  ws_queue queue = ws_queue_new();
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  CHECK_INT(ws_queue_free(queue), HOSTWS_E_NO_SUCH_ID);
}

static void waits_and_statuses_out_of_range_are_refused(void) {
  record r = {0};
  ws_id ws = record_open(&r, good, NULL);
  CHECK_FAILS(ws_poll(0, -2, 0), HOSTWS_E_ARGUMENT, "timeout_ms");
  CHECK_FAILS(ws_poll(0, 0, -1), HOSTWS_E_ARGUMENT, "max_events");
  CHECK(ws_next(0, -2) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_ARGUMENT);
  ws_event event = {.struct_size = sizeof event};
  CHECK_FAILS(ws_next_batch(0, &event, 1, -2), HOSTWS_E_ARGUMENT, "timeout_ms");
  CHECK_FAILS(ws_next_batch(0, &event, 0, 0), HOSTWS_E_ARGUMENT, "capacity");
  CHECK_FAILS(ws_next_batch(0, NULL, 1, 0), HOSTWS_E_ARGUMENT, "events");
  event.struct_size = 4;
  CHECK_FAILS(ws_next_batch(0, &event, 1, 0), HOSTWS_E_STRUCT, "struct_size");
  CHECK_FAILS(ws_queue_busy_poll(0, -1), HOSTWS_E_ARGUMENT, "microseconds");
  CHECK_INT(ws_wait(0, -2), HOSTWS_E_ARGUMENT);
  CHECK_FAILS(ws_wait_status(ws, HOSTWS_CLOSED, -2), HOSTWS_E_ARGUMENT, "timeout_ms");
  CHECK_FAILS(ws_wait_status(ws, 4, 0), HOSTWS_E_ARGUMENT, "status");
  CHECK_FAILS(ws_wait_status(ws, -1, 0), HOSTWS_E_ARGUMENT, "status");
  CHECK_FAILS(ws_shutdown(-2), HOSTWS_E_ARGUMENT, "timeout_ms");
  CHECK_FAILS(ws_set_log(-1, NULL, NULL), HOSTWS_E_ARGUMENT, "level");
  CHECK_FAILS(ws_set_log(6, NULL, NULL), HOSTWS_E_ARGUMENT, "level");
  char text[8];
  CHECK_FAILS(ws_response_header(ws, NULL, text, 8), HOSTWS_E_ARGUMENT, "name");
  CHECK_FAILS(ws_url(ws, NULL, 8), HOSTWS_E_ARGUMENT, "buffer");
  CHECK_FAILS(ws_subprotocol(ws, text, -1), HOSTWS_E_ARGUMENT, "size");
  CHECK_FAILS(ws_response_body(ws, text, INT64_MIN), HOSTWS_E_ARGUMENT, "size");
  CHECK_INT(ws_status(ws) <= HOSTWS_CONNECTED, 1);
  record_close(&r);
  record_clear(&r);
}

static void the_words_stay_until_the_next_failure(void) {
  CHECK_FAILS(ws_abort(0), HOSTWS_E_NO_SUCH_ID, "connection 0");
  const char *words = ws_last_error_message();
  CHECK_INT(ws_pending(0) >= 0, 1);
  CHECK(ws_version()[0]);
  CHECK(ws_last_error_message() == words);
  CHECK_HAS(words, "connection 0");
}

static void what_is_refused_uses_up_nothing(void) {
  ws_id before = ws_new(good, NULL, NULL);
  for (int i = 0; i < 1000; i++) CHECK(ws_new("ws://", NULL, NULL) < 0);
  ws_id after = ws_new(good, NULL, NULL);
  CHECK_INT(after, before + 1);
  ws_abort(before);
  ws_abort(after);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  char url[128];
  strcpy(url, peer_url("ws", "/echo"));
  good = url;
  RUN(bad_urls_are_refused);
  RUN(a_url_has_at_most_8_kib);
  RUN(an_error_shows_no_credentials);
  RUN(structs_must_tell_a_sane_size);
  RUN(a_struct_of_a_later_version_must_be_zero_where_we_know_nothing);
  RUN(options_out_of_range_are_named);
  RUN(headers_cannot_smuggle);
  RUN(options_json_is_checked_member_by_member);
  RUN(data_types_out_of_range_are_refused);
  RUN(bad_messages_are_refused_and_leave_no_trace);
  RUN(bad_close_codes_and_reasons_are_refused);
  RUN(ids_that_were_never_issued_are_told_so);
  RUN(waits_and_statuses_out_of_range_are_refused);
  RUN(the_words_stay_until_the_next_failure);
  RUN(what_is_refused_uses_up_nothing);
  RUN(queues_out_of_range_are_refused);
  check_nothing_is_left(threads, fds);
  return 0;
}
