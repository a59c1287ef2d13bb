/* A thread of the host's needs no more stack than the header says. */
#include "check.h"
#include "exchange.h"
#include "peer.h"

#include <windows.h>

enum { STACK = 128 * 1024 };

static DWORD WINAPI do_everything(void *argument) {
  (void)argument;
  exchange();
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
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
