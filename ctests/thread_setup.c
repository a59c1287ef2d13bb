/* Threads of the library inherit neither their scheduling nor the size of their stack. */
#include "check.h"
#include "exchange.h"
#include "peer.h"
#include "record.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int calls;
static int policy;
static cpu_set_t processors;

static void note_schedule(void *user_data) {
  (void)user_data;
  struct sched_param parameters;
  pthread_getschedparam(pthread_self(), &policy, &parameters);
  sched_getaffinity(0, sizeof processors, &processors);
  calls++;
}

static void *open_as_audio_thread(void *is_real_time) {
  struct sched_param parameters = {.sched_priority = 10};
  *(int *)is_real_time = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  CHECK_INT(sched_setaffinity(0, sizeof one, &one), 0);
  CHECK_INT(ws_queue_on_wakeup(0, note_schedule, NULL), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens && calls);
  record_close(&r);
  record_clear(&r);
  return NULL;
}

static void a_creator_that_is_special_does_not_make_them_so(void) {
  int is_real_time = 0;
  cpu_set_t own;
  CHECK_INT(sched_getaffinity(0, sizeof own, &own), 0);
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, open_as_audio_thread, &is_real_time), 0);
  pthread_join(thread, NULL);
  if (!is_real_time) printf("  (no right to be real-time here)\n");
  CHECK_INT(policy, SCHED_OTHER);
  CHECK(CPU_EQUAL(&processors, &own));
}

/* ---- stack ---- */

static void use_stack(void *user_data) {
  (void)user_data;
  volatile char much[512 * 1024];
  for (size_t i = 0; i < sizeof much; i += 512) much[i] = (char)i;
  calls++;
}

static int open_both(const char *plain, const char *secure, const char *ca) {
  ws_options options = default_options();
  options.tls_ca = ca;
  record r[2] = {0};
  CHECK_INT(ws_queue_on_wakeup(0, use_stack, NULL), HOSTWS_OK);
  record_open(&r[0], plain, NULL);
  record_open(&r[1], secure, &options);
  PUMP(r[0].opens && r[1].opens && calls);
  return 0;
}

static void the_environment_does_not_make_their_stacks_small(void) {
  char plain[128], secure[128], ca[1024];
  strcpy(plain, peer_url("ws", "/echo"));
  strcpy(secure, peer_url("wss", "/echo"));
  strcpy(ca, peer_ca());
  char *arguments[] = {"thread_setup", plain, secure, ca, NULL};
  int pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    setenv("RUST_MIN_STACK", "16384", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    execv("/proc/self/exe", arguments);
    _exit(127);
  }
  check_child(pid, 0);
}

/* The stack that, by the header, a thread of the host needs. */
#ifdef __SANITIZE_ADDRESS__
enum { STACK = 1024 * 1024 };
#else
enum { STACK = 128 * 1024 };
#endif

static void *do_everything(void *argument) {
  (void)argument;
  exchange();
  ws_id pulled = ws_open(peer_url("ws", "/echo"), "{\"headers\":{\"a\":[\"b\",\"c\"]},\"data_type\":\"object\"}", NULL);
  CHECK(pulled > 0);
  CHECK_INT(ws_send(pulled, "{\"a\":[[[[1]]]]}", -1, 0), HOSTWS_OK);
  for (int events = 0; events < 2; events++) CHECK(ws_next(0, PATIENCE_MS) != NULL);
  ws_terminate(pulled, 0, NULL);
  return NULL;
}

static void a_thread_of_the_hosts_needs_no_more_than_the_header_says(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  CHECK_INT(pthread_attr_init(&attributes), 0);
  CHECK_INT(pthread_attr_setstacksize(&attributes, STACK), 0);
  CHECK_INT(pthread_create(&thread, &attributes, do_everything, NULL), 0);
  pthread_attr_destroy(&attributes);
  pthread_join(thread, NULL);
}

int main(int count, char **arguments) {
  if (count > 3) return open_both(arguments[1], arguments[2], arguments[3]);
  peer_start();
  RUN(a_creator_that_is_special_does_not_make_them_so);
  RUN(the_environment_does_not_make_their_stacks_small);
  RUN(a_thread_of_the_hosts_needs_no_more_than_the_header_says);
  return 0;
}
