#include "check.h"
#include "peer.h"
#include "ports.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int pid, owner, to_peer = -1;

static void read_lines(int from) {
  char line[1200];
  size_t length = 0;
  int64_t end = now_ms() + PATIENCE_MS;
  for (;;) {
    struct pollfd ready = {from, POLLIN, 0};
    int rest = (int)(end - now_ms());
    CHECK(rest > 0 && poll(&ready, 1, rest) == 1);
    char byte;
    CHECK(read(from, &byte, 1) == 1);
    CHECK(length < sizeof line - 1);
    if (byte != '\n') {
      line[length++] = byte;
      continue;
    }
    line[length] = 0;
    length = 0;
    if (!understand(line)) return;
  }
}

void peer_start(void) {
  const char *said = getenv("HOSTWS_TEST_PORTS");
  if (said != NULL) {
    /* The server runs beside a program whose system is not this one: support/musl/run.py passes on its output. */
    take_lines(said, understand);
    return;
  }
  const char *program = getenv("HOSTWS_TEST_PEER");
  if (program == NULL) {
    fprintf(stderr, "HOSTWS_TEST_PEER does not name the test server\n");
    exit(SKIPPED);
  }
  int in[2], out[2];
  CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    execl(program, program, (char *)NULL);
    fprintf(stderr, "%s: %s\n", program, strerror(errno));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_peer = in[1];
  owner = getpid();
  atexit(peer_stop);
  read_lines(out[0]);
  close(out[0]);
}

void peer_stop(void) {
  if (to_peer < 0 || owner != getpid()) return;
  close(to_peer);
  to_peer = -1;
  for (int64_t end = now_ms() + 5000; waitpid(pid, NULL, WNOHANG) == 0; sleep_ms(1)) {
    if (now_ms() > end) {
      kill(pid, SIGKILL);
      waitpid(pid, NULL, 0);
      return;
    }
  }
}
