/* Callbacks run only on the thread that created the connection. All other calls may come from any thread. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void start(pthread_t *thread, void *(*body)(void *), void *argument) {
  CHECK_INT(pthread_create(thread, NULL, body, argument), 0);
}

enum { SENDERS = 8, EACH = 500 };

typedef struct sender {
  ws_id ws;
  int number;
} sender;

static void *send_numbers(void *argument) {
  sender *me = argument;
  for (int i = 0; i < EACH; i++) {
    char text[32];
    snprintf(text, sizeof text, "%d %d", me->number, i);
    CHECK_INT(ws_send(me->ws, text, -1, 0), HOSTWS_OK);
  }
  return NULL;
}

static void check_number(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data;
  int *next = r->extra, number, i;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  CHECK_INT(sscanf(event->data, "%d %d", &number, &i), 2);
  CHECK_INT(i, next[number]++);
}

static void what_each_of_many_threads_sends_keeps_its_order(void) {
  int next[SENDERS] = {0};
  record r = {.hook = check_number, .extra = next};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  pthread_t threads[SENDERS];
  sender senders[SENDERS];
  for (int i = 0; i < SENDERS; i++) {
    senders[i] = (sender){r.ws, i};
    start(&threads[i], send_numbers, &senders[i]);
  }
  PUMP(r.messages == SENDERS * EACH); /* the record checks the thread of each callback */
  for (int i = 0; i < SENDERS; i++) pthread_join(threads[i], NULL);
  record_close(&r);
  record_clear(&r);
}

static void *wake_soon(void *argument) {
  sleep_ms(50);
  CHECK_INT(ws_wake((ws_queue)(intptr_t)argument), HOSTWS_OK);
  return NULL;
}

static void wake_ends_every_kind_of_wait(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/silent"), NULL);
  PUMP(r.opens);
  void *queue = (void *)(intptr_t)ws_queue_of(0);
  for (int kind = 0; kind < 4; kind++) {
    ws_id pulled = kind == 3 ? ws_open(peer_url("raw", "/silent"), NULL, NULL) : 0;
    pthread_t thread;
    start(&thread, wake_soon, queue);
    int64_t begin = now_ms();
    if (kind == 0) CHECK_INT(ws_poll(0, -1, 0), 0);
    if (kind == 1) CHECK_INT(ws_wait(0, -1), 0);
    if (kind == 2) CHECK_INT(ws_wait_status(r.ws, HOSTWS_CLOSED, -1), HOSTWS_E_TIMEOUT);
    if (kind == 3) {
      CHECK(ws_next(0, -1) == NULL);
      CHECK_INT(ws_last_error(), HOSTWS_E_TIMEOUT);
      CHECK_INT(ws_abort(pulled), HOSTWS_OK);
      const ws_event *event = ws_next(0, PATIENCE_MS);
      CHECK(event != NULL && event->type == HOSTWS_EVENT_TERMINATE);
    }
    CHECK(now_ms() - begin < 15000);
    pthread_join(thread, NULL);
  }
  ws_abort(r.ws);
  record_close(&r);
  record_clear(&r);
}

static void wake_with_nobody_waiting_ends_the_next_wait(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/silent"), NULL);
  PUMP(r.opens);
  CHECK_INT(ws_wake(0), HOSTWS_OK);
  int64_t begin = now_ms();
  CHECK_INT(ws_poll(0, PATIENCE_MS, 0), 0);
  CHECK(now_ms() - begin < 15000);
  CHECK_INT(ws_poll(0, 20, 0), 0);
  CHECK(now_ms() - begin >= 20);
  ws_abort(r.ws);
  record_close(&r);
  record_clear(&r);
}

static void *wait_for_somebody_else(void *argument) {
  ws_queue queue = (ws_queue)(intptr_t)argument;
  CHECK_INT(ws_wait(queue, PATIENCE_MS), 1);
  CHECK_INT(ws_pending(queue), 1);
  return NULL;
}

