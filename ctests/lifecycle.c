/* A connection from ws_new() to on_terminate, and the results of its getters during and after its life. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void each_status_has_its_word(void) {
  CHECK_STR(ws_status_name(HOSTWS_CONNECTING), "Connecting");
  CHECK_STR(ws_status_name(HOSTWS_CONNECTED), "Connected");
  CHECK_STR(ws_status_name(HOSTWS_CLOSING), "Closing");
  CHECK_STR(ws_status_name(HOSTWS_CLOSED), "Closed");
  CHECK_STR(ws_status_name(4), "");
  CHECK_STR(ws_status_name(-1), "");
}

static void the_version_is_that_of_the_header(void) {
  CHECK_INT(ws_version_number(), HOSTWS_VERSION_NUMBER);
  char expected[32];
  snprintf(expected, sizeof expected, "%d.%d.%d", HOSTWS_VERSION_NUMBER >> 16, HOSTWS_VERSION_NUMBER >> 8 & 255,
           HOSTWS_VERSION_NUMBER & 255);
  CHECK_STR(ws_version(), expected);
  snprintf(expected, sizeof expected, "hostws %s, ", ws_version());
  CHECK(strncmp(ws_build_info(), expected, strlen(expected)) == 0);
  CHECK(strstr(ws_build_info(), "-") != NULL && ws_build_info() == ws_build_info());
  CHECK_STR(ws_last_error_message(), "");
  CHECK_INT(ws_last_error(), HOSTWS_OK);
  for (int code = HOSTWS_E_PROXY; code <= HOSTWS_OK; code++) CHECK(ws_strerror(code)[0] != 0);
}

static void a_connection_opens_talks_and_closes(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK(ws_status(ws) <= HOSTWS_CONNECTED);
  PUMP(r.opens);
  CHECK_INT(ws_status(ws), HOSTWS_CONNECTED);
  CHECK_INT(ws_send(ws, "h\xc3\xa9llo", -1, 0), HOSTWS_OK);
  PUMP(r.messages == 1);
  CHECK_STR(r.data, "h\xc3\xa9llo");
  CHECK_INT(r.length, 6);
  CHECK_INT(r.data_type, HOSTWS_TEXT);
  CHECK_INT(ws_send(ws, "a\0b", 3, HOSTWS_BLOB), HOSTWS_OK);
  PUMP(r.messages == 2);
  CHECK(r.length == 3 && memcmp(r.data, "a\0b", 4) == 0);
  CHECK_INT(r.data_type, HOSTWS_BLOB);
  CHECK_INT(ws_send(ws, "{\"a\": 1.10}", -1, HOSTWS_OBJECT), HOSTWS_OK);
  PUMP(r.messages == 3);
  CHECK_STR(r.data, "{\"a\": 1.10}");
  CHECK_INT(r.data_type, HOSTWS_TEXT);
  CHECK_INT(ws_terminate(ws, 3001, "good bye"), HOSTWS_OK);
  CHECK(ws_status(ws) >= HOSTWS_CLOSING);
  PUMP(r.terminates);
  CHECK_INT(r.code, 3001);
  CHECK_STR(r.reason, "good bye");
  CHECK_INT(r.was_clean, 1);
  CHECK_STR(r.order, "OMMMT");
  record_clear(&r);
}

static void terminate_says_1000_unless_told_otherwise(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_INT(r.code, 1000);
  CHECK_STR(r.reason, "");
  record_clear(&r);
}

static void every_size_comes_back_whole(void) {
  static const int sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 5 << 20};
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char *data = malloc((size_t)sizes[i] + 1);
    for (int at = 0; at < sizes[i]; at++) data[at] = (char)(at * 31 >> 3);
    CHECK_INT(ws_send(ws, sizes[i] ? data : NULL, sizes[i], HOSTWS_BLOB), HOSTWS_OK);
    PUMP(r.messages == (int)i + 1);
    CHECK_INT(r.length, sizes[i]);
    CHECK(memcmp(r.data, data, (size_t)sizes[i]) == 0);
    free(data);
  }
  record_close(&r);
  record_clear(&r);
}

static void what_is_sent_before_it_is_open_leaves_when_it_is(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(ws_send(ws, "first", -1, 0), HOSTWS_OK);
  CHECK_INT(ws_send(ws, "second", -1, 0), HOSTWS_OK);
  PUMP(r.messages == 2);
  CHECK_STR(r.order, "OMM");
  CHECK_STR(r.data, "second");
  record_close(&r);
  record_clear(&r);
}

static void what_is_sent_before_terminate_still_leaves(void) {
  record r = {0};
  ws_options options = default_options();
  options.close_timeout_ms = 60000; /* the server takes its time to read it */
  ws_id ws = record_open(&r, peer_url("ws", "/count"), &options);
  PUMP(r.opens);
  char message[10000];
  memset(message, 'x', sizeof message);
  for (int i = 0; i < 500; i++) CHECK_INT(ws_send(ws, message, sizeof message, 0), HOSTWS_OK);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.reason, "500");
  record_clear(&r);
}

