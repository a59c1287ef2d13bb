/* Everything has a deadline and a bound. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_stack_says(const record *r, const char *words) {
  char all[4096] = "";
  for (int i = 0; i < r->error_count; i++) strcat(strcat(all, r->stack[i].message), "; ");
  CHECK_HAS(all, words);
}

static void a_message_over_the_limit_fails_the_connection(void) {
  record r = {0};
  ws_options options = default_options();
  options.max_message = 1000;
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), &options);
  char message[1001];
  memset(message, 'x', sizeof message);
  CHECK_INT(ws_send(ws, message, 1000, 0), HOSTWS_OK);
  PUMP(r.messages);
  CHECK_INT(ws_send(ws, message, 1001, 0), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OMET");
  CHECK_INT(r.code, 1009);
  check_stack_says(&r, "1000");
  check_stack_says(&r, "1001");
  record_clear(&r);
}

static void the_header_of_a_huge_frame_is_enough_to_fail_it(void) {
  record r = {0};
  record_open(&r, peer_url("raw", "/frame/over-limit?size=70000000"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OET");
  CHECK_INT(r.code, 1009);
  check_stack_says(&r, "67108864");
  check_stack_says(&r, "70000000");
  record_clear(&r);
}

static void a_full_send_queue_says_so(void) {
  record r = {0};
  ws_options options = default_options();
  options.send_queue_max = 100000;
  options.close_timeout_ms = 200;
  ws_id ws = record_open(&r, peer_url("ws", "/stall"), &options);
  PUMP(r.opens);
  char *message = calloc(1, 200000);
  memset(message, 'x', 200000);
  CHECK_FAILS(ws_send(ws, message, 200000, 0), HOSTWS_E_TOO_BIG, "100000");
  int sent = 0, answer;
  /* The system may take more a moment later, until its own buffers are full. */
  for (int64_t end = now_ms() + PATIENCE_MS, waiting = 0; waiting <= 100000 - 10008; waiting = ws_buffered_amount(ws)) {
    CHECK(now_ms() < end);
    while ((answer = ws_send(ws, message, 10000, 0)) == HOSTWS_OK) CHECK(sent++ < 100000);
    CHECK_INT(answer, HOSTWS_E_AGAIN);
    CHECK_HAS(ws_last_error_message(), "100000");
  }
  CHECK(ws_buffered_amount(ws) <= 100000);
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK_INT(stats.messages_sent, sent);
  CHECK_INT(ws_send(ws, message, 100000, 0), HOSTWS_E_TOO_BIG); /* its frame does not fit */
  CHECK_INT(r.drains, 0);
  /* A server that never reads cannot delay the end. */
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_INT(r.code, 1006);
  CHECK_INT(r.was_clean, 0);
  record_clear(&r);
  free(message);
}

static void drain_comes_when_there_is_room_again(void) {
  static const char message[10000];
  record r = {0};
  ws_options options = default_options();
  options.send_queue_max = 100000;
  ws_id ws = record_open(&r, peer_url("ws", "/stall?for=1500"), &options);
  PUMP(r.opens);
  while (ws_send(ws, message, sizeof message, HOSTWS_BLOB) == HOSTWS_OK) {}
  CHECK_INT(ws_last_error(), HOSTWS_E_AGAIN);
  CHECK_STR(r.order, "O");
  PUMP(r.drains);
  CHECK(ws_buffered_amount(ws) <= 50000);
  CHECK_INT(ws_send(ws, message, sizeof message, HOSTWS_BLOB), HOSTWS_OK);
  record_close(&r);
  CHECK_STR(r.order, "ODT"); /* once */
  CHECK_INT(r.was_clean, 1);
  record_clear(&r);
}

static void a_flood_that_is_not_polled_waits_and_loses_nothing(void) {
  enum { MANY = 20000 };
  record r = {0};
  ws_options options = default_options();
  options.receive_queue_max = 50000;
  record_open(&r, peer_url("ws", "/flood?n=20000&size=1000"), &options);
  AWAIT(ws_pending(0) > 10);
  /* Long enough for all of them. A single read may exceed the limit, but not by much. */
  sleep_ms(500);
  CHECK(ws_pending(0) < 2000);
  for (int next = 0; next < MANY; next++) {
    int64_t end = now_ms() + PATIENCE_MS;
    while (r.messages == next) CHECK(ws_poll(0, 100, 1) >= 0 && now_ms() < end);
    CHECK_INT(atoi(r.data), next);
  }
  record_close(&r);
  CHECK_INT(r.code, 1000);
  record_clear(&r);
}

static void a_paused_connection_does_not_time_out(void) {
  record r = {0};
  ws_options options = default_options();
  options.receive_queue_max = 10000;
  options.ping_interval_ms = 50;
  options.ping_timeout_ms = 2000;
  record_open(&r, peer_url("ws", "/flood?n=100000&size=1000"), &options);
  AWAIT(ws_pending(0) > 10);
  sleep_ms(2500);
  /* What is read now has been in the socket's buffer for long: it does not matter how slow the server is. */
  int waiting = ws_pending(0);
  CHECK_INT(ws_status(r.ws), HOSTWS_CONNECTED);
  PUMP(r.messages > waiting + 10);
  CHECK_INT(r.terminates, 0);
  ws_abort(r.ws);
  record_close(&r);
  CHECK_INT(r.errors, 0);
  record_clear(&r);
}

