/* The HANDLE for the host's own loop, set exactly while an event can be delivered, and the socket that wakes a wait. */
#include "check.h"
#include "descriptor.h"
#include "peer.h"
#include "record.h"

#include <windows.h>

#include <stdatomic.h>

static HANDLE events;

static int is_set(DWORD timeout_ms) {
  DWORD waited = WaitForSingleObject(events, timeout_ms);
  CHECK(waited == WAIT_OBJECT_0 || waited == WAIT_TIMEOUT);
  return waited == WAIT_OBJECT_0;
}

static void it_is_the_same_each_time(void) {
  events = ws_queue_handle(0);
  CHECK(events != NULL);
  CHECK(ws_queue_handle(ws_queue_of(0)) == events);
  CHECK(!is_set(0));
  CHECK(ws_queue_handle(99999) == NULL);
  CHECK_INT(ws_last_error(), HOSTWS_E_NO_SUCH_ID);
}

static void it_is_set_exactly_while_something_waits(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK(is_set(PATIENCE_MS));
  CHECK(is_set(0)); /* a manual reset */
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK(!is_set(20));
  for (int i = 0; i < 100; i++) {
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
    CHECK(is_set(PATIENCE_MS));
    CHECK_INT(ws_poll(0, 0, 0), 1);
    CHECK(!is_set(0));
  }
  record_close(&r);
  record_clear(&r);
}

static void it_stays_set_while_events_are_left(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/flood?n=20&size=5"), NULL);
  AWAIT(ws_pending(0) == 21);
  for (int left = 21; left > 0; left--) {
    CHECK(is_set(0));
    CHECK_INT(ws_poll(0, 0, 1), 1);
  }
  CHECK(!is_set(20));
  record_close(&r);
  record_clear(&r);
}

static void a_host_that_resets_it_does_no_harm(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK(is_set(PATIENCE_MS));
  ResetEvent(events);
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  CHECK(is_set(PATIENCE_MS)); /* the next event sets it again */
  record_close(&r);
  record_clear(&r);
}

static atomic_int announced;

static VOID CALLBACK announce(PVOID unused, BOOLEAN is_late) {
  (void)unused;
  if (!is_late) announced++;
}

static void all_that_wait_for_handles_see_it(void) {
  record r = {0};
  HANDLE other = CreateEventA(NULL, TRUE, FALSE, NULL), both[] = {other, events}, waiting;
  CHECK(other != NULL);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(WaitForMultipleObjects(2, both, FALSE, PATIENCE_MS), WAIT_OBJECT_0 + 1);
  CHECK_INT(MsgWaitForMultipleObjects(2, both, FALSE, PATIENCE_MS, QS_ALLINPUT), WAIT_OBJECT_0 + 1);
  PUMP(r.opens);
  /* The system's thread pool waits. */
  CHECK(RegisterWaitForSingleObject(&waiting, events, announce, NULL, INFINITE, WT_EXECUTEONLYONCE));
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  AWAIT(announced == 1);
  CHECK_INT(ws_poll(0, 0, 0), 1);
  CHECK(UnregisterWaitEx(waiting, INVALID_HANDLE_VALUE));
  CloseHandle(other);
  record_close(&r);
  record_clear(&r);
}

static DWORD WINAPI write_later(void *socket) {
  sleep_ms(100);
  return (DWORD)write_byte((intptr_t)socket);
}

static void a_byte_ends_a_wait(void) {
  record r = {0};
  record_open(&r, peer_url("ws", "/silent"), NULL);
  PUMP(r.opens);
  intptr_t socket = ws_wake_fd(0);
  CHECK(is_socket(socket));
  for (int i = 0; i < 3; i++) {
    HANDLE thread = CreateThread(NULL, 0, write_later, (void *)socket, 0, NULL);
    CHECK_INT(ws_poll(0, PATIENCE_MS, 0), 0);
    CHECK_INT(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
  }
  CHECK_INT(write_byte(socket), 1);
  CHECK_INT(ws_wait(0, PATIENCE_MS), 0); /* also one that comes before */
  record_close(&r);
  record_clear(&r);
}

static void there_are_no_unix_sockets(void) {
  CHECK_FAILS(ws_new("ws+unix:///tmp/x.sock:/", NULL, NULL), HOSTWS_E_URL, "Windows");
}

int main(void) {
  peer_start();
  RUN(it_is_the_same_each_time);
  RUN(it_is_set_exactly_while_something_waits);
  RUN(it_stays_set_while_events_are_left);
  RUN(a_host_that_resets_it_does_no_harm);
  RUN(all_that_wait_for_handles_see_it);
  RUN(a_byte_ends_a_wait);
  RUN(there_are_no_unix_sockets);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
