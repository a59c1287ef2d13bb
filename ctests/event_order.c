/* OPEN once, any number of MESSAGE, at most one ERROR, TERMINATE always, last, once: on every path. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <string.h>

/* Opens a connection, waits for its end, and checks that nothing comes after it. */
static void live(record *r, const char *url) {
  record_open(r, url, NULL);
  PUMP(r->terminates);
  CHECK_INT(ws_poll(0, 0, 0), 0);
  CHECK_INT(ws_poll(0, 50, 0), HOSTWS_E_IDLE);
}

static void check_stack(const record *r, const char *components) {
  char found[128] = "";
  for (int i = 0; i < r->error_count; i++) {
    if (i) strcat(found, " ");
    strcat(found, r->stack[i].component);
  }
  CHECK_INT(strncmp(found, components, strlen(components)), 0);
}

static void a_refused_port_is_an_error_and_the_end(void) {
  record r = {0};
  live(&r, peer_url("closed", "/"));
  CHECK_STR(r.order, "ET");
  check_stack(&r, "ws tcp");
  CHECK_INT(r.stack[0].code, HOSTWS_E_OPEN);
  CHECK_INT(r.stack[1].code, HOSTWS_E_TCP);
  CHECK_INT(r.code, 1006);
  CHECK_INT(r.was_clean, 0);
  CHECK_STR(r.reason, "");
  record_clear(&r);
}

