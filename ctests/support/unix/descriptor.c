#include "check.h"
#include "descriptor.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int is_socket(intptr_t fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

int is_readable(intptr_t fd, int timeout_ms) {
  struct pollfd watched = {(int)fd, POLLIN, 0};
  int count = poll(&watched, 1, timeout_ms);
  CHECK(count >= 0);
  CHECK_INT(watched.revents & ~POLLIN, 0);
  return count;
}

void read_all(intptr_t fd) {
  char bytes[64];
  while (recv((int)fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {}
}

void close_socket(intptr_t fd) { close((int)fd); }

int write_byte(intptr_t fd) { return (int)write((int)fd, "", 1); }