static void any_thread_can_wait_and_takes_nothing(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  pthread_t thread;
  start(&thread, wait_for_somebody_else, (void *)(intptr_t)ws_queue_of(r.ws));
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  pthread_join(thread, NULL);
  CHECK_INT(r.messages, 0);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_INT(r.messages, 1);
  record_close(&r);
  record_clear(&r);
}

static void *trespass(void *argument) {
  record *r = argument;
  ws_queue theirs = ws_queue_of(r->ws);
  CHECK_FAILS(ws_poll(theirs, 0, 0), HOSTWS_E_WRONG_THREAD, "another thread");
  CHECK(ws_next(theirs, 0) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_wait_status(r->ws, HOSTWS_CLOSED, 0), HOSTWS_E_WRONG_THREAD);
  ws_options options = default_options();
  options.queue = theirs;
  CHECK_FAILS(ws_new(peer_url("ws", "/echo"), NULL, &options), HOSTWS_E_WRONG_THREAD, "another thread");
  CHECK_INT(ws_queue_free(theirs), HOSTWS_E_ARGUMENT);
  /* These are for any thread. */
  CHECK(ws_status(r->ws) == HOSTWS_CONNECTED && ws_data_type(r->ws) == HOSTWS_TEXT);
  CHECK(ws_queue_fd(theirs) >= 0 && ws_pending(theirs) >= 0);
  CHECK_INT(ws_terminate(r->ws, 4001, "from afar"), HOSTWS_OK);
  return NULL;
}

static void a_threads_own_queue_is_polled_by_no_other(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  pthread_t thread;
  start(&thread, trespass, &r);
  PUMP(r.terminates);
  pthread_join(thread, NULL);
  CHECK_INT(r.code, 4001);
  CHECK_STR(r.reason, "from afar");
  record_clear(&r);
}

static void *poll_busy_queue(void *argument) {
  ws_queue queue = *(ws_queue *)argument;
  CHECK_FAILS(ws_poll(queue, 0, 0), HOSTWS_E_BUSY, "another thread");
  CHECK(ws_next(queue, 0) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_BUSY);
  CHECK_INT(ws_queue_free(queue), HOSTWS_E_BUSY);
  return NULL;
}

static void let_another_poll(ws_id ws, const ws_event *event, void *user_data) {
  (void)event;
  record *r = user_data;
  CHECK_INT(ws_queue_free(ws_queue_of(ws)), HOSTWS_E_BUSY);
  pthread_t thread;
  start(&thread, poll_busy_queue, r->extra);
  pthread_join(thread, NULL);
}

static void a_queue_has_one_poller_at_a_time(void) {
  ws_queue queue = ws_queue_new();
  CHECK(queue > 0);
  record r = {.hook = let_another_poll, .extra = &queue};
  ws_options options = default_options();
  options.queue = queue;
  record_open(&r, peer_url("ws", "/echo"), &options);
  CHECK_INT(ws_queue_of(r.ws), queue);
  PUMP_QUEUE(queue, r.opens);
  ws_terminate(r.ws, 0, NULL);
  PUMP_QUEUE(queue, r.terminates);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  CHECK_FAILS(ws_poll(queue, 0, 0), HOSTWS_E_NO_SUCH_ID, "queue");
  record_clear(&r);
}

static void *poll_until_open(void *argument) {
  record *r = argument;
  PUMP_QUEUE(ws_queue_of(r->ws), r->opens);
  return NULL;
}

static void whoever_polls_an_unbound_queue_gets_its_events(void) {
  ws_queue queue = ws_queue_new();
  record r = {.any_thread = 1};
  ws_options options = default_options();
  options.queue = queue;
  record_open(&r, peer_url("ws", "/echo"), &options);
  pthread_t thread;
  start(&thread, poll_until_open, &r);
  pthread_join(thread, NULL);
  ws_send(r.ws, "x", 1, 0);
  PUMP_QUEUE(queue, r.messages);
  CHECK_STR(r.order, "OM");
  /* Freeing a queue ends its connections without any callback. */
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  AWAIT(ws_status(r.ws) == HOSTWS_CLOSED);
  CHECK_STR(r.order, "OM");
  record_clear(&r);
}