static void a_name_that_does_not_exist_is_an_error_and_the_end(void) {
  record r = {0};
  /* No name server is asked for an empty label: it may be slow, or not there. */
  live(&r, "ws://no..such-host.invalid/");
  CHECK_STR(r.order, "ET");
  check_stack(&r, "ws dns");
  CHECK_INT(r.stack[1].code, HOSTWS_E_DNS);
  CHECK_HAS(r.stack[1].message, "no..such-host.invalid");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static int answers_read;

static void read_the_answer(ws_id ws, const ws_event *event, void *user_data) {
  (void)user_data;
  char text[64];
  CHECK(event->type == HOSTWS_EVENT_ERROR || event->type == HOSTWS_EVENT_TERMINATE);
  CHECK_INT(ws_response_status(ws), 401);
  CHECK(ws_response_header(ws, "www-AUTHENTICATE", text, sizeof text) > 0);
  CHECK(text[0] != 0);
  CHECK_INT(ws_response_header(ws, "X-None", text, sizeof text), HOSTWS_E_NOT_FOUND);
  CHECK_INT(ws_response_header_at(ws, -1, NULL, 0, NULL, 0), HOSTWS_E_NOT_FOUND);
  CHECK_FAILS(ws_response_header_at(ws, 0, text, -1, NULL, 0), HOSTWS_E_ARGUMENT, "name_size");
  CHECK_FAILS(ws_response_header_at(ws, 0, NULL, 0, NULL, 1), HOSTWS_E_ARGUMENT, "value is NULL");
  int challenges = 0, index = 0;
  char name[256];
  for (; ws_response_header_at(ws, index, name, sizeof name, text, sizeof text) >= 0; index++)
    if (strcmp(name, "WWW-Authenticate") == 0) challenges++;
  CHECK(challenges == 1 && index > 1);
  CHECK_INT(ws_response_header_at(ws, index, NULL, 0, NULL, 0), HOSTWS_E_NOT_FOUND);
  CHECK_INT(ws_response_body(ws, text, sizeof text), 7);
  CHECK_STR(text, "go away");
  CHECK_INT(ws_response_body(ws, text, 3), 7);
  CHECK_STR(text, "go");
  answers_read++;
}

static void a_refused_upgrade_can_be_read(void) {
  record r = {.hook = read_the_answer};
  live(&r, peer_url("raw", "/status/401"));
  CHECK_INT(answers_read, 2);
  CHECK_STR(r.order, "ET");
  check_stack(&r, "ws http");
  CHECK_INT(r.stack[1].code, 401);
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void no_answer_but_101_opens(void) {
  static const struct {
    const char *path;
    int status;
  } answers[] = {{"/status/200", 200}, {"/status/301", 301}, {"/status/404", 404}, {"/status/500", 500}};
  for (int i = 0; i < 4; i++) {
    record r = {0};
    live(&r, peer_url("raw", answers[i].path));
    CHECK_STR(r.order, "ET");
    check_stack(&r, "ws http");
    CHECK_INT(r.stack[r.error_count - 1].code, answers[i].status);
    CHECK_INT(r.code, 1006);
    record_clear(&r);
  }
}

static int64_t body_length;

static void measure_body(ws_id ws, const ws_event *event, void *user_data) {
  (void)user_data;
  if (event->type == HOSTWS_EVENT_TERMINATE) body_length = ws_response_body(ws, NULL, 0);
}

static void of_a_big_body_64_kib_are_kept(void) {
  record r = {.hook = measure_body};
  live(&r, peer_url("raw", "/big-body"));
  CHECK_STR(r.order, "ET");
  CHECK_INT(body_length, 65536);
  record_clear(&r);
}

static void a_wrong_accept_key_does_not_open(void) {
  record r = {0};
  live(&r, peer_url("raw", "/wrong-accept"));
  CHECK_STR(r.order, "ET");
  check_stack(&r, "ws http");
  CHECK_HAS(r.stack[r.error_count - 1].message, "accept");
  record_clear(&r);
}

static void an_answer_that_dribbles_in_still_opens(void) {
  record r = {0};
  record_open(&r, peer_url("raw", "/dribble"), NULL);
  PUMP(r.opens || r.terminates);
  CHECK_INT(r.opens, 1);
  ws_abort(r.ws);
  PUMP(r.terminates);
  record_clear(&r);
}

static void a_dropped_connection_is_lost(void) {
  static const char *const paths[] = {"/drop", "/rst"};
  for (int i = 0; i < 2; i++) {
    record r = {0};
    live(&r, peer_url("ws", paths[i]));
    CHECK_STR(r.order, "OET");
    CHECK_INT(r.stack[0].code, HOSTWS_E_LOST);
    CHECK_INT(r.code, 1006);
    CHECK_INT(r.was_clean, 0);
    record_clear(&r);
  }
}

static void broken_protocol_fails_the_connection(void) {
  static const struct {
    const char *path;
    int code;
  } frames[] = {{"/frame/masked", 1002}, {"/frame/rsv1", 1002}, {"/frame/bad-utf8", 1007}};
  for (int i = 0; i < 3; i++) {
    record r = {0};
    live(&r, peer_url("raw", frames[i].path));
    CHECK_STR(r.order, "OET");
    check_stack(&r, "ws");
    CHECK_INT(r.stack[r.error_count - 1].code, HOSTWS_E_PROTOCOL);
    CHECK_INT(r.code, frames[i].code);
    CHECK_INT(r.was_clean, 0);
    record_clear(&r);
  }
}

static void the_server_closes_with_code_and_reason(void) {
  static const struct {
    const char *path;
    int code;
    const char *reason;
  } closes[] = {
      {"/close?code=1000", 1000, ""},          {"/close?code=1001&reason=bye", 1001, "bye"},
      {"/close?code=0", 1005, ""},          {"/close?code=4000&reason=enough", 4000, "enough"},
      {"/close?code=1011&reason=x", 1011, "x"},
  };
  for (int i = 0; i < 5; i++) {
    record r = {0};
    live(&r, peer_url("ws", closes[i].path));
    CHECK_STR(r.order, "OT");
    CHECK_INT(r.code, closes[i].code);
    CHECK_STR(r.reason, closes[i].reason);
    CHECK_INT(r.was_clean, 1);
    record_clear(&r);
  }
}

static void terminate_while_connecting_gives_up(void) {
  record r = {0};
  record_open(&r, peer_url("raw", "/silent"), NULL);
  pump_for(30);
  CHECK_INT(ws_status(r.ws), HOSTWS_CONNECTING);
  CHECK_INT(ws_terminate(r.ws, 4000, "never mind"), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.order, "T");
  CHECK_INT(r.code, 1006);
  CHECK_INT(r.was_clean, 0);
  record_clear(&r);
}

static void terminate_at_once_gives_up(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(ws_terminate(r.ws, 0, NULL), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.order, "T");
  record_clear(&r);
}

static void abort_ends_without_a_handshake(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  CHECK_INT(ws_abort(r.ws), HOSTWS_OK);
  CHECK(ws_status(r.ws) >= HOSTWS_CLOSING);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OT");
  CHECK_INT(r.code, 1006);
  CHECK_INT(r.was_clean, 0);
  record_clear(&r);
}

static void no_message_comes_after(int32_t (*end)(ws_id ws)) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/flood?n=100000&size=100"), NULL);
  PUMP(r.messages > 100);
  int before = r.messages;
  CHECK_INT(end(ws), HOSTWS_OK);
  CHECK_INT(ws_send(ws, "x", 1, 0), HOSTWS_E_CLOSED);
  CHECK_INT(ws_ping(ws, "x", 1), HOSTWS_E_CLOSED);
  int32_t again = end(ws);
  CHECK(again == HOSTWS_OK || again == HOSTWS_E_CLOSED); /* an abort is quick */
  PUMP(r.terminates);
  CHECK_INT(r.messages, before);
  CHECK_INT(r.errors, 0);
  record_clear(&r);
}

static int32_t end_politely(ws_id ws) { return ws_terminate(ws, 0, NULL); }

static void no_message_comes_after_terminate(void) { no_message_comes_after(end_politely); }

static void no_message_comes_after_abort(void) { no_message_comes_after(ws_abort); }

static void terminate_after_the_server_closed_only_silences(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/close?code=4000&reason=first"), NULL);
  while (ws_status(ws) != HOSTWS_CLOSED) sleep_ms(1);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_E_CLOSED);
  PUMP(r.terminates);
  CHECK_STR(r.order, "T");
  CHECK_INT(r.code, 4000);
  CHECK_STR(r.reason, "first");
  record_clear(&r);
}

