/* In a forked child every call fails until ws_shutdown(). The parent is not affected. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In a child of a program with threads, GCC's AddressSanitizer may find its own allocator locked for ever. */
#ifdef __SANITIZE_ADDRESS__
#define ALLOCATOR_KNOWS_OF_FORK 0
#else
#define ALLOCATOR_KNOWS_OF_FORK 1
#endif

static void every_call_is_refused(ws_id ws) {
  char text[64];
  ws_handler handler = {.struct_size = sizeof handler};
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_FAILS(ws_new(peer_url("ws", "/echo"), NULL, NULL), HOSTWS_E_FORKED, "fork");
  CHECK_INT(ws_open(peer_url("ws", "/echo"), NULL, NULL), HOSTWS_E_FORKED);
  CHECK_INT(ws_send(ws, "x", 1, 0), HOSTWS_E_FORKED);
  CHECK_INT(ws_send_ex(ws, "x", 1, 0, HOSTWS_MORE), HOSTWS_E_FORKED);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_E_FORKED);
  CHECK_INT(ws_abort(ws), HOSTWS_E_FORKED);
  CHECK_INT(ws_status(ws), HOSTWS_E_FORKED);
  CHECK_INT(ws_url(ws, text, sizeof text), HOSTWS_E_FORKED);
  CHECK_INT(ws_data_type(ws), HOSTWS_E_FORKED);
  CHECK_INT(ws_get_handler(ws, &handler), HOSTWS_E_FORKED);
  CHECK_INT(ws_ping(ws, "x", 1), HOSTWS_E_FORKED);
  CHECK_INT(ws_set_header(ws, "X-Token", "x"), HOSTWS_E_FORKED);
  CHECK_INT(ws_buffered_amount(ws), HOSTWS_E_FORKED);
  CHECK_INT(ws_subprotocol(ws, text, sizeof text), HOSTWS_E_FORKED);
  CHECK_INT(ws_response_status(ws), HOSTWS_E_FORKED);
  CHECK_INT(ws_response_header(ws, "upgrade", text, sizeof text), HOSTWS_E_FORKED);
  CHECK_INT(ws_response_header_at(ws, 0, NULL, 0, text, sizeof text), HOSTWS_E_FORKED);
  CHECK_INT(ws_response_body(ws, text, sizeof text), HOSTWS_E_FORKED);
  CHECK_INT(ws_peer_certificate(ws, text, sizeof text), HOSTWS_E_FORKED);
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_E_FORKED);
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_FORKED);
  CHECK(ws_next(0, -1) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_FORKED);
  ws_event events[2] = {{.struct_size = sizeof events[0]}};
  CHECK_INT(ws_next_batch(0, events, 2, -1), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_busy_poll(0, 20), HOSTWS_E_FORKED);
  CHECK_INT(ws_wait(0, -1), HOSTWS_E_FORKED);
  CHECK_INT(ws_wait_status(ws, HOSTWS_CLOSED, -1), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_new(), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_free(1), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_of(ws), HOSTWS_E_FORKED);
  CHECK_INT(ws_wake(0), HOSTWS_E_FORKED);
  CHECK_INT(ws_pending(0), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_fd(0), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_loop_fd(0), HOSTWS_E_FORKED);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_E_FORKED);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_E_FORKED);
  CHECK_INT(ws_json_get("[1]", -1, "/0", text, sizeof text), HOSTWS_E_FORKED);
  /* Functions that need no lock still work. */
  CHECK_STR(ws_status_name(HOSTWS_CLOSED), "Closed");
  CHECK_INT(ws_version_number(), HOSTWS_VERSION_NUMBER);
  CHECK(ws_version()[0] != 0 && ws_strerror(HOSTWS_E_FORKED)[0] != 0);
}

static void talk(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(ws_send(ws, "from the child", -1, 0), HOSTWS_OK);
  PUMP(r.messages);
  CHECK_STR(r.data, "from the child");
  record_close(&r);
  CHECK_STR(r.order, "OMT");
  CHECK_INT(r.code, 1000);
  record_clear(&r);
}

static record ours;

/* Forks, lets the child act, and checks that the parent's connection still works. */
static void in_child(void (*body)(void)) {
  int before = ours.messages;
  int pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    body();
    child_succeeds();
  }
  check_child(pid, 0);
  CHECK_INT(ws_send(ours.ws, "still here", -1, 0), HOSTWS_OK);
  PUMP(ours.messages == before + 1);
}

static void be_refused(void) { every_call_is_refused(ours.ws); }

static void a_child_is_refused_every_call(void) { in_child(be_refused); }

static void start_afresh(void) {
  every_call_is_refused(ours.ws);
  CHECK_INT(ws_shutdown(-1), HOSTWS_OK);
  CHECK_INT(ws_status(ours.ws), HOSTWS_CLOSED);
  CHECK_INT(ws_send(ours.ws, "x", 1, 0), HOSTWS_E_CLOSED);
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
  talk();
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
}

static void after_shutdown_a_child_has_connections_of_its_own(void) { in_child(start_afresh); }