static int getters_checked;

static void check_getters_at_the_end(ws_id ws, const ws_event *event, void *user_data) {
  if (event->type != HOSTWS_EVENT_TERMINATE) return;
  char text[256];
  CHECK_INT(ws_status(ws), HOSTWS_CLOSED);
  CHECK_INT(ws_url(ws, text, sizeof text), (int64_t)strlen(peer_url("ws", "/echo")));
  CHECK_STR(text, peer_url("ws", "/echo"));
  CHECK_INT(ws_data_type(ws), HOSTWS_BLOB);
  ws_handler handler = {.struct_size = sizeof handler};
  CHECK_INT(ws_get_handler(ws, &handler), HOSTWS_OK);
  CHECK(handler.user_data == user_data);
  CHECK_INT(ws_response_status(ws), 101);
  CHECK_INT(ws_subprotocol(ws, NULL, 0), 0);
  CHECK_INT(ws_buffered_amount(ws), 0);
  CHECK_INT(ws_response_body(ws, NULL, 0), 0);
  CHECK(ws_response_header(ws, "UPGRADE", text, sizeof text) == 9);
  CHECK(ws_queue_of(ws) > 0);
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK_INT(stats.messages_sent, 1);
  CHECK_FAILS(ws_send(ws, "x", 1, 0), HOSTWS_E_CLOSED, "clos");
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_E_CLOSED);
  CHECK_INT(ws_abort(ws), HOSTWS_E_CLOSED);
  getters_checked++;
}

static void getters_work_until_on_terminate_has_returned(void) {
  record r = {.hook = check_getters_at_the_end};
  ws_handler handler = record_handler(&r);
  handler.data_type = HOSTWS_BLOB;
  ws_id ws = ws_new(peer_url("ws", "/echo"), &handler, NULL);
  CHECK_INT(ws_send(ws, "x", 1, HOSTWS_TEXT), HOSTWS_OK);
  PUMP(r.messages);
  CHECK_INT(r.data_type, HOSTWS_BLOB);
  record_close(&r);
  CHECK_INT(getters_checked, 1);
  char text[8];
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_status(ws), HOSTWS_CLOSED);
  CHECK_FAILS(ws_url(ws, text, sizeof text), HOSTWS_E_CLOSED, "closed");
  CHECK_INT(ws_data_type(ws), HOSTWS_E_CLOSED);
  CHECK_INT(ws_get_handler(ws, &handler), HOSTWS_E_CLOSED);
  CHECK_INT(ws_response_status(ws), HOSTWS_E_CLOSED);
  CHECK_INT(ws_response_header(ws, "upgrade", text, sizeof text), HOSTWS_E_CLOSED);
  CHECK_INT(ws_response_body(ws, text, sizeof text), HOSTWS_E_CLOSED);
  CHECK_INT(ws_subprotocol(ws, text, sizeof text), HOSTWS_E_CLOSED);
  CHECK_INT(ws_buffered_amount(ws), HOSTWS_E_CLOSED);
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_E_CLOSED);
  CHECK_INT(ws_queue_of(ws), HOSTWS_E_CLOSED);
  CHECK_INT(ws_send(ws, "x", 1, 0), HOSTWS_E_CLOSED);
  CHECK_INT(ws_ping(ws, "x", 1), HOSTWS_E_CLOSED);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_E_CLOSED);
  CHECK_INT(ws_abort(ws), HOSTWS_E_CLOSED);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, 0), HOSTWS_E_CLOSED);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, 0), HOSTWS_OK);
  record_clear(&r);
}

static void an_id_is_never_used_again(void) {
  ws_id last = 0;
  for (int i = 0; i < 50; i++) {
    record r = {0};
    ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
    CHECK(ws > last);
    last = ws;
    if (i % 2) PUMP(r.opens);
    record_close(&r);
    CHECK_INT(ws_status(ws), HOSTWS_CLOSED);
    record_clear(&r);
  }
}

