/* A thread of the host's needs no more stack than the header says. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <windows.h>

#include <string.h>

enum { STACK = 128 * 1024 };

static DWORD WINAPI do_everything(void *argument) {
  (void)argument;
  record r[2] = {0};
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  options.deflate = 1;
  record_open(&r[0], peer_url("ws", "/echo"), &options);
  record_open(&r[1], peer_url("wss", "/echo"), &options);
  static char text[100000];
  memset(text, 'x', sizeof text);
  for (int i = 0; i < 2; i++) CHECK_INT(ws_send(r[i].ws, text, sizeof text, 0), HOSTWS_OK);
  PUMP(r[0].messages && r[1].messages);
  for (int i = 0; i < 2; i++) record_close(&r[i]), record_clear(&r[i]);
  return 0;
}

static void a_small_stack_is_enough(void) {
  HANDLE thread = CreateThread(NULL, STACK, do_everything, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  CHECK(thread != NULL);
  CHECK_INT(WaitForSingleObject(thread, 2 * PATIENCE_MS), WAIT_OBJECT_0);
  CloseHandle(thread);
}

int main(void) {
  peer_start();
  RUN(a_small_stack_is_enough);
  CHECK_INT(ws_shutdown(5000), HOSTWS_OK);
  return 0;
}
