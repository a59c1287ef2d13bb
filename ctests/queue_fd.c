/* The descriptor for the host's own loop: readable exactly while an event can be delivered. */
#include "check.h"
#include "descriptor.h"
#include "peer.h"
#include "record.h"

#include <string.h>

static intptr_t fd;

static int readable(int timeout_ms) { return is_readable(fd, timeout_ms); }

static void it_is_the_same_each_time(void) {
  fd = ws_queue_fd(0);
  CHECK(fd >= 0);
  CHECK_INT(ws_queue_fd(0), fd);
  CHECK_INT(ws_queue_fd(ws_queue_of(0)), fd);
  CHECK_INT(readable(0), 0);
  /* A socket, which every loop can watch. */
  CHECK(is_socket(fd));
}

static void it_is_readable_exactly_while_something_waits(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(readable(0), 1); /* level-triggered */
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_INT(readable(20), 0);
  for (int i = 0; i < 200; i++) {
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
    CHECK_INT(readable(PATIENCE_MS), 1);
    CHECK_INT(ws_poll(0, 0, 0), 1);
    CHECK_INT(readable(0), 0);
  }
  ws_terminate(r.ws, 0, NULL);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_INT(r.terminates, 1);
  CHECK_INT(readable(20), 0);
  record_clear(&r);
}

static void it_stays_readable_while_events_are_left(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/flood?n=50&size=5"), NULL);
  AWAIT(ws_pending(0) == 51);
  for (int left = 51; left > 0; left--) {
    CHECK_INT(readable(0), 1);
    CHECK_INT(ws_poll(0, 0, 1), 1);
  }
  CHECK_INT(readable(20), 0);
  record_close(&r);
  record_clear(&r);
}

static void eat(void) { read_all(fd); }

static void a_host_that_reads_from_it_does_no_harm(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(readable(PATIENCE_MS), 1);
  eat();
  CHECK_INT(ws_pending(0), 1);
  CHECK_INT(readable(0), 1); /* asking puts it right */
  eat();
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  CHECK_INT(readable(PATIENCE_MS), 1); /* and so does the next event */
  AWAIT(ws_pending(0) == 2);
  eat();
  CHECK_INT(ws_poll(0, 0, 1), 1);
  CHECK_INT(readable(0), 1); /* and a poll that leaves something behind */
  eat();
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_INT(readable(20), 0);
  record_close(&r);
  record_clear(&r);
}

static void it_serves_ws_next_as_well(void) {
  ws_id ws = ws_open(peer_url("ws", "/flood?n=10&size=5"), NULL, NULL);
  AWAIT(ws_pending(0) == 11);
  for (int left = 11; left > 0; left--) {
    CHECK_INT(readable(0), 1);
    CHECK(ws_next(0, 0) != NULL);
  }
  CHECK_INT(readable(20), 0);
  CHECK(ws_next(0, 0) == NULL);
  ws_terminate(ws, 0, NULL);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(ws_next(0, 0)->type, HOSTWS_EVENT_TERMINATE);
  CHECK_INT(readable(20), 0);
}

static void terminate_takes_back_what_will_not_be_delivered(void) {
  record r = {0};
  record_open(&r, peer_url("raw", "/no-close-reply"), NULL);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(ws_terminate(r.ws, 0, NULL), HOSTWS_OK);
  CHECK_INT(ws_pending(0), 0);
  CHECK_INT(readable(0), 0);
  CHECK_INT(ws_abort(r.ws), HOSTWS_OK);
  CHECK_INT(readable(PATIENCE_MS), 1);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK_STR(r.order, "T");
  record_clear(&r);
}

static int pending_inside = -1;

static void look_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type != HOSTWS_EVENT_OPEN) return;
  pending_inside = ws_pending(0);
  CHECK_INT(readable(0), 0);
}

static void an_event_is_off_the_queue_before_its_callback(void) {
  record r = {.hook = look_inside};
  record_open(&r, peer_url("ws", "/silent"), NULL);
  PUMP(r.opens);
  CHECK_INT(pending_inside, 0);
  ws_abort(r.ws);
  record_close(&r);
  record_clear(&r);
}

static void a_whole_program_runs_on_it(void) {
  enum { MANY = 20 };
  record records[MANY];
  memset(records, 0, sizeof records);
  for (int i = 0; i < MANY; i++) {
    record_open(&records[i], peer_url("ws", "/flood?n=1000&size=20"), NULL);
    CHECK(records[i].ws > 0);
  }
  int messages = 0;
  while (messages < MANY * 1000) {
    CHECK_INT(readable(PATIENCE_MS), 1);
    CHECK(ws_poll(0, 0, 50) > 0);
    messages = 0;
    for (int i = 0; i < MANY; i++) messages += records[i].messages;
  }
  for (int i = 0; i < MANY; i++) ws_terminate(records[i].ws, 0, NULL);
  for (int i = 0; i < MANY; i++) {
    while (!records[i].terminates) {
      CHECK_INT(readable(PATIENCE_MS), 1);
      CHECK(ws_poll(0, 0, 0) > 0);
    }
    record_clear(&records[i]);
  }
  CHECK_INT(readable(20), 0);
}

static void it_is_closed_with_its_queue(void) {
  int before = fd_count();
  ws_queue queue = ws_queue_new();
  int other = (int)ws_queue_fd(queue);
  CHECK(other >= 0 && other != fd);
  CHECK_FDS(before + 2);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  CHECK_FDS(before);
}

static void *have_one(void *argument) {
  (void)argument;
  CHECK(ws_queue_fd(0) >= 0);
  return NULL;
}

static void it_is_closed_with_its_thread(void) {
  int before = fd_count();
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, have_one, NULL), 0);
  pthread_join(thread, NULL);
  CHECK_FDS(before);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(it_is_the_same_each_time);
  RUN(it_is_readable_exactly_while_something_waits);
  RUN(it_stays_readable_while_events_are_left);
  RUN(a_host_that_reads_from_it_does_no_harm);
  RUN(it_serves_ws_next_as_well);
  RUN(terminate_takes_back_what_will_not_be_delivered);
  RUN(an_event_is_off_the_queue_before_its_callback);
  RUN(a_whole_program_runs_on_it);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  RUN(it_is_closed_with_its_queue);
  RUN(it_is_closed_with_its_thread);
  check_nothing_is_left(threads, fds + 2); /* the pair of this thread's own queue */
  return 0;
}