static void the_url_is_told_without_its_credentials(void) {
  record r = {0};
  char url[128], told[128], place[64];
  snprintf(place, sizeof place, "127.0.0.1:%d/headers?x=1", peer_port("ws"));
  snprintf(url, sizeof url, "ws://user:s%%20ecret@%s", place);
  ws_id ws = record_open(&r, url, NULL);
  CHECK(ws_url(ws, told, sizeof told) > 0);
  CHECK(strstr(told, "user") == NULL && strstr(told, "ecret") == NULL);
  CHECK_HAS(told, place);
  PUMP(r.messages);
  /* Without TLS they are sent only if the server asks, which this one does not. */
  CHECK_INT(ws_json_get(r.data, -1, "/authorization", NULL, 0), HOSTWS_E_NOT_FOUND);
  record_close(&r);
  record_clear(&r);
}

static void getters_cut_off_like_snprintf(void) {
  record r = {0};
  const char *url = peer_url("ws", "/echo");
  ws_id ws = record_open(&r, url, NULL);
  char small[6] = "zzzzz";
  CHECK_INT(ws_url(ws, NULL, 0), (int64_t)strlen(url));
  CHECK_INT(ws_url(ws, small, 5), (int64_t)strlen(url));
  CHECK_STR(small, "ws:/");
  CHECK_INT(ws_url(ws, small, 1), (int64_t)strlen(url));
  CHECK_STR(small, "");
  CHECK_FAILS(ws_url(ws, NULL, 5), HOSTWS_E_ARGUMENT, "buffer");
  CHECK_FAILS(ws_url(ws, small, -1), HOSTWS_E_ARGUMENT, "size");
  record_close(&r);
  record_clear(&r);
}

static void the_handler_can_be_read_back(void) {
  record r = {0};
  ws_handler handler = record_handler(&r), got = {.struct_size = sizeof got};
  ws_id ws = ws_new(peer_url("ws", "/echo"), &handler, NULL);
  CHECK_INT(ws_get_handler(ws, &got), HOSTWS_OK);
  CHECK(got.on_open == handler.on_open && got.on_message == handler.on_message && got.on_error == handler.on_error);
  CHECK(got.on_terminate == handler.on_terminate && got.on_event == handler.on_event);
  CHECK(got.user_data == &r);
  CHECK_INT(got.data_type, HOSTWS_TEXT);
  r.ws = ws;
  record_close(&r);
  ws = ws_open(peer_url("ws", "/echo"), NULL, &r);
  memset(&got, 255, sizeof got);
  got.struct_size = sizeof got;
  CHECK_INT(ws_get_handler(ws, &got), HOSTWS_OK);
  CHECK(got.on_open == NULL && got.on_event == NULL && got.user_data == &r);
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  CHECK_INT(ws_next(0, PATIENCE_MS)->type, HOSTWS_EVENT_TERMINATE);
  record_clear(&r);
}

static void every_callback_may_be_null(void) {
  for (int kept = 0; kept < 5; kept++) {
    record r = {0};
    ws_handler handler = record_handler(&r);
    if (kept != 0) handler.on_open = NULL;
    if (kept != 1) handler.on_message = NULL;
    if (kept != 2) handler.on_error = NULL;
    if (kept != 3) handler.on_terminate = NULL;
    if (kept != 4) handler.on_event = NULL;
    r.opens = 1; /* on_open may not come: the record does not know */
    if (kept == 0) r.opens = 0;
    ws_id ws = ws_new(peer_url("ws", "/echo"), &handler, NULL);
    CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_OK);
    CHECK_INT(ws_send(ws, "x", 1, 0), HOSTWS_OK);
    ws_stats stats = {.struct_size = sizeof stats};
    while (ws_get_stats(ws, &stats) == HOSTWS_OK && stats.messages_received == 0) ws_poll(0, 10, 0);
    CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
    CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, PATIENCE_MS), HOSTWS_OK);
    record_clear(&r);
  }
}

static void the_blocking_form_gives_a_connection_or_none(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_OK);
  CHECK_STR(r.order, "O");
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, PATIENCE_MS), HOSTWS_OK);
  CHECK_STR(r.order, "OT");
  record_clear(&r);

  ws = record_open(&r, peer_url("closed", "/"), NULL);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_E_CLOSED);
  record_clear(&r);

  ws = record_open(&r, peer_url("raw", "/silent"), NULL);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, 50), HOSTWS_E_TIMEOUT);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, 0), HOSTWS_E_TIMEOUT);
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_E_CLOSED);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, PATIENCE_MS), HOSTWS_OK);
  CHECK_STR(r.order, "T");
  record_clear(&r);
}

