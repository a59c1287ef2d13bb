/* The wake-up function, called on a thread of the library when a queue has something to deliver. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <string.h>

static atomic_int calls, on_host_thread;
static pthread_t host;

static void count_call(void *user_data) {
  CHECK(user_data == &calls);
  if (pthread_equal(host, pthread_self())) on_host_thread++;
  calls++;
}

static void it_is_called_when_an_empty_queue_gets_something(void) {
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, &calls), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  for (int i = 1; i <= 20; i++) {
    AWAIT(calls == i);
    CHECK_INT(ws_poll(0, 0, 0), 1);
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  }
  AWAIT(calls == 21);
  CHECK_INT(on_host_thread, 0);
  record_close(&r);
  record_clear(&r);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
}

static void its_calls_are_coalesced(void) {
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, &calls), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/flood?n=5000&size=10"), NULL);
  AWAIT(ws_pending(0) == 5001);
  sleep_ms(50);
  CHECK_INT(calls, 1);
  PUMP(r.messages == 5000);
  CHECK(calls < 20);
  record_close(&r);
  record_clear(&r);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
}

static void it_is_called_again_when_a_poll_leaves_events_behind(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/flood?n=20&size=10"), NULL);
  AWAIT(ws_pending(0) == 21);
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, &calls), HOSTWS_OK);
  AWAIT(calls == 1); /* there was something already */
  for (int i = 1; i <= 20; i++) {
    CHECK_INT(ws_poll(0, 0, 1), 1);
    AWAIT(calls == i + 1);
  }
  CHECK_INT(ws_poll(0, 0, 1), 1);
  sleep_ms(30);
  CHECK_INT(calls, 21); /* now there is nothing left */
  record_close(&r);
  record_clear(&r);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
}

static void a_loop_that_polls_only_when_called_misses_nothing(void) {
  enum { MANY = 20000 };
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, &calls), HOSTWS_OK);
  record r = {0};
  ws_options options = default_options();
  options.receive_queue_max = 10000;
  record_open(&r, peer_url("ws", "/flood?n=20000&size=100"), &options);
  for (int seen = 0; r.messages < MANY; seen = seen + 1) {
    AWAIT(calls > 0);
    calls = 0;
    CHECK(ws_poll(0, 0, seen % 7) >= 0);
  }
  record_close(&r);
  record_clear(&r);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
}

static void null_stops_it(void) {
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, &calls), HOSTWS_OK);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  CHECK_INT(calls, 0);
  record_clear(&r);
}

static atomic_int inside, is_seen;

/* Returns a while after the test has seen it. */
static void be_slow(void *user_data) {
  (void)user_data;
  inside = 1;
  AWAIT(is_seen);
  sleep_ms(100);
  inside = 0;
}

static void run_slowly(ws_queue queue) {
  is_seen = 0;
  CHECK_INT(ws_queue_on_wakeup(queue, be_slow, NULL), HOSTWS_OK);
}

static void await_inside(void) {
  AWAIT(inside);
  is_seen = 1;
}

static void the_former_function_is_not_running_when_it_was_replaced(void) {
  record r = {0};
  run_slowly(0);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  await_inside();
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
  CHECK_INT(inside, 0);
  record_close(&r);
  record_clear(&r);
}

static void a_queue_is_not_freed_while_its_function_runs(void) {
  record r = {.any_thread = 1};
  ws_options options = default_options();
  options.queue = ws_queue_new();
  run_slowly(options.queue);
  record_open(&r, peer_url("ws", "/echo"), &options);
  await_inside();
  CHECK_INT(ws_queue_free(options.queue), HOSTWS_OK);
  CHECK_INT(inside, 0);
  record_clear(&r);
}

static void *end_while_it_runs(void *argument) {
  record *r = argument;
  run_slowly(0);
  record_open(r, peer_url("ws", "/echo"), NULL);
  await_inside();
  return NULL;
}

static void a_thread_does_not_end_while_its_function_runs(void) {
  record r = {0};
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, end_while_it_runs, &r), 0);
  pthread_join(thread, NULL);
  CHECK_INT(inside, 0);
  record_clear(&r);
}

static void shutdown_forgets_it(void) {
  record r = {0};
  calls = 0;
  run_slowly(0);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  await_inside();
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(inside, 0);
  CHECK_INT(ws_queue_on_wakeup(0, count_call, &calls), HOSTWS_OK);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  PUMP(r.terminates);
  record_clear(&r);
  calls = 0;
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  CHECK_INT(calls, 0);
  record_clear(&r);
}

static void log_slowly(int32_t level, const char *line, void *user_data) {
  (void)level, (void)line, (void)user_data;
  if (is_seen || pthread_equal(host, pthread_self())) return;
  inside = 1;
  AWAIT(is_seen);
  sleep_ms(1000);
  inside = 0;
}

static void shutdown_gives_a_log_function_all_of_its_time(void) {
  record r = {0};
  is_seen = 0;
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, log_slowly, NULL), HOSTWS_OK);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  await_inside();
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(inside, 0);
  PUMP(r.terminates);
  record_clear(&r);
}

