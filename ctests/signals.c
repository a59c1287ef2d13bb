/* A wait ends when a signal handler has run on its thread, or has written to the queue's wake descriptor. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void note(int number) {
  (void)number;
  interrupted = 1;
}

static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  CHECK_INT(sigaction(number, &action, NULL), 0);
}

static pthread_t host;

/* Again and again until the handler has run: a signal that comes before the wait begins does not end it. */
static void *raise_it(void *done) {
  while (!*(volatile sig_atomic_t *)done) {
    sleep_ms(20);
    pthread_kill(host, SIGINT);
  }
  return NULL;
}

static volatile sig_atomic_t ended;

static void begin_to_raise(pthread_t *thread) {
  ended = interrupted = 0;
  host = pthread_self();
  CHECK_INT(pthread_create(thread, NULL, raise_it, (void *)&ended), 0);
}

static void end_to_raise(pthread_t thread) {
  ended = 1;
  pthread_join(thread, NULL);
  CHECK_INT(interrupted, 1);
}

static void a_handler_ends_a_wait(int flags) {
  handle(SIGINT, note, flags);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  ws_id pull = ws_open(peer_url("ws", "/echo"), NULL, NULL);
  CHECK(pull > 0);
  PUMP(r.opens);
  CHECK_INT(ws_next(0, PATIENCE_MS)->type, HOSTWS_EVENT_OPEN);
  pthread_t thread;

  begin_to_raise(&thread);
  CHECK_INT(ws_poll(0, -1, 0), 0);
  end_to_raise(thread);

  begin_to_raise(&thread);
  CHECK_INT(ws_wait(0, -1), 0);
  end_to_raise(thread);

  begin_to_raise(&thread);
  CHECK(ws_next(0, -1) == NULL);
  end_to_raise(thread);
  CHECK_INT(ws_last_error(), HOSTWS_E_TIMEOUT);
  CHECK_HAS(ws_last_error_message(), "a signal handler ran");

  ws_event events[4];
  memset(events, 0, sizeof events);
  events[0].struct_size = sizeof events[0];
  begin_to_raise(&thread);
  CHECK_INT(ws_next_batch(0, events, 4, -1), 0);
  end_to_raise(thread);

  begin_to_raise(&thread);
  CHECK_FAILS(ws_wait_status(r.ws, HOSTWS_CLOSED, -1), HOSTWS_E_TIMEOUT, "a signal handler ran");
  end_to_raise(thread);

  begin_to_raise(&thread);
  CHECK_FAILS(ws_wait_status(pull, HOSTWS_CLOSED, -1), HOSTWS_E_TIMEOUT, "a signal handler ran");
  end_to_raise(thread);

  /* Also with a timeout; and the queue still works. */
  begin_to_raise(&thread);
  int64_t begin = now_ms();
  CHECK_INT(ws_poll(0, 10 * PATIENCE_MS, 0), 0);
  CHECK(now_ms() - begin < PATIENCE_MS);
  end_to_raise(thread);
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  PUMP(r.messages);
  ws_terminate(pull, 0, NULL);
  CHECK_INT(ws_next(0, PATIENCE_MS)->type, HOSTWS_EVENT_TERMINATE);
  record_close(&r);
  record_clear(&r);
}

static void a_handler_ends_a_wait_without_sa_restart(void) { a_handler_ends_a_wait(0); }
static void a_handler_ends_a_wait_with_sa_restart(void) { a_handler_ends_a_wait(SA_RESTART); }

static volatile sig_atomic_t signals;

static void count(int number) {
  (void)number;
  signals++;
}

static void signals_amid_messages_in_quick_succession_lose_nothing(void) {
  /* The thread that waits runs the loop itself then. */
  handle(SIGALRM, count, SA_RESTART);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  signals = 0;
  int early = 0;
  int64_t end = now_ms() + 3 * PATIENCE_MS;
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 1; i <= 3000 || early == 0; i++) {
    CHECK(now_ms() < end);
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
    while (r.messages < i) {
      int polled = ws_poll(0, -1, 0);
      CHECK(polled == 0 || polled == 1);
      early += polled == 0;
    }
  }
  setitimer(ITIMER_REAL, &never, NULL);
  CHECK(signals > 0);
  record_close(&r);
  record_clear(&r);
}

