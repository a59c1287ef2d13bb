/* In a process without standard streams, the library does not use their numbers. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the program without them: this one, run again. It has nowhere to print, and says by its status what is wrong ---- */

#define EXPECT(condition) \
  do { \
    if (!(condition)) _exit(__LINE__ % 200 + 10); \
  } while (0)

static void expect_free(void) {
  for (int fd = 0; fd <= 2; fd++) EXPECT(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
}

static void close_all(void) {
  for (int fd = 0; fd <= 2; fd++) close(fd);
}

static void expect_echo(record *r) {
  int before = r->messages;
  EXPECT(ws_send(r->ws, "x", 1, 0) == HOSTWS_OK);
  for (int64_t end = now_ms() + PATIENCE_MS; r->messages == before;) {
    EXPECT(now_ms() < end);
    EXPECT(ws_poll(0, 20, 0) >= 0);
  }
  EXPECT(r->errors == 0 && r->length == 1 && r->data[0] == 'x');
}

static void open_echo(record *r, const char *url, const char *ca) {
  ws_options options = default_options();
  options.tls_ca = ca;
  ws_handler handler = record_handler(r);
  r->ws = ws_new(url, &handler, &options);
  EXPECT(r->ws > 0);
  EXPECT(ws_wait_status(r->ws, HOSTWS_CONNECTED, PATIENCE_MS) == HOSTWS_OK);
  expect_free();
}

static int live_without(int count, char **arguments) {
  static record records[8];
  const char *ca = arguments[2];
  if (strcmp(arguments[1], "never") == 0) close_all();
  EXPECT(count < 8);
  if (strcmp(arguments[1], "later") == 0) {
    ws_handler handler = record_handler(&records[7]);
    records[7].ws = ws_new(arguments[3], &handler, NULL);
    EXPECT(ws_wait_status(records[7].ws, HOSTWS_CONNECTED, PATIENCE_MS) == HOSTWS_OK);
    EXPECT(ws_queue_fd(0) > 2);
    close_all();
  }
  for (int i = 3; i < count; i++) open_echo(&records[i], arguments[i], ca);
  EXPECT(ws_queue_fd(0) > 2);
  EXPECT(ws_queue_loop_fd(0) > 2);
  expect_free();
  EXPECT(write(1, "1002", 4) == -1 && errno == EBADF);
  /* As daemons do. */
  for (int fd = 0; fd <= 2; fd++) EXPECT(open("/dev/null", O_RDWR) == fd);
  for (int i = 3; i < count; i++) expect_echo(&records[i]);
  if (records[7].ws) expect_echo(&records[7]);
  EXPECT(ws_shutdown(PATIENCE_MS) == HOSTWS_OK);
  return 0;
}

/* ---- the test ---- */

static char ca[1024], plain[128], secure[128], local[1024];

static void run(char *when) {
  char *arguments[] = {"standard_descriptors", when, ca, plain, secure, local, NULL};
  check_other_self(arguments, 0);
}

static void that_never_had_them(void) { run("never"); }
static void that_closes_them_later(void) { run("later"); }

int main(int count, char **arguments) {
  if (count > 3) return live_without(count, arguments);
  peer_start();
  strcpy(ca, peer_ca());
  strcpy(plain, peer_url("ws", "/echo"));
  strcpy(secure, peer_url("wss", "/echo"));
  snprintf(local, sizeof local, "ws+unix://%s:/echo", peer_file("unix") + 1);
  RUN(that_never_had_them);
  RUN(that_closes_them_later);
  return 0;
}