typedef struct trespasser {
  record r;
  ws_queue queue;
  atomic_int done;
} trespasser;

static void call_what_is_not_allowed(void *user_data) {
  trespasser *t = user_data;
  char text[8];
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_FAILS(ws_poll(0, 0, 0), HOSTWS_E_WRONG_THREAD, "ws_wake");
  CHECK_INT(ws_poll(t->queue, 0, 0), HOSTWS_E_WRONG_THREAD);
  CHECK(ws_next(t->queue, 0) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_new("ws://127.0.0.1:1/", NULL, NULL), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_send(t->r.ws, "x", 1, 0), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_terminate(t->r.ws, 0, NULL), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_abort(t->r.ws), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_status(t->r.ws), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_url(t->r.ws, text, sizeof text), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_get_stats(t->r.ws, &stats), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_wait(t->queue, 0), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_wait_status(t->r.ws, HOSTWS_CLOSED, 0), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_pending(t->queue), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_queue_fd(t->queue), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_queue_new(), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_queue_free(t->queue), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_queue_on_wakeup(t->queue, NULL, NULL), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_shutdown(0), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_json_get("[1]", -1, "/0", text, sizeof text), HOSTWS_E_WRONG_THREAD);
  /* Functions that return constants are allowed, and so is ws_wake(). */
  CHECK_STR(ws_status_name(0), "Connecting");
  CHECK_INT(ws_wake(t->queue), HOSTWS_OK);
  t->done = 1;
}

static void it_may_call_nothing_but_wake(void) {
  trespasser t = {.queue = ws_queue_of(0)};
  CHECK_INT(ws_queue_on_wakeup(0, call_what_is_not_allowed, &t), HOSTWS_OK);
  record_open(&t.r, peer_url("ws", "/echo"), NULL);
  AWAIT(t.done);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
  PUMP(t.r.opens);
  record_close(&t.r);
  CHECK_STR(t.r.order, "OT");
  record_clear(&t.r);
}

static void log_what_is_not_allowed(int32_t level, const char *line, void *user_data) {
  (void)level;
  CHECK(line[0] != 0 && strchr(line, '\n') == NULL);
  trespasser *t = user_data;
  CHECK_INT(ws_send(t->r.ws, "x", 1, 0), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_poll(t->queue, 0, 0), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_E_WRONG_THREAD);
  CHECK_INT(ws_wake(t->queue), HOSTWS_OK);
  t->done++;
}

static void nor_may_a_log_function(void) {
  trespasser t = {.queue = ws_queue_of(0)};
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, log_what_is_not_allowed, &t), HOSTWS_OK);
  record_open(&t.r, peer_url("ws", "/echo"), NULL);
  PUMP(t.r.opens);
  record_close(&t.r);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
  CHECK(t.done >= 2);
  int lines = t.done;
  record_clear(&t.r);
  record_open(&t.r, peer_url("ws", "/echo"), NULL);
  PUMP(t.r.opens);
  record_close(&t.r);
  CHECK_INT(t.done, lines);
  record_clear(&t.r);
}

static atomic_int secrets;

static void look_for_secrets(int32_t level, const char *line, void *user_data) {
  (void)level, (void)user_data;
  if (strstr(line, "s3cret") != NULL) secrets++;
}

static void no_credentials_are_logged(void) {
  ws_header headers[] = {{"Authorization", "Bearer s3cret"}, {"Cookie", "sid=s3cret"}};
  ws_options options = default_options();
  options.headers = headers;
  options.header_count = 2;
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, look_for_secrets, NULL), HOSTWS_OK);
  char url[128] = "ws://user:s3cret@";
  strcat(url, peer_url("raw", "/status/401") + strlen("ws://"));
  record r = {0};
  record_open(&r, url, &options);
  PUMP(r.terminates);
  for (int i = 0; i < r.error_count; i++) CHECK(strstr(r.stack[i].message, "s3cret") == NULL);
  record_clear(&r);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
  CHECK_INT(secrets, 0);
}

int main(void) {
  peer_start();
  host = pthread_self();
  int threads = thread_count(), fds = fd_count();
  RUN(it_is_called_when_an_empty_queue_gets_something);
  RUN(its_calls_are_coalesced);
  RUN(it_is_called_again_when_a_poll_leaves_events_behind);
  RUN(a_loop_that_polls_only_when_called_misses_nothing);
  RUN(null_stops_it);
  RUN(the_former_function_is_not_running_when_it_was_replaced);
  RUN(a_queue_is_not_freed_while_its_function_runs);
  RUN(a_thread_does_not_end_while_its_function_runs);
  RUN(shutdown_forgets_it);
  RUN(shutdown_gives_a_log_function_all_of_its_time);
  RUN(it_may_call_nothing_but_wake);
  RUN(nor_may_a_log_function);
  RUN(no_credentials_are_logged);
  check_nothing_is_left(threads, fds);
  return 0;
}
