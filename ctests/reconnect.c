/* A lost connection is opened again, if the options say so. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

static ws_options soon(int max) {
  ws_options options = default_options();
  options.reconnect_max = max;
  options.reconnect_min_ms = 1;
  options.reconnect_max_ms = 5;
  return options;
}

static void a_lost_connection_is_opened_again(void) {
  record r = {0};
  ws_options options = soon(-1);
  ws_id ws = record_open(&r, peer_url("ws", "/close?code=1012&reason=restart"), &options);
  PUMP(r.reconnects >= 2);
  CHECK_INT(strncmp(r.order, "OLRLR", 5), 0);
  CHECK_INT(r.stack[0].code, HOSTWS_E_LOST);
  CHECK_HAS(r.stack[0].message, "1012: restart");
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK(stats.reconnects >= 2);
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_INT(r.errors, 0);
  record_clear(&r);
}

static void note_attempt(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data;
  if (event->type == HOSTWS_EVENT_RECONNECTING) *(int *)r->extra = event->code;
}

static void after_the_last_attempt_it_ends(void) {
  int attempt = 0;
  record r = {.hook = note_attempt, .extra = &attempt};
  ws_options options = soon(2);
  record_open(&r, peer_url("closed", "/"), &options);
  PUMP(r.terminates);
  CHECK_INT(attempt, 2);
  /* If this thread is slow, the second replaces the first. */
  CHECK_STR(r.order + (r.losses - 1), "LET");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void terminate_ends_the_wait(void) {
  record r = {0};
  ws_options options = default_options();
  options.reconnect_max = -1;
  options.reconnect_min_ms = options.reconnect_max_ms = 600000;
  ws_id ws = record_open(&r, peer_url("closed", "/"), &options);
  PUMP(r.losses);
  CHECK_INT(ws_status(ws), HOSTWS_CONNECTING);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.order, "LT");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void a_change_of_the_network_ends_the_wait(void) {
  record r = {0};
  ws_options options = default_options();
  options.reconnect_max = -1;
  options.reconnect_min_ms = options.reconnect_max_ms = 600000;
  ws_id ws = record_open(&r, peer_url("closed", "/"), &options);
  for (int n = 1; n <= 3; n++) {
    PUMP(r.losses == n);
    CHECK_INT(ws_network_changed(), HOSTWS_OK);
  }
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  PUMP(r.terminates);
  record_clear(&r);
}

static void shutdown_ends_the_wait(void) {
  record r = {0};
  ws_options options = default_options();
  options.reconnect_max = -1;
  options.reconnect_min_ms = options.reconnect_max_ms = 600000;
  record_open(&r, peer_url("closed", "/"), &options);
  PUMP(r.losses);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.order, "LT");
  record_clear(&r);
}

static void a_header_for_the_next_attempt_is_checked(void) {
  record r = {0};
  ws_options options = soon(1);
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP(r.opens);
  CHECK_INT(ws_set_header(ws, "X-Token", "fresh"), HOSTWS_OK);
  CHECK_INT(ws_set_header(ws, "X-Token", NULL), HOSTWS_OK);
  CHECK_FAILS(ws_set_header(ws, NULL, "x"), HOSTWS_E_ARGUMENT, "name");
  CHECK_FAILS(ws_set_header(ws, "X-Token", "a\nb"), HOSTWS_E_ARGUMENT, "X-Token");
  CHECK_FAILS(ws_set_header(ws, "Upgrade", "x"), HOSTWS_E_ARGUMENT, "Upgrade");
  CHECK_FAILS(ws_set_header(ws, "X-Token", "\xff"), HOSTWS_E_UTF8, "value");
  CHECK_INT(ws_set_header(2000000000, "X-Token", "x"), HOSTWS_E_NO_SUCH_ID);
  record_close(&r);
  CHECK_INT(r.code, 1000);
  CHECK_INT(ws_set_header(ws, "X-Token", "x"), HOSTWS_E_CLOSED);
  record_clear(&r);
}

static void more_ends_are_tried_again(void) {
  static const struct {
    int on;
    const char *codes, *path;
    int losses;
  } cases[] = {
      {HOSTWS_RECONNECT_LOST, NULL, "/close?code=4000", 0},
      {HOSTWS_RECONNECT_LOST, "1000,4000", "/close?code=4000", 1},
      {HOSTWS_RECONNECT_LOST, "-1012", "/close?code=1012", 0},
      {HOSTWS_RECONNECT_ANY, NULL, "/close?code=1000", 1},
      {HOSTWS_RECONNECT_ANY, "-1000", "/close?code=1000", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    record r = {0};
    ws_options options = soon(1);
    options.reconnect_on = cases[i].on;
    options.reconnect_codes = cases[i].codes;
    record_open(&r, peer_url("ws", cases[i].path), &options);
    PUMP(r.terminates);
    CHECK_INT(r.losses, cases[i].losses);
    CHECK_INT(r.errors, 0);
    record_clear(&r);
  }
}

static void the_next_attempt_goes_elsewhere(void) {
  record r = {0};
  char url[256], told[256];
  ws_options options = soon(-1);
  ws_id ws = record_open(&r, peer_url("closed", "/"), &options);
  PUMP(r.losses);
  snprintf(url, sizeof url, "%s", peer_url("ws", "/echo"));
  CHECK_INT(ws_set_url(ws, url), HOSTWS_OK);
  CHECK_INT(ws_url(ws, told, sizeof told), strlen(url));
  CHECK_STR(told, url);
  PUMP(r.opens);
  CHECK_FAILS(ws_set_url(ws, NULL), HOSTWS_E_ARGUMENT, "url");
  CHECK_FAILS(ws_set_url(ws, "http://h"), HOSTWS_E_URL, "ws");
  CHECK_INT(ws_set_url(2000000000, url), HOSTWS_E_NO_SUCH_ID);
  record_close(&r);
  CHECK_INT(r.code, 1000);
  CHECK_INT(ws_set_url(ws, url), HOSTWS_E_CLOSED);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_lost_connection_is_opened_again);
  RUN(after_the_last_attempt_it_ends);
  RUN(terminate_ends_the_wait);
  RUN(a_change_of_the_network_ends_the_wait);
  RUN(shutdown_ends_the_wait);
  RUN(a_header_for_the_next_attempt_is_checked);
  RUN(more_ends_are_tried_again);
  RUN(the_next_attempt_goes_elsewhere);
  check_nothing_is_left(threads, fds);
  return 0;
}
