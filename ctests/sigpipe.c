/* The library neither raises signals nor receives those of the host. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void send_until_it_is_over(const char *url, const ws_options *options) {
  for (int i = 0; i < 20; i++) {
    record r = {0};
    record_open(&r, url, options);
    char message[10000];
    memset(message, 'x', sizeof message);
    PUMP(r.opens);
    int answer, refused = 0;
    do {
      answer = ws_send(r.ws, message, sizeof message, 0);
      if (answer == HOSTWS_E_AGAIN) refused++, sleep_ms(1);
    } while (answer == HOSTWS_OK || answer == HOSTWS_E_AGAIN);
    CHECK_INT(answer, HOSTWS_E_CLOSED);
    PUMP(r.terminates);
    /* The socket may have had room again before the server went away. */
    CHECK(strcmp(r.order, "OET") == 0 || (refused && strcmp(r.order, "ODET") == 0));
    CHECK_INT(r.code, 1006);
    record_clear(&r);
  }
}

static void a_server_that_goes_away_raises_no_sigpipe(void) {
  send_until_it_is_over(peer_url("ws", "/drop"), NULL);
  send_until_it_is_over(peer_url("ws", "/rst"), NULL);
}

static void nor_does_it_over_tls(void) {
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  send_until_it_is_over(peer_url("wss", "/drop"), &options);
  send_until_it_is_over(peer_url("wss", "/rst"), &options);
}

static void nor_does_it_on_a_unix_socket(void) {
  char url[1100];
  snprintf(url, sizeof url, "ws+unix://%s:/drop", peer_file("unix") + 1);
  send_until_it_is_over(url, NULL);
}

static volatile sig_atomic_t signals, on_other_threads;

static void count_signal(int number) {
  (void)number;
  signals++;
  if (gettid() != getpid()) on_other_threads++;
}

static void the_hosts_handlers_run_on_the_hosts_threads(void) {
  struct sigaction action = {.sa_handler = count_signal}; /* no SA_RESTART: calls are interrupted */
  sigaction(SIGUSR1, &action, NULL);
  record r = {0}, resolving = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  record_open(&resolving, "ws://no..such-host.invalid/", NULL);
  PUMP(r.opens);
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  CHECK_INT(kill(getpid(), SIGUSR1), 0);
  for (int i = 0; i < 20; i++) {
    ws_send(r.ws, "x", 1, 0);
    pump_for(5);
  }
  /* Every thread of the library blocks it, so it is still pending for this thread. */
  CHECK_INT(signals, 0);
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGUSR1));
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  CHECK_INT(signals, 1);
  CHECK_INT(on_other_threads, 0);
  PUMP(resolving.terminates);
  record_close(&r);
  record_clear(&r);
  record_clear(&resolving);
}

static void the_hosts_signal_mask_stays_as_it_was(void) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, NULL, &before);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  pthread_sigmask(SIG_SETMASK, NULL, &after);
  for (int number = 1; number < 32; number++) CHECK_INT(sigismember(&after, number), sigismember(&before, number));
  struct sigaction action;
  sigaction(SIGPIPE, NULL, &action);
  CHECK(action.sa_handler == SIG_DFL);
  record_clear(&r);
}

int main(void) {
  peer_start();
  signal(SIGPIPE, SIG_DFL);
  int threads = thread_count(), fds = fd_count();
  RUN(a_server_that_goes_away_raises_no_sigpipe);
  RUN(nor_does_it_over_tls);
  RUN(nor_does_it_on_a_unix_socket);
  RUN(the_hosts_handlers_run_on_the_hosts_threads);
  RUN(the_hosts_signal_mask_stays_as_it_was);
  check_nothing_is_left(threads, fds);
  return 0;
}