static void headers_and_cookies_reach_the_server(void) {
  record r = {0};
  ws_header headers[] = {{"X-Two", "one"}, {"Cookie", "a=1; b=2"}, {"X-Two", "two"}};
  ws_options options = default_options();
  options.headers = headers;
  options.header_count = 3;
  record_open(&r, peer_url("ws", "/headers"), &options);
  PUMP(r.messages);
  char value[64];
  CHECK(ws_json_get(r.data, -1, "/x-two/0", value, sizeof value) == 3);
  CHECK_STR(value, "one");
  CHECK(ws_json_get(r.data, -1, "/x-two/1", value, sizeof value) == 3);
  CHECK_STR(value, "two");
  CHECK(ws_json_get(r.data, -1, "/cookie/0", value, sizeof value) == 8);
  CHECK_STR(value, "a=1; b=2");
  record_close(&r);
  record_clear(&r);
}

static void the_server_chooses_a_subprotocol(void) {
  record r = {0};
  ws_options options = default_options();
  options.subprotocols = "a, b";
  ws_id ws = record_open(&r, peer_url("ws", "/sub?choose=b"), &options);
  PUMP(r.opens);
  char name[8];
  CHECK_INT(ws_subprotocol(ws, name, sizeof name), 1);
  CHECK_STR(name, "b");
  record_close(&r);
  record_clear(&r);
}

static void a_pong_brings_the_payload_of_its_ping(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  CHECK_INT(ws_ping(ws, "are you there?", -1), HOSTWS_OK);
  PUMP(r.pongs);
  CHECK_STR(r.data, "are you there?");
  CHECK_INT(r.length, 14);
  CHECK_INT(ws_ping(ws, NULL, 0), HOSTWS_OK);
  PUMP(r.pongs == 2);
  CHECK_INT(r.length, 0);
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK_INT(stats.pings_sent, 2);
  CHECK_INT(stats.pongs_received, 2);
  CHECK(stats.round_trip_us > 0);
  record_close(&r);
  record_clear(&r);
}

static void statistics_count_messages_and_bytes(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  for (int i = 0; i < 10; i++) CHECK_INT(ws_send(ws, "0123456789", 10, 0), HOSTWS_OK);
  PUMP(r.messages == 10);
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK_INT(stats.struct_size, sizeof stats);
  CHECK_INT(stats.messages_sent, 10);
  CHECK_INT(stats.payload_sent, 100);
  CHECK_INT(stats.messages_received, 10);
  CHECK_INT(stats.payload_received, 100);
  CHECK_INT(stats.wire_sent, 160);
  CHECK_INT(stats.wire_received, 120);
  CHECK_INT(ws_buffered_amount(ws), 0);
  CHECK(stats.tcp_us > 0 && stats.upgrade_us > 0);
  CHECK_INT(stats.tls_us, 0);
  record_close(&r);
  record_clear(&r);
}

static void what_no_server_takes_stays_buffered(void) {
  record r = {0};
  ws_options options = default_options();
  options.close_timeout_ms = 100;
  ws_id ws = record_open(&r, peer_url("raw", "/silent"), &options);
  CHECK_INT(ws_send(ws, "0123456789", 10, 0), HOSTWS_OK);
  CHECK_INT(ws_buffered_amount(ws), 16);
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  PUMP(r.terminates);
  record_clear(&r);
}

static void a_text_connection_gets_binary_as_a_blob(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/binary"), NULL);
  PUMP(r.messages);
  CHECK_INT(r.data_type, HOSTWS_BLOB);
  CHECK_INT(r.length, 256);
  for (int i = 0; i < 256; i++) CHECK_INT((unsigned char)r.data[i], i);
  record_close(&r);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(each_status_has_its_word);
  RUN(the_version_is_that_of_the_header);
  RUN(a_connection_opens_talks_and_closes);
  RUN(terminate_says_1000_unless_told_otherwise);
  RUN(every_size_comes_back_whole);
  RUN(what_is_sent_before_it_is_open_leaves_when_it_is);
  RUN(what_is_sent_before_terminate_still_leaves);
  RUN(getters_work_until_on_terminate_has_returned);
  RUN(an_id_is_never_used_again);
  RUN(the_url_is_told_without_its_credentials);
  RUN(getters_cut_off_like_snprintf);
  RUN(the_handler_can_be_read_back);
  RUN(every_callback_may_be_null);
  RUN(the_blocking_form_gives_a_connection_or_none);
  RUN(headers_and_cookies_reach_the_server);
  RUN(the_server_chooses_a_subprotocol);
  RUN(a_pong_brings_the_payload_of_its_ping);
  RUN(statistics_count_messages_and_bytes);
  RUN(what_no_server_takes_stays_buffered);
  RUN(a_text_connection_gets_binary_as_a_blob);
  check_nothing_is_left(threads, fds);
  return 0;
}
