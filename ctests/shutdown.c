/* ws_shutdown() closes everything in time, and returns the library to its initial state. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <string.h>

static void it_closes_every_connection_and_tells_at_the_next_poll(void) {
  record records[10];
  memset(records, 0, sizeof records);
  for (int i = 0; i < 10; i++) record_open(&records[i], peer_url("ws", "/echo"), NULL);
  for (int i = 0; i < 10; i++) PUMP(records[i].opens);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  for (int i = 0; i < 10; i++) {
    CHECK_INT(ws_status(records[i].ws), HOSTWS_CLOSED);
    CHECK_INT(records[i].terminates, 0); /* it makes no callbacks */
  }
  CHECK_INT(ws_pending(0), 10);
  CHECK_INT(ws_poll(0, -1, 0), 10);
  for (int i = 0; i < 10; i++) {
    CHECK_STR(records[i].order, "OT");
    CHECK_INT(records[i].code, 1001); /* as the server echoed it */
    CHECK_INT(records[i].was_clean, 1);
    record_clear(&records[i]);
  }
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
}

static void the_library_is_as_new_after_it(void) {
  for (int i = 0; i < 20; i++) {
    record r = {0};
    record_open(&r, peer_url("ws", "/echo"), NULL);
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
    PUMP(r.messages);
    record_close(&r);
    CHECK_INT(r.code, 1000);
    CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
    record_clear(&r);
  }
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
}

static void what_was_sent_before_it_still_leaves(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/count"), NULL);
  PUMP(r.opens);
  for (int i = 0; i < 100; i++) ws_send(r.ws, "x", 1, 0);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_STR(r.reason, "100");
  record_clear(&r);
}

static void what_was_sent_before_it_was_open_leaves_too(void) {
  const char *kinds[] = {"ws", "wss"};
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  for (int i = 0; i < 4; i++) {
    record r = {0};
    record_open(&r, peer_url(kinds[i / 2], "/count"), &options);
    for (int j = 0; j < 10; j++) CHECK_INT(ws_send(r.ws, "important", -1, 0), HOSTWS_OK);
    CHECK_INT(ws_shutdown(i % 2 ? -1 : PATIENCE_MS), HOSTWS_OK);
    PUMP(r.terminates);
    CHECK_STR(r.order, "T"); /* after the call only the end is reported */
    CHECK_STR(r.reason, "10");
    CHECK_INT(r.was_clean, 1);
    record_clear(&r);
  }
}

static void what_could_not_leave_is_told(void) {
  record opening = {0}, pinging = {0};
  record_open(&opening, peer_url("raw", "/silent"), NULL);
  CHECK_INT(ws_send(opening.ws, "important", -1, 0), HOSTWS_OK);
  CHECK_FAILS(ws_shutdown(100), HOSTWS_E_TIMEOUT, "could not be sent");
  PUMP(opening.terminates);
  CHECK_INT(opening.code, 1006);
  record_clear(&opening);
  record_open(&pinging, peer_url("raw", "/silent"), NULL);
  CHECK_INT(ws_ping(pinging.ws, "x", 1), HOSTWS_OK);
  CHECK_INT(ws_shutdown(-1), HOSTWS_OK); /* a ping is no message */
  PUMP(pinging.terminates);
  record_clear(&pinging);
}

static void a_server_that_does_not_answer_is_dropped(void) {
  record r = {0};
  record_open(&r, peer_url("raw", "/no-close-reply"), NULL);
  PUMP(r.opens);
  int64_t begin = now_ms();
  CHECK_FAILS(ws_shutdown(100), HOSTWS_E_TIMEOUT, "time");
  CHECK(now_ms() - begin >= 100 && now_ms() - begin < PATIENCE_MS);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_STR(r.order, "OT");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

static void zero_drops_everything_at_once(void) {
  record open = {0}, opening = {0};
  ws_options options = default_options();
  options.close_timeout_ms = 3 * PATIENCE_MS; /* that the server has otherwise */
  record_open(&open, peer_url("raw", "/no-close-reply"), &options);
  record_open(&opening, peer_url("raw", "/silent"), NULL);
  PUMP(open.opens);
  int64_t begin = now_ms();
  CHECK_INT(ws_shutdown(0), HOSTWS_OK);
  CHECK(now_ms() - begin < PATIENCE_MS);
  CHECK_INT(ws_poll(0, 0, 0), 2);
  CHECK_STR(open.order, "OT");
  CHECK_STR(opening.order, "T");
  record_clear(&open);
  record_clear(&opening);
}

static void minus_one_gives_each_its_own_time(void) {
  enum { LONG_MS = 1500, SHORT_MS = 150 };
  record r[2] = {0};
  ws_options options = default_options();
  for (int i = 0; i < 2; i++) {
    options.close_timeout_ms = i == 0 ? LONG_MS : SHORT_MS;
    record_open(&r[i], peer_url("raw", "/no-close-reply"), &options);
  }
  PUMP(r[0].opens && r[1].opens);
  int64_t begin = now_ms();
  int32_t answer = ws_shutdown(-1);
  CHECK(answer == HOSTWS_OK || answer == HOSTWS_E_TIMEOUT);
  CHECK(now_ms() - begin >= LONG_MS - 1);
  CHECK_INT(ws_poll(0, 0, 1), 1);
  CHECK_INT(r[1].code, 1006);
  CHECK(r[1].terminates && !r[0].terminates); /* the second had less time */
  CHECK_INT(ws_poll(0, 0, 0), 1);
  for (int i = 0; i < 2; i++) record_clear(&r[i]);
}

static atomic_int ready;

static void *live_elsewhere(void *argument) {
  record *r = argument;
  record_open(r, peer_url("ws", "/echo"), NULL);
  PUMP(r->opens);
  ready++;
  /* It waits for ever, and the shutdown ends it. */
  while (ws_poll(0, -1, 0) >= 0) {}
  CHECK_INT(ws_last_error(), HOSTWS_E_IDLE);
  CHECK_STR(r->order, "OT");
  CHECK_INT(r->code, 1001);
  return NULL;
}

static void it_ends_those_of_other_threads_too(void) {
  record records[4];
  memset(records, 0, sizeof records);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) CHECK_INT(pthread_create(&threads[i], NULL, live_elsewhere, &records[i]), 0);
  AWAIT(ready == 4);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    record_clear(&records[i]);
  }
}