static void messages_that_came_before_the_end_are_told_before_it(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/flood?n=500&size=10"), NULL);
  ws_stats stats = {.struct_size = sizeof stats};
  do CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  while (stats.messages_received < 500);
  CHECK_INT(r.messages, 0);
  PUMP(r.messages == 500);
  CHECK_HAS(r.data, "499:");
  record_close(&r);
  record_clear(&r);
}

static void many_connections_each_keep_their_order(void) {
  enum { MANY = 200 };
  static record records[MANY];
  for (int i = 0; i < MANY; i++) {
    const char *url = i % 3 == 0   ? peer_url("ws", "/close?code=4000")
                      : i % 3 == 1 ? peer_url("ws", "/drop")
                                   : peer_url("closed", "/");
    record_open(&records[i], url, NULL);
  }
  int ended;
  do {
    PUMP(1);
    ws_poll(0, 20, 0);
    ended = 0;
    for (int i = 0; i < MANY; i++) ended += records[i].terminates;
  } while (ended < MANY);
  for (int i = 0; i < MANY; i++) {
    CHECK_STR(records[i].order, i % 3 == 0 ? "OT" : i % 3 == 1 ? "OET" : "ET");
    record_clear(&records[i]);
  }
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_refused_port_is_an_error_and_the_end);
  RUN(a_name_that_does_not_exist_is_an_error_and_the_end);
  RUN(a_refused_upgrade_can_be_read);
  RUN(no_answer_but_101_opens);
  RUN(of_a_big_body_64_kib_are_kept);
  RUN(a_wrong_accept_key_does_not_open);
  RUN(an_answer_that_dribbles_in_still_opens);
  RUN(a_dropped_connection_is_lost);
  RUN(broken_protocol_fails_the_connection);
  RUN(the_server_closes_with_code_and_reason);
  RUN(terminate_while_connecting_gives_up);
  RUN(terminate_at_once_gives_up);
  RUN(abort_ends_without_a_handshake);
  RUN(no_message_comes_after_terminate);
  RUN(no_message_comes_after_abort);
  RUN(terminate_after_the_server_closed_only_silences);
  RUN(messages_that_came_before_the_end_are_told_before_it);
  RUN(many_connections_each_keep_their_order);
  check_nothing_is_left(threads, fds);
  return 0;
}
