/* A look-up that hangs delays only connections to the same name. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { HANGING = 30, SAME = 5 };

static atomic_int asked, asked_for_the_same, released;

/* The resolver of this program, which replaces that of the C library. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
  if (node == NULL) return real(node, service, hints, result);
  if (strcmp(node, "quick.test") == 0) return real("127.0.0.1", service, hints, result);
  if (strncmp(node, "hanging-", 8) != 0) return real(node, service, hints, result);
  asked++;
  if (strcmp(node, "hanging-same.test") == 0) asked_for_the_same++;
  while (!released) sleep_ms(1);
  return EAI_NONAME;
}

static record hanging[HANGING + SAME];

static void check_opens(const char *url) {
  record r = {0};
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  options.tls_server_name = "localhost";
  record_open(&r, url, strncmp(url, "wss", 3) == 0 ? &options : NULL);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  record_close(&r);
  record_clear(&r);
}

static void names_that_hang_hold_up_no_other(void) {
  char url[128];
  for (int i = 0; i < HANGING; i++) {
    snprintf(url, sizeof url, "ws://hanging-%d.test/", i);
    record_open(&hanging[i], url, NULL);
  }
  AWAIT(asked == HANGING); /* all at the same time */
  check_opens(peer_url("ws", "/echo"));
  check_opens(peer_url("wss", "/echo")); /* which needs certificates, read on another thread */
  check_opens(peer_url_at("ws", "quick.test", "/echo"));
}

static void who_asks_for_the_same_name_shares_its_look_up(void) {
  for (int i = HANGING; i < HANGING + SAME; i++) record_open(&hanging[i], "ws://hanging-same.test/", NULL);
  AWAIT(asked_for_the_same == 1);
  check_opens(peer_url_at("ws", "quick.test", "/echo"));
  CHECK_INT(asked_for_the_same, 1);
  released = 1;
  for (int i = 0; i < HANGING + SAME; i++) {
    PUMP(hanging[i].terminates);
    CHECK_INT(hanging[i].errors, 1);
    CHECK_HAS(hanging[i].stack[1].message, "could not resolve hanging-");
    record_clear(&hanging[i]);
  }
  CHECK_INT(asked, HANGING + 1);
}

int main(void) {
  int fds, threads;
  peer_start();
  fds = fd_count(), threads = thread_count();
  RUN(names_that_hang_hold_up_no_other);
  RUN(who_asks_for_the_same_name_shares_its_look_up);
  check_nothing_is_left(threads, fds);
  return 0;
}
