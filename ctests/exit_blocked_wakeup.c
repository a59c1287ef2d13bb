/* A program can exit at once while its wake-up function waits for a lock that the exiting thread holds. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the program that ends: this one, run again with the way to end and the URL ---- */

static pthread_mutex_t host = PTHREAD_MUTEX_INITIALIZER;
static atomic_int is_called;

/* As an interpreter takes its lock before it does anything else. */
static void take_the_lock(void *user_data) {
  (void)user_data;
  is_called = 1;
  pthread_mutex_lock(&host);
  pthread_mutex_unlock(&host);
}

static record r;

static void hold_the_lock(const char *url) {
  pthread_mutex_lock(&host);
  CHECK_INT(ws_queue_on_wakeup(0, take_the_lock, NULL), HOSTWS_OK);
  record_open(&r, url, NULL);
  AWAIT(is_called);
  sleep_ms(20); /* it waits for the lock by then */
}

static void *exit_elsewhere(void *url) {
  hold_the_lock(url);
  exit(0);
}

static int hold_the_lock_and_end(const char *way, char *url) {
  if (strcmp(way, "thread") == 0) {
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, exit_elsewhere, url), 0);
    for (;;) sleep_ms(1000);
  }
  hold_the_lock(url);
  if (strcmp(way, "exit") == 0) exit(0);
  return 0;
}

/* ---- the test ---- */

static void ends(char *way) {
  printf("- a program ends well with a blocked wake-up function by: %s\n", way);
  char url[128];
  strcpy(url, peer_url("ws", "/echo"));
  char *arguments[] = {"exit_blocked_wakeup", way, url, NULL};
  for (int i = 0; i < 3; i++) check_other_self(arguments, 0);
}

int main(int count, char **arguments) {
  if (count > 2) return hold_the_lock_and_end(arguments[1], arguments[2]);
  peer_start();
  ends("return");
  ends("exit");
  ends("thread");
  return 0;
}
