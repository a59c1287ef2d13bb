/* A host may call FreeLibrary() at any time: the DLL stays loaded. It may exit at any moment. */
#include "check.h"
#include "peer.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
  __typeof__(ws_open) *open;
  __typeof__(ws_next) *next;
  __typeof__(ws_send) *send;
  __typeof__(ws_shutdown) *shutdown;
} its;

static HMODULE load(const char *path) {
  HMODULE library = LoadLibraryA(path);
  CHECK(library != NULL);
  *(FARPROC *)&its.open = GetProcAddress(library, "ws_open");
  *(FARPROC *)&its.next = GetProcAddress(library, "ws_next");
  *(FARPROC *)&its.send = GetProcAddress(library, "ws_send");
  *(FARPROC *)&its.shutdown = GetProcAddress(library, "ws_shutdown");
  CHECK(its.open && its.next && its.send && its.shutdown);
  return library;
}

static void await(int type) {
  for (int64_t end = now_ms() + PATIENCE_MS;;) {
    const ws_event *event = its.next(0, 100);
    if (event != NULL && event->type == type) return;
    CHECK(now_ms() < end);
  }
}

static void a_freed_library_still_works(const char *path) {
  HMODULE library = load(path);
  ws_id ws = its.open(peer_url("ws", "/echo"), "{\"proxy\": \"\"}", NULL);
  CHECK(ws > 0);
  await(HOSTWS_EVENT_OPEN);
  CHECK(FreeLibrary(library));
  CHECK_INT(its.send(ws, "after", -1, HOSTWS_TEXT), HOSTWS_OK);
  await(HOSTWS_EVENT_MESSAGE);
  sleep_ms(50);
  CHECK(load(path) == library);
}

static char self[MAX_PATH], copy[MAX_PATH];

/* Runs this program again with a way to end. It must end at once, with its own status. */
static void ends(const char *way) {
  char command[2 * MAX_PATH];
  snprintf(command, sizeof command, "\"%s\" %s", self, way);
  STARTUPINFOA start = {.cb = sizeof start};
  PROCESS_INFORMATION child;
  CHECK(CreateProcessA(self, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child));
  CHECK_INT(WaitForSingleObject(child.hProcess, PATIENCE_MS), WAIT_OBJECT_0);
  DWORD status;
  CHECK(GetExitCodeProcess(child.hProcess, &status));
  CHECK_INT(status, 42);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

static DWORD WINAPI poll_for_ever(void *unused) {
  (void)unused;
  ws_open(peer_url("ws", "/flood?n=100000000&size=50"), NULL, NULL);
  while (ws_wait(0, -1) >= 0) {
    while (ws_next(0, 0) != NULL) {}
  }
  return 0;
}

static DWORD WINAPI exit_here(void *status) {
  sleep_ms(20);
  exit((int)(intptr_t)status);
}

static int live_and_end(const char *way) {
  CHECK(ws_open(peer_url("ws", "/flood?n=100000000&size=50"), NULL, NULL) > 0);
  CloseHandle(CreateThread(NULL, 0, poll_for_ever, NULL, 0, NULL));
  for (int messages = 0; messages < 1000;) messages += ws_next(0, PATIENCE_MS) != NULL;
  if (strcmp(way, "exit") == 0) exit(42);
  if (strcmp(way, "ExitProcess") == 0) ExitProcess(42);
  if (strcmp(way, "thread") == 0) {
    CloseHandle(CreateThread(NULL, 0, exit_here, (void *)42, 0, NULL));
    for (;;) ws_next(0, 100);
  }
  return 42;
}

int main(int count, char **arguments) {
  peer_start();
  if (count > 1) return live_and_end(arguments[1]);
  CHECK(GetModuleFileNameA(NULL, self, sizeof self) > 0);
  puts("- a program may end at any moment");
  static const char *const ways[] = {"return", "exit", "ExitProcess", "thread"};
  for (int i = 0; i < 12; i++) ends(ways[i % 4]);
  char path[MAX_PATH];
  HMODULE ours = GetModuleHandleA("hostws.dll");
  if (ours == NULL) return 0; /* linked statically */
  puts("- a freed library still works");
  CHECK(GetModuleFileNameA(ours, path, sizeof path) > 0);
  CHECK(GetTempPathA(sizeof copy - 20, copy) > 0);
  snprintf(copy + strlen(copy), 20, "copy%lu.dll", GetCurrentProcessId());
  CHECK(CopyFileA(path, copy, FALSE));
  a_freed_library_still_works(copy);
  CHECK_INT(its.shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
