/* A worker that was held up by one connection takes nothing from the time that others have. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HELD_UP_MS = 500, MEANWHILE_MS = 400, LIMIT_MS = 300 };

static atomic_int holds_up;

/* Replaces that of the system, and takes long once on a thread of the library. */
ssize_t recv(int fd, void *bytes, size_t size, int flags) {
  ssize_t (*real)(int, void *, size_t, int) = (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
  if (gettid() != getpid() && atomic_exchange(&holds_up, 0)) sleep_ms(HELD_UP_MS);
  return real(fd, bytes, size, flags);
}

static void an_opening_and_a_close_have_all_of_their_time(void) {
  record quick = {0}, opening = {0}, closing = {0};
  ws_options options = default_options();
  options.close_timeout_ms = LIMIT_MS;
  record_open(&quick, peer_url("ws", "/echo"), NULL);
  record_open(&closing, peer_url("raw", "/no-close-reply"), &options);
  PUMP(quick.opens && closing.opens);
  holds_up = 1;
  CHECK_INT(ws_send(quick.ws, "x", 1, 0), HOSTWS_OK);
  AWAIT(!holds_up);
  sleep_ms(MEANWHILE_MS);
  int64_t begin = now_ms();
  options.open_timeout_ms = LIMIT_MS;
  record_open(&opening, peer_url("raw", "/silent"), &options);
  CHECK_INT(ws_terminate(closing.ws, 0, NULL), HOSTWS_OK);
  PUMP(opening.terminates || closing.terminates);
  CHECK(now_ms() - begin >= LIMIT_MS);
  PUMP(opening.terminates && closing.terminates);
  CHECK_STR(opening.order, "ET");
  CHECK_STR(closing.order, "OT");
  record_close(&quick);
  record_clear(&quick);
  record_clear(&opening);
  record_clear(&closing);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(an_opening_and_a_close_have_all_of_their_time);
  check_nothing_is_left(threads, fds);
  return 0;
}
