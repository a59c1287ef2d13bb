/* The options `fd` and `on_socket`: a connected socket of the host, and a function called with each new socket. */
#include "check.h"
#include "descriptor.h"
#include "peer.h"
#include "record.h"

#ifdef _WIN32
#include <winsock2.h>
#else
#include <arpa/inet.h>
#include <sys/socket.h>
typedef int SOCKET;
#endif

#include <stdio.h>
#include <string.h>

static void a_connected_socket_carries_a_connection(void) {
  intptr_t fd = (intptr_t)socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)peer_port("ws"));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK_INT(connect((SOCKET)fd, (struct sockaddr *)&address, sizeof address), 0);
  ws_options options = default_options();
  options.fd = fd;
  record r = {0};
  record_open(&r, "ws://example.invalid/echo", &options);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  CHECK_INT(ws_send(r.ws, "hello", -1, 0), HOSTWS_OK);
  PUMP(r.messages == 1);
  record_close(&r);
  record_clear(&r);
}

static void a_refused_socket_stays_open(void) {
  intptr_t fd = (intptr_t)socket(AF_INET, SOCK_STREAM, 0); /* it is not connected */
  ws_options options = default_options();
  options.fd = fd;
  CHECK_INT(ws_new("ws://example.invalid/", NULL, &options), HOSTWS_E_OPTION);
  CHECK(is_socket(fd));
  close_socket(fd);
}

typedef struct shown {
  int calls, answer, status;
  ws_id ws;
  char address[64];
} shown;

/* On a thread of the library, while the test waits. */
static int32_t show(ws_id ws, intptr_t fd, const char *address, void *user_data) {
  shown *it = user_data;
  int on = 1;
  it->calls++;
  it->ws = ws;
  it->status = ws_status(ws);
  snprintf(it->address, sizeof it->address, "%s", address);
  if (setsockopt((SOCKET)fd, SOL_SOCKET, SO_KEEPALIVE, (const char *)&on, sizeof on) != 0) return 99;
  return it->answer;
}

static void a_function_sees_the_socket_and_may_refuse_it(void) {
  shown it = {0};
  ws_options options = default_options();
  options.on_socket = show;
  options.on_socket_data = &it;
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  CHECK_INT(it.calls, 1);
  CHECK_INT(it.ws, ws);
  CHECK_INT(it.status, HOSTWS_E_WRONG_THREAD);
  char expected[64];
  snprintf(expected, sizeof expected, "127.0.0.1:%d", peer_port("ws"));
  CHECK_STR(it.address, expected);
  record_close(&r);
  record_clear(&r);

  it.answer = 42;
  record refused = {0};
  record_open(&refused, peer_url("ws", "/echo"), &options);
  PUMP(refused.terminates);
  CHECK_INT(refused.opens, 0);
  CHECK(strstr(refused.stack[2].message, "on_socket returned 42") != NULL);
  record_clear(&refused);
}

int main(void) {
  peer_start();
  RUN(a_connected_socket_carries_a_connection);
  RUN(a_refused_socket_stays_open);
  RUN(a_function_sees_the_socket_and_may_refuse_it);
  return 0;
}
