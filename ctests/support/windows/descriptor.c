#include "check.h"
#include "descriptor.h"

#include <winsock2.h>

int is_socket(intptr_t fd) {
  int type = 0, size = sizeof type;
  return getsockopt((SOCKET)fd, SOL_SOCKET, SO_TYPE, (char *)&type, &size) == 0;
}

int is_readable(intptr_t fd, int timeout_ms) {
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET((SOCKET)fd, &readable);
  struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  int count = select(0, &readable, NULL, NULL, &timeout);
  CHECK(count >= 0);
  return count;
}

void read_all(intptr_t fd) { /* it never blocks */
  char bytes[64];
  while (recv((SOCKET)fd, bytes, sizeof bytes, 0) > 0) {}
}

void close_socket(intptr_t fd) { closesocket((SOCKET)fd); }

int write_byte(intptr_t fd) { return send((SOCKET)fd, "", 1, 0); }
