/* A window gets a message when there is something to deliver. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>

#include <windows.h>


enum { FOR_SOCKETS = WM_APP + 7 };

static int told, is_polling = 1;
static WPARAM last_wparam;

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam) {
  if (message != FOR_SOCKETS) return DefWindowProcW(window, message, wparam, lparam);
  told++;
  last_wparam = wparam;
  CHECK_INT(lparam, 0);
  if (is_polling) CHECK(ws_poll((ws_queue)wparam, 0, 0) >= 0);
  return 0;
}

static HWND new_window(void) {
  static const WNDCLASSW class = {.lpfnWndProc = procedure, .lpszClassName = L"test"};
  RegisterClassW(&class);
  /* A message-only window, which needs no screen. */
  HWND window = CreateWindowExW(0, L"test", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
  CHECK(window != NULL);
  return window;
}

static void dispatch(DWORD timeout_ms) {
  MSG message;
  MsgWaitForMultipleObjects(0, NULL, FALSE, timeout_ms, QS_ALLINPUT);
  while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
}

#define LOOP_UNTIL(condition) \
  do { \
    int64_t end_ = now_ms() + PATIENCE_MS; \
    while (!(condition)) { \
      CHECK(now_ms() < end_); \
      dispatch(50); \
    } \
  } while (0)

static void messages_drive_a_connection(void) {
  HWND window = new_window();
  CHECK_INT(ws_queue_post_message(0, window, FOR_SOCKETS), HOSTWS_OK);
  record r = {0};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  LOOP_UNTIL(r.opens);
  CHECK_INT(last_wparam, ws_queue_of(0));
  for (int i = 1; i <= 50; i++) {
    CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
    LOOP_UNTIL(r.messages == i);
  }
  ws_terminate(r.ws, 0, NULL);
  LOOP_UNTIL(r.terminates);
  record_clear(&r);
  CHECK_INT(ws_queue_post_message(0, NULL, 0), HOSTWS_OK);
  DestroyWindow(window);
}

static void many_events_are_one_message(void) {
  HWND window = new_window();
  record r = {0};
  is_polling = told = 0;
  CHECK_INT(ws_queue_post_message(0, window, FOR_SOCKETS), HOSTWS_OK);
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), NULL);
  AWAIT(ws_pending(0) == 101);
  LOOP_UNTIL(told);
  dispatch(100);
  CHECK_INT(told, 1);
  /* A poll that leaves something behind causes the next message. */
  CHECK_INT(ws_poll(0, 0, 1), 1);
  LOOP_UNTIL(told == 2);
  is_polling = 1;
  CHECK_INT(ws_poll(0, 0, 1), 1);
  LOOP_UNTIL(r.messages == 100);
  ws_abort(r.ws);
  LOOP_UNTIL(r.terminates);
  record_clear(&r);
  DestroyWindow(window);
  /* A destroyed window does no harm. */
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  record_clear(&r);
  CHECK_INT(ws_queue_post_message(0, NULL, 0), HOSTWS_OK);
}

/* The system holds 10,000 for a thread. */
static void no_message_is_lost_where_there_is_no_room(void) {
  HWND window = new_window();
  record r = {0};
  int posted = 0;
  while (posted < 11000 && PostMessageW(window, WM_APP, 0, 0)) posted++;
  told = 0;
  CHECK_INT(ws_queue_post_message(0, window, FOR_SOCKETS), HOSTWS_OK);
  record_open(&r, peer_url("ws", "/echo"), NULL);
  AWAIT(ws_pending(0) == 1);
  sleep_ms(50);
  LOOP_UNTIL(r.opens);
  CHECK(told > 0);
  ws_abort(r.ws);
  LOOP_UNTIL(r.terminates);
  record_clear(&r);
  CHECK_INT(ws_queue_post_message(0, NULL, 0), HOSTWS_OK);
  DestroyWindow(window);
  printf("  (%d messages filled it)\n", posted);
}

static void what_is_wrong_is_refused(void) {
  HWND window = new_window();
  CHECK_FAILS(ws_queue_post_message(0, window, WM_QUIT), HOSTWS_E_ARGUMENT, "WM_USER");
  CHECK_FAILS(ws_queue_post_message(0, window, 0x10000), HOSTWS_E_ARGUMENT, "0xFFFF");
  CHECK_FAILS(ws_queue_post_message(99999, window, FOR_SOCKETS), HOSTWS_E_NO_SUCH_ID, "99999");
  DestroyWindow(window);
  CHECK_FAILS(ws_queue_post_message(0, window, FOR_SOCKETS), HOSTWS_E_ARGUMENT, "window");
}

int main(void) {
  peer_start();
  RUN(messages_drive_a_connection);
  RUN(many_events_are_one_message);
  RUN(no_message_is_lost_where_there_is_no_room);
  RUN(what_is_wrong_is_refused);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
