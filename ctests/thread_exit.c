/* A wake-up function that ends its thread ends neither the process nor the connections. */
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
  /* Another function is. */
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, count_call, NULL), HOSTWS_OK);
  CHECK_INT(ws_send(r.ws, "three", -1, 0), HOSTWS_OK);
  AWAIT(calls == 1);
  record_close(&r);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int fds = fd_count();
  RUN(another_thread_goes_on_with_the_connections);
  /* The threads that were ended stay, but nothing waits for them. */
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  CHECK_INT(fd_count(), fds);
  return 0;
}
