/* A wake-up or log function that ends its thread ends neither the process nor the connections. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>

static atomic_int calls;

static void end_the_thread(void *user_data) {
  (void)user_data;
  calls++;
  pthread_exit(NULL);
}

static void count_call(void *user_data) {
  (void)user_data;
  calls++;
}

static void another_thread_goes_on_with_the_connections(void) {
  record r = {0};
  for (int i = 1; i <= 5; i++) {
    calls = 0;
    CHECK_INT(ws_queue_on_wakeup(0, end_the_thread, NULL), HOSTWS_OK);
    int messages = r.messages;
    if (i == 1) record_open(&r, peer_url("ws", "/echo"), NULL);
    if (i > 1) CHECK_INT(ws_send(r.ws, "one", -1, 0), HOSTWS_OK);
    AWAIT(calls == 1);
    PUMP(i == 1 ? r.opens == 1 : r.messages == messages + 1);
    CHECK_INT(ws_send(r.ws, "two", -1, 0), HOSTWS_OK);
    messages = r.messages;
    PUMP(r.messages == messages + 1);
    CHECK_INT(calls, 1); /* it is not called again */
  }
  /* Another function is called. */
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, NULL), HOSTWS_OK);
  CHECK_INT(ws_send(r.ws, "three", -1, 0), HOSTWS_OK);
  AWAIT(calls == 1);
  record_close(&r);
  record_clear(&r);
}

static pthread_t main_thread;
static atomic_int lines;
static atomic_int may_return;

static void log_and_end_the_thread(int32_t level, const char *line, void *user_data) {
  (void)level, (void)line, (void)user_data;
  if (pthread_equal(pthread_self(), main_thread)) return;
  lines++;
  pthread_exit(NULL);
}

static void log_and_block(int32_t level, const char *line, void *user_data) {
  (void)level, (void)line, (void)user_data;
  if (pthread_equal(pthread_self(), main_thread)) return;
  lines++;
  AWAIT(may_return);
}

static void count_line(int32_t level, const char *line, void *user_data) {
  (void)level, (void)line, (void)user_data;
  lines++;
}

static void converse(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens == 1);
  CHECK_INT(ws_send(r.ws, "hello", -1, 0), HOSTWS_OK);
  PUMP(r.messages == 1);
  record_close(&r);
  record_clear(&r);
}

static void a_log_function_may_end_its_thread_too(void) {
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, log_and_end_the_thread, NULL), HOSTWS_OK);
  lines = 0;
  converse();
  AWAIT(lines == 1);
  converse();
  CHECK_INT(lines, 1); /* it is not called again */
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, count_line, NULL), HOSTWS_OK);
  converse();
  AWAIT(lines > 1);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
}

static void no_connection_waits_for_a_log_function(void) {
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, log_and_block, NULL), HOSTWS_OK);
  lines = 0;
  may_return = 0;
  converse();
  AWAIT(lines == 1);
  may_return = 1;
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
  CHECK(lines > 1); /* the others had waited */
}

int main(void) {
  main_thread = pthread_self();
  peer_start();
  int fds = fd_count();
  RUN(another_thread_goes_on_with_the_connections);
  RUN(a_log_function_may_end_its_thread_too);
  RUN(no_connection_waits_for_a_log_function);
  /* The ended threads remain, but nothing waits for them. */
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  AWAIT(fd_count() == fds);
  return 0;
}
