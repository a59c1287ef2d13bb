/* Errors name the resource that ran out: descriptors (by a limit), local ports (by a simulated system). */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int no_ports;

/* Replaces that of the system, and can pretend that no local port is free. */
int connect(int fd, const struct sockaddr *address, socklen_t length) {
  int (*real)(int, const struct sockaddr *, socklen_t) =
      (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
  if (!no_ports || address->sa_family != AF_INET) return real(fd, address, length);
  errno = EADDRNOTAVAIL;
  return -1;
}

static void check_shortage(const char *url, const ws_options *options, int number, const char *words) {
  record r = {0};
  record_open(&r, url, options);
  PUMP(r.terminates);
  CHECK_INT(r.errors, 1);
  CHECK_INT(r.stack[0].code, HOSTWS_E_OPEN);
  int found = 0;
  for (int i = 1; i < r.error_count; i++) {
    if (r.stack[i].code != HOSTWS_E_RESOURCES) continue;
    found = 1;
    CHECK_STR(r.stack[i].component, "ws");
    CHECK_HAS(r.stack[i].message, words);
    CHECK(i + 1 < r.error_count);
    CHECK_INT(r.stack[i + 1].code, number);
  }
  CHECK_INT(found, 1);
  record_clear(&r);
}

static void check_opens(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  int fds = fd_count();
  record_close(&r);
  record_clear(&r);
  AWAIT(fd_count() < fds); /* the worker closes its socket a moment after the host has heard of the end */
}

/* Call it after the worker has started, and after everything that the checks read is open. */
static struct rlimit take_all_descriptors(int *taken, int *count) {
  struct rlimit limit, low;
  CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
  low = limit;
  low.rlim_cur = 64;
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
  for (*count = 0; (taken[*count] = open("/dev/null", O_RDONLY)) >= 0; ++*count) {}
  CHECK_INT(errno, EMFILE);
  return limit;
}

static void give_back(struct rlimit limit, int *taken, int count) {
  while (count > 0) close(taken[--count]);
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void descriptors(void) {
  int taken[64], count;
  record other = {0}; /* with which the worker stays */
  record_open(&other, peer_url("ws", "/echo"), NULL);
  PUMP(other.opens);
  check_opens();
  struct rlimit limit = take_all_descriptors(taken, &count);
  check_shortage(peer_url("ws", "/echo"), NULL, EMFILE, "RLIMIT_NOFILE");
  check_shortage(peer_url_at("ws", "localhost", "/echo"), NULL, EMFILE, "RLIMIT_NOFILE");
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  check_shortage(peer_url("wss", "/echo"), &options, EMFILE, "RLIMIT_NOFILE");
  give_back(limit, taken, count);
  check_opens();
  record_close(&other);
  record_clear(&other);
}

static void descriptors_in_ws_new_itself(void) {
  int taken[64], count;
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK); /* the worker's own are closed */
  struct rlimit limit = take_all_descriptors(taken, &count);
  CHECK_FAILS(ws_new(peer_url("ws", "/echo"), NULL, NULL), HOSTWS_E_RESOURCES, "RLIMIT_NOFILE");
  CHECK_FAILS(ws_queue_fd(0), HOSTWS_E_RESOURCES, "RLIMIT_NOFILE");
  CHECK_FAILS(ws_queue_loop_fd(0), HOSTWS_E_RESOURCES, "RLIMIT_NOFILE");
  give_back(limit, taken, count);
  check_opens();
}

static void local_ports(void) {
  no_ports = 1;
  check_shortage(peer_url("ws", "/echo"), NULL, EADDRNOTAVAIL, "ip_local_port_range");
  no_ports = 0;
  check_opens();
}

int main(void) {
  peer_start();
  RUN(descriptors);
  RUN(descriptors_in_ws_new_itself);
  RUN(local_ports);
  return 0;
}