static int wake_fd;

static void wake(int number) {
  int before = errno;
  char byte = (char)number;
  CHECK_INT(write(wake_fd, &byte, 1), 1);
  errno = before;
}

static void a_handler_before_the_wait_writes_to_the_wake_descriptor(void) {
  wake_fd = (int)ws_wake_fd(0);
  CHECK(wake_fd >= 3);
  CHECK_INT(ws_wake_fd(0), wake_fd);
  handle(SIGUSR1, wake, SA_RESTART);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  for (int i = 0; i < 100; i++) {
    CHECK_INT(raise(SIGUSR1), 0);
    CHECK_INT(ws_poll(0, 0, 0), 0);
    CHECK_INT(ws_poll(0, -1, 0), 0);
    CHECK_INT(raise(SIGUSR1), 0);
    CHECK_INT(ws_wait(0, -1), 0);
    /* While messages come in quick succession. */
    int messages = r.messages;
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
    PUMP(r.messages > messages);
  }
  /* The write never blocks the handler, however many bytes there are. */
  for (int i = 0; i < 100000; i++) {
    char byte = 1;
    CHECK(write(wake_fd, &byte, 1) == 1 || errno == EAGAIN);
  }
  CHECK_INT(ws_poll(0, -1, 0), 0);
  CHECK_INT(ws_poll(0, 20, 0), 0);
  record_close(&r);
  record_clear(&r);
}

static void *wait_for_ever(void *argument) {
  *(int *)argument = ws_poll(0, -1, 0);
  return NULL;
}

static void *have_a_connection(void *argument) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  wake_fd = (int)ws_wake_fd(0);
  wait_for_ever(argument);
  record_close(&r);
  record_clear(&r);
  return NULL;
}

static void a_handler_on_another_thread_reaches_the_one_that_waits(void) {
  int answer = -1;
  pthread_t thread;
  wake_fd = -1;
  CHECK_INT(pthread_create(&thread, NULL, have_a_connection, &answer), 0);
  AWAIT(*(volatile int *)&wake_fd >= 0);
  sleep_ms(20);
  CHECK_INT(raise(SIGUSR1), 0); /* on this thread */
  pthread_join(thread, NULL);
  CHECK_INT(answer, 0);
}

static sigjmp_buf out;

static void leave(int number) {
  (void)number;
  siglongjmp(out, 1);
}

static void a_handler_may_leave_the_wait_by_siglongjmp(void) {
  record r = {0};
  ws_queue queue = ws_queue_new();
  ws_options options = default_options();
  options.queue = queue;
  r.any_thread = 1;
  record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP_QUEUE(queue, r.opens);
  handle(SIGALRM, leave, SA_RESTART);
  struct itimerval once = {{0, 0}, {0, 300000}};
  if (sigsetjmp(out, 1) == 0) {
    setitimer(ITIMER_REAL, &once, NULL);
    ws_poll(queue, -1, 0);
    check_failed(__FILE__, __LINE__, "the handler leaves");
  }
  /* The effect is the same as if that call had returned. */
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  PUMP_QUEUE(queue, r.messages);
  CHECK_INT(ws_terminate(r.ws, 0, NULL), HOSTWS_OK);
  PUMP_QUEUE(queue, r.terminates);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_handler_ends_a_wait_without_sa_restart);
  RUN(a_handler_ends_a_wait_with_sa_restart);
  RUN(signals_amid_messages_in_quick_succession_lose_nothing);
  RUN(a_handler_before_the_wait_writes_to_the_wake_descriptor);
  RUN(a_handler_on_another_thread_reaches_the_one_that_waits);
  RUN(a_handler_may_leave_the_wait_by_siglongjmp);
  check_nothing_is_left(threads, fds + 2); /* this thread's wake descriptor */
  return 0;
}
