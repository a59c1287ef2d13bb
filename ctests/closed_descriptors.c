/* A host that closes the library's descriptors (closefrom(3)) gets an error, and can make new connections. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 1024 };

static void check_lost(record *r) {
  PUMP(r->terminates);
  CHECK_INT(r->code, 1006);
  CHECK_INT(r->errors, 1);
  CHECK_INT(r->stack[0].code, HOSTWS_E_LOST);
  CHECK_HAS(r->stack[0].message, "the program has closed file descriptors");
  record_clear(r);
}

static void check_echo(const char *url) {
  record r = {0};
  record_open(&r, url, NULL);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  PUMP(r.messages);
  record_close(&r);
  record_clear(&r);
}

/* The opening waits for the server's answer. */
static int has_asked(ws_id ws) {
  static char facts[65536];
  CHECK(ws_explain(ws, facts, sizeof facts) < (int64_t)sizeof facts);
  return strstr(facts, "\"from\":\"client\"") != NULL;
}

static int close_and_go_on(const char *way, const char *url, const char *silent) {
  record r[3] = {0};
  ws_options patient = default_options();
  patient.ping_interval_ms = -1;
  patient.open_timeout_ms = -1;
  record_open(&r[0], url, &patient);
  PUMP(r[0].opens);
  record_open(&r[1], silent, &patient);
  AWAIT(has_asked(r[1].ws));
  for (int fd = 3; fd < MANY; fd++) close(fd);
  if (strcmp(way, "terminate") == 0) {
    CHECK_INT(ws_terminate(r[1].ws, 0, NULL), HOSTWS_OK);
    PUMP(r[1].terminates);
    record_clear(&r[1]);
  } else {
    record_open(&r[2], url, &patient);
    check_lost(&r[2]);
    check_lost(&r[1]);
  }
  check_lost(&r[0]);
  check_echo(url);
  _exit(0);
}

static void closes_them_all(const char *way) {
  char url[128], silent[128], mode[32];
  strcpy(url, peer_url("ws", "/echo"));
  strcpy(silent, peer_url("raw", "/silent"));
  strcpy(mode, way);
  char *arguments[] = {"closed_descriptors", mode, url, silent, NULL};
  check_other_self(arguments, 0);
}

static void and_terminates_a_connection(void) { closes_them_all("terminate"); }
static void and_opens_another(void) { closes_them_all("open"); }

int main(int count, char **arguments) {
  if (count > 3) return close_and_go_on(arguments[1], arguments[2], arguments[3]);
  peer_start();
  RUN(and_terminates_a_connection);
  RUN(and_opens_another);
  return 0;
}
