/* A program that uses OpenSSL can exit with its own status while threads of the library are inside OpenSSL. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS = 7 };

/* ---- the program that ends: this one, run again with a way to end, how long it lives, and the URLs ---- */

static record echo, flood;

static void late(void) {
  /* It may still call the library. The results are not defined, but the calls return. */
  ws_send(echo.ws, "late", -1, 0);
  ws_poll(0, 0, 0);
  ws_new("wss://127.0.0.1:1", NULL, NULL);
  ws_terminate(echo.ws, 0, NULL);
  ws_shutdown(50);
}

static int live_and_end(const char *way, int lifetime_us, char *url, char *ca) {
  /* Its handler runs after OpenSSL has been torn down. */
  if (strcmp(way, "late") == 0) atexit(late);
  int (*start)(uint64_t, const void *) = (int (*)(uint64_t, const void *))dlsym(RTLD_DEFAULT, "OPENSSL_init_ssl");
  CHECK_INT(start(0, NULL), 1);
  if (strcmp(way, "opening") == 0) {
    /* Loads the system's certificates, which takes long. */
    record_open(&echo, "wss://127.0.0.1:1", NULL);
  } else {
    ws_options trusting = default_options();
    trusting.tls_ca = ca;
    char echo_url[256], flood_url[256];
    snprintf(echo_url, sizeof echo_url, "%s/echo", url);
    snprintf(flood_url, sizeof flood_url, "%s/flood?n=100000000&size=100", url);
    record_open(&echo, echo_url, &trusting);
    record_open(&flood, flood_url, &trusting);
    PUMP(echo.opens && flood.messages > 10);
  }
  usleep((useconds_t)lifetime_us);
  exit(STATUS);
}

/* ---- the test ---- */

static char url[128], ca[1024];

static void run(char *way, int times, int step_us) {
  for (int i = 0; i < times; i++) {
    char lifetime[16];
    snprintf(lifetime, sizeof lifetime, "%d", i * step_us);
    char *arguments[] = {"exit_openssl", way, lifetime, url, ca, NULL};
    int pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
      execv("/proc/self/exe", arguments);
      _exit(127);
    }
    check_child(pid, STATUS);
  }
}

#ifdef __SANITIZE_ADDRESS__
enum { MANY = 10, FEW = 3 }; /* each takes seconds */
#else
enum { MANY = 100, FEW = 20 };
#endif

static void during_the_first_opening(void) { run("opening", MANY, 25000 / MANY); }
static void while_messages_stream(void) { run("streaming", FEW, 1000); }
static void with_calls_after_the_end_of_openssl(void) { run("late", FEW, 1000); }

int main(int count, char **arguments) {
  if (dlsym(RTLD_DEFAULT, "OPENSSL_init_ssl") == NULL) return skipped("OpenSSL is inside the library");
  if (count > 4) return live_and_end(arguments[1], atoi(arguments[2]), arguments[3], arguments[4]);
  peer_start();
  strcpy(url, peer_url("wss", ""));
  strcpy(ca, peer_ca());
  RUN(during_the_first_opening);
  RUN(while_messages_stream);
  RUN(with_calls_after_the_end_of_openssl);
  return 0;
}