static void opening_has_a_deadline(void) {
  record r = {0};
  ws_options options = default_options();
  options.open_timeout_ms = 100;
  int64_t begin = now_ms();
  record_open(&r, peer_url("raw", "/silent"), &options);
  PUMP(r.terminates);
  CHECK(now_ms() - begin >= 100);
  CHECK_STR(r.order, "ET");
  CHECK_INT(r.stack[0].code, HOSTWS_E_OPEN);
  check_stack_says(&r, "100 ms");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void is_before_the_other(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data, *other = r->extra;
  if (event->type == HOSTWS_EVENT_TERMINATE) CHECK_INT(other->terminates, 0);
}

static void closing_has_a_deadline(void) {
  record longer = {0}, r = {.hook = is_before_the_other, .extra = &longer};
  ws_options options = default_options();
  options.close_timeout_ms = 0; /* the default */
  record_open(&longer, peer_url("raw", "/no-close-reply"), &options);
  options.close_timeout_ms = 100;
  record_open(&r, peer_url("raw", "/no-close-reply"), &options);
  PUMP(longer.opens && r.opens);
  CHECK_INT(ws_terminate(longer.ws, 0, NULL), HOSTWS_OK);
  int64_t begin = now_ms();
  CHECK_INT(ws_terminate(r.ws, 0, NULL), HOSTWS_OK);
  CHECK_INT(ws_wait_status(r.ws, HOSTWS_CLOSING, 0), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK(now_ms() - begin >= 100);
  CHECK_INT(r.code, 1006);
  CHECK_INT(r.was_clean, 0);
  ws_abort(longer.ws);
  PUMP(longer.terminates);
  record_clear(&r);
  record_clear(&longer);
}

static void silence_after_a_ping_ends_it(void) {
  record r = {0};
  ws_options options = default_options();
  options.ping_interval_ms = 100;
  options.ping_timeout_ms = 100;
  record_open(&r, peer_url("ws", "/silent"), &options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OET");
  CHECK_INT(r.stack[0].code, HOSTWS_E_LOST);
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void a_server_that_answers_pings_lives(void) {
  record r = {0};
  ws_options options = default_options();
  options.ping_interval_ms = 20;
  options.ping_timeout_ms = PATIENCE_MS;
  record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP(r.opens);
  ws_stats stats = {.struct_size = sizeof stats};
  PUMP(ws_get_stats(r.ws, &stats) == HOSTWS_OK && stats.pings_sent >= 3);
  CHECK(stats.pongs_received + 1 >= stats.pings_sent);
  CHECK_STR(r.order, "O"); /* those pings are the library's own: no PONG event */
  record_close(&r);
  record_clear(&r);
}

static void pings_and_close_deadline_are_bounded_while_stalled(void) {
  record r = {0};
  ws_options options = default_options();
  options.close_timeout_ms = 100;
  ws_id ws = record_open(&r, peer_url("ws", "/stall"), &options);
  PUMP(r.opens);
  int sent = 0, answer;
  while ((answer = ws_ping(ws, "x", 1)) == HOSTWS_OK) CHECK(++sent <= 64);
  CHECK_INT(answer, HOSTWS_E_AGAIN);
  CHECK_INT(sent, 64);
  record_close(&r);
  record_clear(&r);
}

static int64_t wait_begins;

static void check_the_wait_is_not_over(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)event, (void)user_data;
  if (wait_begins > 0) CHECK(now_ms() - wait_begins < 15000);
}

static void a_wait_ends_in_time_under_a_flood(void) {
  record r = {.hook = check_the_wait_is_not_over};
  record_open(&r, peer_url("ws", "/flood?n=100000000&size=10"), NULL);
  PUMP(r.messages);
  wait_begins = now_ms();
  CHECK_INT(ws_wait_status(r.ws, HOSTWS_CLOSED, 200), HOSTWS_E_TIMEOUT);
  wait_begins = 0;
  CHECK_INT(ws_abort(r.ws), HOSTWS_OK);
  PUMP(r.terminates);
  record_clear(&r);
}

static void max_events_is_a_bound(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), NULL);
  AWAIT(ws_pending(0) == 101);
  CHECK_INT(ws_poll(0, 0, 1), 1);
  CHECK_INT(ws_poll(0, 0, 7), 7);
  CHECK_INT(r.messages, 7);
  CHECK_INT(ws_pending(0), 93);
  CHECK_INT(ws_poll(0, -1, 1000), 93);
  CHECK_INT(ws_poll(0, 0, 0), 0);
  record_close(&r);
  record_clear(&r);
}

static void thousands_of_connections_can_be_created_unpolled(void) {
  enum { MANY = 5000 };
  static record records[MANY];
  for (int i = 0; i < MANY; i++) record_open(&records[i], peer_url("closed", "/"), NULL);
  AWAIT(ws_pending(0) == 2 * MANY);
  while (ws_poll(0, -1, 0) >= 0) {}
  CHECK_INT(ws_last_error(), HOSTWS_E_IDLE);
  for (int i = 0; i < MANY; i++) CHECK_STR(records[i].order, "ET");
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_message_over_the_limit_fails_the_connection);
  RUN(the_header_of_a_huge_frame_is_enough_to_fail_it);
  RUN(a_full_send_queue_says_so);
  RUN(drain_comes_when_there_is_room_again);
  RUN(a_flood_that_is_not_polled_waits_and_loses_nothing);
  RUN(a_paused_connection_does_not_time_out);
  RUN(opening_has_a_deadline);
  RUN(closing_has_a_deadline);
  RUN(silence_after_a_ping_ends_it);
  RUN(a_server_that_answers_pings_lives);
  RUN(pings_and_close_deadline_are_bounded_while_stalled);
  RUN(max_events_is_a_bound);
  RUN(a_wait_ends_in_time_under_a_flood);
  RUN(thousands_of_connections_can_be_created_unpolled);
  check_nothing_is_left(threads, fds);
  return 0;
}
