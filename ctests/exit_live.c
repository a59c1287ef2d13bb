/* A program can exit at any moment with open connections and traffic: at once, with its own status. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the program that ends: this one, run again with the way to end and the URLs ---- */

static record flood, echo, secure, elsewhere, connecting;

static void at_exit(void) {
  /* It may still call the library. The results are not defined, but the calls return. */
  ws_status(flood.ws);
  ws_send(echo.ws, "late", -1, 0);
  ws_poll(0, 0, 0);
  ws_next(0, 0);
  ws_terminate(flood.ws, 0, NULL);
  CHECK(ws_last_error_message() != NULL);
}

static void shut_down_at_exit(void) { ws_shutdown(1000); }

static void *exit_here(void *argument) {
  (void)argument;
  sleep_ms(20);
  exit(0);
}

static void exit_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type == HOSTWS_EVENT_MESSAGE) exit(0);
}

static void *poll_for_ever(void *argument) {
  record *r = argument;
  record_open(r, r->extra, NULL);
  while (ws_poll(0, -1, 0) >= 0) {}
  return NULL;
}

static int live_and_end(char **urls, const char *way) {
  ws_options trusting = default_options();
  trusting.tls_ca = urls[3];
  atexit(at_exit);
  record_open(&flood, urls[0], NULL);
  record_open(&echo, urls[1], NULL);
  record_open(&secure, urls[2], &trusting);
  elsewhere.extra = urls[0];
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, poll_for_ever, &elsewhere), 0);
  PUMP(flood.messages > 10 && echo.opens && secure.messages > 10);
  ws_send(echo.ws, "x", 1, 0);
  if (strcmp(way, "exit") == 0) exit(0);
  if (strcmp(way, "callback") == 0) {
    flood.hook = exit_inside;
    PUMP(0);
  }
  if (strcmp(way, "thread") == 0) {
    CHECK_INT(pthread_create(&thread, NULL, exit_here, NULL), 0);
    for (;;) ws_poll(0, -1, 0);
  }
  if (strcmp(way, "shutdown") == 0) atexit(shut_down_at_exit);
  if (strcmp(way, "pthread_exit") == 0) {
    CHECK_INT(pthread_create(&thread, NULL, exit_here, NULL), 0);
    end_thread();
  }
  if (strcmp(way, "connecting") == 0) {
    record_open(&connecting, urls[4], NULL);
    ws_new("ws://no..such-host.invalid/", NULL, NULL);
  }
  return 0;
}

/* ---- the test ---- */

#if defined __SANITIZE_ADDRESS__ || defined _WIN32
enum { TIMES = 1 }; /* each takes seconds */
#else
enum { TIMES = 3 };
#endif

static void ends(char *way) {
  printf("- a program ends well by: %s\n", way);
  char flood_url[128], echo_url[128], secure_url[128], silent_url[128], ca[1024];
  strcpy(flood_url, peer_url("ws", "/flood?n=100000000&size=100"));
  strcpy(echo_url, peer_url("ws", "/echo"));
  strcpy(secure_url, peer_url("wss", "/flood?n=100000000&size=100"));
  strcpy(silent_url, peer_url("raw", "/silent"));
  strcpy(ca, peer_ca());
  char *arguments[] = {"exit_live", way, flood_url, echo_url, secure_url, ca, silent_url, NULL};
  for (int i = 0; i < TIMES; i++) check_silent_self(arguments, 0);
}

int main(int count, char **arguments) {
  if (count > 2) return live_and_end(arguments + 2, arguments[1]);
  peer_start();
  ends("return");
  ends("exit");
  ends("callback");
  ends("thread");
  ends("shutdown");
  ends("pthread_exit");
  ends("connecting");
  return 0;
}
