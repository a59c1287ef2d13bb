/* A cancelled thread ends alone, whatever it was doing with the library, and the process continues. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static ws_queue queue; /* of the connection that all of these threads use, one after the other */
static record r;
static atomic_int begun;
static int cancelled; /* so many threads */

static void *wait_for_ever(void *argument) {
  (void)argument;
  begun = 1;
  for (;;) ws_poll(queue, -1, 0);
  return NULL;
}

static void *only_wait(void *argument) {
  (void)argument;
  begun = 1;
  for (;;) ws_wait(queue, -1);
  return NULL;
}

static void *wait_for_the_end(void *argument) {
  (void)argument;
  begun = 1;
  for (;;) ws_wait_status(r.ws, HOSTWS_CLOSED, -1);
  return NULL;
}

static void *pull(void *argument) {
  ws_id ws = ws_open(peer_url("ws", "/echo"), NULL, NULL);
  (void)argument;
  for (;;) {
    begun = 1;
    if (ws_next(0, -1) != NULL) ws_send(ws, "again", -1, 0);
  }
  return NULL;
}

static void *go_to_and_fro(void *argument) {
  (void)argument;
  for (;;) {
    ws_send(r.ws, "x", 1, 0);
    begun = 1;
    ws_poll(queue, -1, 0);
  }
  return NULL;
}

static void *send_for_ever(void *argument) {
  char message[1000];
  memset(message, 'x', sizeof message);
  (void)argument;
  for (;;) {
    ws_send(r.ws, message, sizeof message, 0);
    begun = 1;
    ws_poll(queue, 0, 0);
  }
  return NULL;
}

static void *open_for_ever(void *argument) {
  (void)argument;
  for (;;) {
    ws_id ws = ws_new(peer_url("ws", "/echo"), NULL, NULL);
    ws_wait_status(ws, HOSTWS_CONNECTED, 100);
    begun = 1;
    ws_abort(ws);
  }
  return NULL;
}

static void cancel_in(void *(*body)(void *)) {
  for (int i = 0; i < 10; i++) {
    pthread_t thread;
    void *result = NULL;
    begun = 0;
    CHECK_INT(pthread_create(&thread, NULL, body, NULL), 0);
    AWAIT(begun);
    sleep_ms(i);
    CHECK_INT(pthread_cancel(thread), 0);
    CHECK_INT(pthread_join(thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    /* The next thread may poll, and everything is in order, behind whatever that thread has sent. */
    char last[32];
    int answer;
    snprintf(last, sizeof last, "still here, %d", ++cancelled);
    PUMP_QUEUE(queue, (answer = ws_send(r.ws, last, -1, 0)) != HOSTWS_E_AGAIN);
    CHECK_INT(answer, HOSTWS_OK);
    PUMP_QUEUE(queue, r.data != NULL && strcmp(r.data, last) == 0);
  }
}

static void in_a_wait_for_an_event(void) { cancel_in(wait_for_ever); }
static void in_a_wait_that_delivers_nothing(void) { cancel_in(only_wait); }
static void in_a_wait_for_a_status(void) { cancel_in(wait_for_the_end); }
static void in_a_pull(void) { cancel_in(pull); }
static void while_it_sends_and_receives(void) { cancel_in(go_to_and_fro); }
static void while_it_sends(void) { cancel_in(send_for_ever); }
static void while_it_opens(void) { cancel_in(open_for_ever); }

static atomic_int was_on;

static void *look_at_the_state(void *argument) {
  (void)argument;
  int former = -1;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  ws_poll(queue, 0, 0);
  CHECK_INT(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &former), 0);
  CHECK_INT(former, PTHREAD_CANCEL_DISABLE);
  ws_poll(queue, 0, 0);
  CHECK_INT(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &former), 0);
  CHECK_INT(former, PTHREAD_CANCEL_ENABLE);
  was_on = 1;
  return NULL;
}

static void the_hosts_own_setting_stays(void) {
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, look_at_the_state, NULL), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
  CHECK_INT(was_on, 1);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  queue = ws_queue_new();
  ws_options options = default_options();
  options.queue = queue;
  options.send_queue_max = 1 << 20;
  r.any_thread = 1;
  record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP_QUEUE(queue, r.opens);
  RUN(in_a_wait_for_an_event);
  RUN(in_a_wait_that_delivers_nothing);
  RUN(in_a_wait_for_a_status);
  RUN(in_a_pull);
  RUN(while_it_sends_and_receives);
  RUN(while_it_opens);
  RUN(while_it_sends);
  RUN(the_hosts_own_setting_stays);
  ws_abort(r.ws);
  PUMP_QUEUE(queue, r.terminates);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  check_nothing_is_left(threads, fds);
  return 0;
}
