/* A fault in a function of the host on a thread of the library calls the host's signal handler, as anywhere. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __thread sigjmp_buf back;
static atomic_int faults, calls;

static void jump_back(int signal) {
  faults++;
  siglongjmp(back, signal);
}

static void fault(void) { raise(SIGSEGV); }

static void fault_and_go_on(void *user_data) {
  (void)user_data;
  if (sigsetjmp(back, 1) == 0) fault();
  calls++;
}

static void fault_in_the_log(int32_t level, const char *line, void *user_data) {
  (void)level, (void)line;
  fault_and_go_on(user_data);
}

static void on_fault(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  CHECK_INT(sigaction(SIGSEGV, &action, NULL), 0);
}

static void a_handler_may_leave_by_siglongjmp(void) {
  on_fault(jump_back);
  faults = calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, fault_and_go_on, NULL), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  AWAIT(calls == 1);
  PUMP(r.opens);
  ws_send(r.ws, "x", 1, 0);
  AWAIT(calls >= 2);
  PUMP(r.messages == 1);
  AWAIT(faults == calls);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
  record_close(&r);
  record_clear(&r);
}

static void also_out_of_a_log_function(void) {
  faults = calls = 0;
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, fault_in_the_log, NULL), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  record_clear(&r);
  /* The lines of the library's threads come from a thread of their own. */
  AWAIT(calls > 0);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
  AWAIT(faults == calls);
}

/* ---- which signals such a function can get ---- */

static sigset_t blocked;

static void note_mask(void *user_data) {
  (void)user_data;
  pthread_sigmask(SIG_BLOCK, NULL, &blocked);
  calls++;
}

static void asynchronous_signals_are_blocked_and_what_the_host_blocks(void) {
  static const int asynchronous[] = {SIGHUP,  SIGINT,   SIGQUIT,  SIGPIPE, SIGALRM,   SIGTERM, SIGUSR1, SIGUSR2,
                                     SIGCHLD, SIGTSTP,  SIGWINCH, SIGIO,   SIGVTALRM, SIGPROF, SIGURG};
  sigset_t expected, old;
  sigemptyset(&expected);
  for (size_t i = 0; i < sizeof asynchronous / sizeof *asynchronous; i++) sigaddset(&expected, asynchronous[i]);
  /* It may fetch this one by sigwait(): where it was not blocked, it would end the process. Faults are let through. */
  sigaddset(&expected, SIGRTMIN);
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGSEGV);
  sigaddset(&own, SIGRTMIN);
  CHECK_INT(pthread_sigmask(SIG_BLOCK, &own, &old), 0);
  CHECK_INT(raise(SIGRTMIN), 0); /* it stays pending, also while a thread is started */
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK); /* so that the thread starts anew */
  calls = 0;
  CHECK_INT(ws_queue_on_wakeup(0, note_mask, NULL), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  AWAIT(calls > 0);
  PUMP(r.opens);
  CHECK_INT(ws_queue_on_wakeup(0, NULL, NULL), HOSTWS_OK);
  for (int signal = 1; signal <= SIGRTMAX; signal++) {
    if (signal == SIGKILL || signal == SIGSTOP || (signal > 31 && signal < SIGRTMIN)) continue;
    if (sigismember(&blocked, signal) != sigismember(&expected, signal)) {
      printf("signal %d (%s)\n", signal, strsignal(signal));
      CHECK_INT(sigismember(&blocked, signal), sigismember(&expected, signal));
    }
  }
  CHECK_INT(kill(getpid(), SIGRTMIN), 0);
  sigset_t fetched;
  sigemptyset(&fetched);
  sigaddset(&fetched, SIGRTMIN);
  for (int i = 0; i < 2; i++) {
    int got = 0;
    CHECK_INT(sigwait(&fetched, &got), 0);
    CHECK_INT(got, SIGRTMIN);
  }
  /* The host's thread has its own signal mask again. */
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, &old, &now);
  CHECK(sigismember(&now, SIGSEGV) && sigismember(&now, SIGRTMIN) && !sigismember(&now, SIGTERM));
  record_close(&r);
  record_clear(&r);
}

/* ---- a handler that ends the program ---- */

static void leave(int signal) {
  (void)signal;
  _exit(3);
}

static void fault_for_good(void *user_data) {
  (void)user_data;
  fault();
}

static int fault_and_end(const char *url) {
  on_fault(leave);
  CHECK_INT(ws_queue_on_wakeup(0, fault_for_good, NULL), HOSTWS_OK);
  record r = {0};
  record_open(&r, url, NULL);
  sleep_ms(PATIENCE_MS);
  return 1;
}

static void a_handler_may_end_the_program(void) {
  char url[128];
  strcpy(url, peer_url("ws", "/echo"));
  char *arguments[] = {"wakeup_faults", url, NULL};
  check_other_self(arguments, 3);
}

int main(int count, char **arguments) {
  if (count > 1) return fault_and_end(arguments[1]);
  peer_start();
  RUN(a_handler_may_leave_by_siglongjmp);
  RUN(also_out_of_a_log_function);
  RUN(asynchronous_signals_are_blocked_and_what_the_host_blocks);
  RUN(a_handler_may_end_the_program);
  return 0;
}
