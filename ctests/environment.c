/* The library reads the environment in ws_new(), on the host's thread, so a later setenv() is no race. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static atomic_int asked_for_log;
static _Atomic(const char *) elsewhere; /* the first variable that another thread asked for */

/* The header names these two: where the system's certificates are. */
static int is_excepted(const char *name) { return strcmp(name, "SSL_CERT_FILE") == 0 || strcmp(name, "SSL_CERT_DIR") == 0; }

/* Replaces that of the C library. */
char *getenv(const char *name) {
  size_t length = strlen(name);
  if (gettid() != getpid()) {
    if (!is_excepted(name) && elsewhere == NULL) elsewhere = strdup(name);
  } else if (strcmp(name, "HOSTWS_LOG") == 0) {
    asked_for_log++;
  }
  for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
    if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  return NULL;
}

char *secure_getenv(const char *name) { return getenv(name); }

static void check_opens(const char *url, const ws_options *options) {
  record r = {0};
  record_open(&r, url, options);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  record_close(&r);
  record_clear(&r);
}

static void it_is_asked_on_the_hosts_thread_alone(void) {
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  check_opens(peer_url("ws", "/echo"), NULL);
  check_opens(peer_url("wss", "/echo"), &options);
  if (elsewhere != NULL) printf("another thread asked for %s\n", elsewhere);
  CHECK(elsewhere == NULL);
  CHECK_INT(asked_for_log, 1);
}

int main(void) {
  peer_start();
  RUN(it_is_asked_on_the_hosts_thread_alone);
  return 0;
}