static void *live_alone(void *argument) {
  (void)argument;
  record records[5];
  memset(records, 0, sizeof records);
  for (int i = 0; i < 5; i++) record_open(&records[i], peer_url("ws", "/echo"), NULL);
  for (int round = 0; round < 50; round++) {
    for (int i = 0; i < 5; i++) CHECK_INT(ws_send(records[i].ws, "x", 1, 0), HOSTWS_OK);
    for (int i = 0; i < 5; i++) PUMP(records[i].messages == round + 1);
  }
  for (int i = 0; i < 5; i++) {
    record_close(&records[i]);
    record_clear(&records[i]);
  }
  return NULL;
}

static void host_threads_do_not_meet(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) start(&threads[i], live_alone, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}

static void *fail_once(void *argument) {
  (void)argument;
  CHECK_INT(ws_last_error(), HOSTWS_OK);
  CHECK_INT(ws_send(-7, "x", 1, 0), HOSTWS_E_NO_SUCH_ID);
  CHECK_INT(ws_last_error(), HOSTWS_E_NO_SUCH_ID);
  return NULL;
}

static void each_thread_has_its_own_last_error(void) {
  CHECK(ws_new("http://x", NULL, NULL) < 0);
  pthread_t thread;
  start(&thread, fail_once, NULL);
  pthread_join(thread, NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_URL);
  CHECK_INT(ws_status(-1), HOSTWS_E_NO_SUCH_ID);
  CHECK(ws_queue_of(0) > 0);
  CHECK_INT(ws_last_error(), HOSTWS_E_NO_SUCH_ID);
}

static atomic_int churning = 1;

static void *ask_at_random(void *argument) {
  const atomic_int *newest = argument;
  for (unsigned seed = 1; churning; seed = seed * 1103515245 + 12345) {
    ws_id ws = *newest - (int)(seed >> 16) % 4;
    char text[64];
    ws_stats stats = {.struct_size = sizeof stats};
    ws_status(ws);
    ws_send(ws, "x", 1, 0);
    ws_ping(ws, "x", 1);
    ws_url(ws, text, sizeof text);
    ws_get_stats(ws, &stats);
    ws_buffered_amount(ws);
    if ((seed >> 16) % 8 == 0) ws_abort(ws);
    if ((seed >> 16) % 8 == 1) ws_terminate(ws, 0, NULL);
  }
  return NULL;
}

static void connections_come_and_go_under_other_threads(void) {
  atomic_int newest = 1;
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) start(&threads[i], ask_at_random, &newest);
  for (int i = 0; i < 200; i++) {
    record r = {0};
    newest = record_open(&r, peer_url("ws", "/echo"), NULL);
    if (i % 3) PUMP(r.opens || r.terminates);
    record_close(&r);
    record_clear(&r);
  }
  churning = 0;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(what_each_of_many_threads_sends_keeps_its_order);
  RUN(wake_ends_every_kind_of_wait);
  RUN(wake_with_nobody_waiting_ends_the_next_wait);
  RUN(any_thread_can_wait_and_takes_nothing);
  RUN(whoever_polls_an_unbound_queue_gets_its_events);
  RUN(a_queue_has_one_poller_at_a_time);
  RUN(host_threads_do_not_meet);
  RUN(each_thread_has_its_own_last_error);
  RUN(connections_come_and_go_under_other_threads);
  check_nothing_is_left(threads, fds);
  RUN(a_threads_own_queue_is_polled_by_no_other); /* its descriptor stays as long as this thread */
  check_nothing_is_left(threads, fds + 2);
  return 0;
}