static int inside_answer = 1;

static void shut_down_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  inside_answer = ws_shutdown(PATIENCE_MS);
}

static void it_works_inside_a_callback(void) {
  record r = {.hook = shut_down_inside}, other = {0};
  record_open(&other, peer_url("ws", "/echo"), NULL);
  PUMP(other.opens);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  ws_send(r.ws, "x", 1, 0);
  PUMP(r.terminates && other.terminates);
  CHECK_INT(inside_answer, HOSTWS_OK);
  CHECK_STR(r.order, "OMT");
  CHECK_STR(other.order, "OT");
  record_clear(&r);
  record_clear(&other);
}

static void *shut_down_slowly(void *argument) {
  (void)argument;
  CHECK_INT(ws_shutdown(3 * PATIENCE_MS), HOSTWS_OK);
  return NULL;
}

static void meanwhile_nothing_new_begins(void) {
  record r = {0};
  ws_options options = default_options();
  options.close_timeout_ms = 3 * PATIENCE_MS; /* until the test ends it */
  record_open(&r, peer_url("raw", "/no-close-reply"), &options);
  PUMP(r.opens);
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, shut_down_slowly, NULL), 0);
  AWAIT(ws_status(r.ws) == HOSTWS_CLOSING);
  CHECK_FAILS(ws_new(peer_url("ws", "/echo"), NULL, NULL), HOSTWS_E_SHUTDOWN, "shutting down");
  CHECK_INT(ws_queue_new(), HOSTWS_E_SHUTDOWN);
  CHECK_INT(ws_shutdown(0), HOSTWS_E_SHUTDOWN);
  CHECK_INT(ws_abort(r.ws), HOSTWS_OK);
  pthread_join(thread, NULL);
  PUMP(r.terminates);
  record_clear(&r);
}

static void a_flood_does_not_hold_it_up(void) {
  record records[5];
  memset(records, 0, sizeof records);
  for (int i = 0; i < 5; i++) record_open(&records[i], peer_url("ws", "/flood?n=100000000&size=1000"), NULL);
  for (int i = 0; i < 5; i++) PUMP(records[i].messages > 100);
  int64_t begin = now_ms();
  int32_t answer = ws_shutdown(1000);
  CHECK(answer == HOSTWS_OK || answer == HOSTWS_E_TIMEOUT);
  CHECK(now_ms() - begin < PATIENCE_MS);
  AWAIT(ws_pending(0) == 5);
  CHECK_INT(ws_poll(0, 0, 0), 5);
  for (int i = 0; i < 5; i++) {
    CHECK_INT(records[i].terminates, 1);
    record_clear(&records[i]);
  }
}

static void an_explicit_queue_lives_on(void) {
  ws_queue queue = ws_queue_new();
  ws_options options = default_options();
  options.queue = queue;
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP_QUEUE(queue, r.opens);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(ws_poll(queue, -1, 0), 1);
  CHECK_STR(r.order, "OT");
  record_clear(&r);
  record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP_QUEUE(queue, r.opens);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(it_closes_every_connection_and_tells_at_the_next_poll);
  check_nothing_is_left(threads, fds);
  RUN(the_library_is_as_new_after_it);
  RUN(what_was_sent_before_it_still_leaves);
  RUN(what_was_sent_before_it_was_open_leaves_too);
  RUN(what_could_not_leave_is_told);
  RUN(a_server_that_does_not_answer_is_dropped);
  check_nothing_is_left(threads, fds);
  RUN(zero_drops_everything_at_once);
  check_nothing_is_left(threads, fds);
  RUN(minus_one_gives_each_its_own_time);
  RUN(it_ends_those_of_other_threads_too);
  RUN(it_works_inside_a_callback);
  RUN(meanwhile_nothing_new_begins);
  RUN(a_flood_does_not_hold_it_up);
  RUN(an_explicit_queue_lives_on);
  check_nothing_is_left(threads, fds);
  return 0;
}