static void have_a_grandchild(void) {
  CHECK_INT(ws_shutdown(0), HOSTWS_OK);
  talk();
  int pid = fork();
  if (pid == 0) {
    every_call_is_refused(ours.ws);
    CHECK_INT(ws_shutdown(0), HOSTWS_OK);
    talk();
    child_succeeds();
  }
  check_child(pid, 0);
  talk();
}

static void a_grandchild_is_a_child_too(void) { in_child(have_a_grandchild); }

static void lose_a_thread(void) {
  CHECK_INT(ws_shutdown(0), HOSTWS_OK);
  int fds = fd_count();
  CHECK_INT(thread_count(), 1);
  for (int i = 0; i < 10; i++) talk();
  check_nothing_is_left(1, fds);
}

static void the_childs_threads_end_too(void) { in_child(lose_a_thread); }

static char open_before[256]; /* descriptors that are not the library's */

static void a_child_that_runs_another_program_needs_nothing(void) {
  int pid = fork();
  if (pid == 0) {
    /* It inherits no descriptor of the library: all are close-on-exec. */
    for (int fd = 0; fd < 256; fd++) {
      int flags = fcntl(fd, F_GETFD);
      if (flags >= 0 && !open_before[fd]) CHECK(flags & FD_CLOEXEC);
    }
    execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
    _exit(1);
  }
  check_child(pid, 7);
}

static int child_of_callback;

static void fork_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)user_data;
  if (event->type != HOSTWS_EVENT_MESSAGE || child_of_callback != 0) return;
  child_of_callback = fork();
  if (child_of_callback == 0) every_call_is_refused(ws);
}

static void a_child_made_in_a_callback_can_return_from_it(void) {
  record r = {.hook = fork_inside};
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), NULL);
  AWAIT(ws_pending(0) == 101);
  int parent = getpid();
  ws_poll(0, PATIENCE_MS, 0);
  if (getpid() != parent) {
    CHECK_INT(r.messages, 1);
    every_call_is_refused(r.ws);
    CHECK_INT(ws_shutdown(0), HOSTWS_OK);
    talk();
    CHECK_INT(r.messages, 1);
    child_succeeds();
  }
  CHECK(child_of_callback > 0);
  check_child(child_of_callback, 0);
  PUMP(r.messages == 100);
  record_close(&r);
  record_clear(&r);
}

static void shutdown_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type != HOSTWS_EVENT_MESSAGE || child_of_callback != 0) return;
  child_of_callback = fork();
  if (child_of_callback == 0) {
    CHECK_INT(ws_shutdown(0), HOSTWS_OK);
    talk();
  }
}

static void a_child_can_start_afresh_inside_a_callback(void) {
  child_of_callback = 0;
  record r = {.hook = shutdown_inside};
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), NULL);
  AWAIT(ws_pending(0) == 101);
  int parent = getpid();
  int answer = ws_poll(0, PATIENCE_MS, 0);
  if (getpid() != parent) {
    CHECK(answer >= 0);
    CHECK_INT(r.messages, 1); /* the rest is the parent's */
    talk();
    child_succeeds();
  }
  CHECK(child_of_callback > 0);
  check_child(child_of_callback, 0);
  PUMP(r.messages == 100);
  record_close(&r);
  record_clear(&r);
}

static atomic_int forks_left = 50;

static void *fork_again_and_again(void *argument) {
  (void)argument;
  for (; forks_left > 0; forks_left--) {
    int pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      every_call_is_refused(ours.ws);
      if (forks_left % 2 && ALLOCATOR_KNOWS_OF_FORK) {
        CHECK_INT(ws_shutdown(0), HOSTWS_OK);
        talk();
      }
      child_succeeds();
    }
    check_child(pid, 0);
  }
  return NULL;
}

static void threads_can_fork_while_traffic_flows(void) {
  record flood = {0};
  record_open(&flood, peer_url("ws", "/echo"), NULL);
  PUMP(flood.opens);
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, fork_again_and_again, NULL), 0);
  int sent = 0;
  while (forks_left > 0) {
    if (sent - flood.messages < 1000) {
      CHECK_INT(ws_send(flood.ws, "keep going", -1, 0), HOSTWS_OK);
      sent++;
    }
    ws_poll(0, 0, 10);
  }
  pthread_join(thread, NULL);
  PUMP(flood.messages == sent);
  record_close(&flood);
  CHECK_INT(flood.code, 1000);
  record_clear(&flood);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  for (int fd = 0; fd < 256; fd++) open_before[fd] = fcntl(fd, F_GETFD) >= 0;
  record_open(&ours, peer_url("ws", "/echo"), NULL);
  PUMP(ours.opens);
  RUN(a_child_is_refused_every_call);
  RUN(after_shutdown_a_child_has_connections_of_its_own);
  RUN(a_grandchild_is_a_child_too);
  RUN(the_childs_threads_end_too);
  RUN(a_child_that_runs_another_program_needs_nothing);
  RUN(a_child_made_in_a_callback_can_return_from_it);
  RUN(a_child_can_start_afresh_inside_a_callback);
  RUN(threads_can_fork_while_traffic_flows);
  record_close(&ours);
  record_clear(&ours);
  check_nothing_is_left(threads, fds);
  return 0;
}
