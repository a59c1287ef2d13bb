#include "check.h"
#include "system.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>
#include <winternl.h>

enum { START_ADDRESS = 9 }; /* ThreadQuerySetWin32StartAddress, which the header leaves out */

__attribute__((constructor)) static void show_at_once(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  setvbuf(stderr, NULL, _IONBF, 0);
}

void give_up(void) { exit(1); }

int64_t now_ms(void) {
  LARGE_INTEGER frequency, counter;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&counter);
  return counter.QuadPart / frequency.QuadPart * 1000 + counter.QuadPart % frequency.QuadPart * 1000 / frequency.QuadPart;
}

void sleep_ms(int ms) { Sleep((DWORD)ms); }

void end_thread(void) { ExitThread(0); }

/* Whether it began in this program or in the library: the system's own libraries start and end threads as they like. */
static int is_ours(DWORD id) {
  HANDLE thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, id);
  if (thread == NULL) return 0;
  void *start = NULL;
  HMODULE module = NULL;
  NtQueryInformationThread(thread, (THREADINFOCLASS)START_ADDRESS, &start, sizeof start, NULL);
  CloseHandle(thread);
  if (start == NULL) return 0; /* it is ending, and no address would be the program's */
  GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, start, &module);
  return module != NULL && (module == GetModuleHandleA(NULL) || module == GetModuleHandleA("hostws.dll"));
}

int thread_count(void) {
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  CHECK(all != INVALID_HANDLE_VALUE);
  THREADENTRY32 entry = {0};
  entry.dwSize = sizeof entry;
  int count = 0;
  for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry))
    count += entry.th32OwnerProcessID == GetCurrentProcessId() && is_ours(entry.th32ThreadID);
  CloseHandle(all);
  return count;
}

/* The system's own libraries open and keep handles as they like, so a count would say nothing about ours. */
int fd_count(void) { return -1; }

void list_fds(void) {}

void *at_the_edge(const void *from, size_t size) {
  enum { PAGE = 4096 };
  char *pages = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  CHECK(pages != NULL);
  DWORD former;
  CHECK(VirtualProtect(pages + PAGE, PAGE, PAGE_NOACCESS, &former));
  return memcpy(pages + PAGE - size, from, size);
}

void check_other_self(char *const arguments[], int status) {
  char program[MAX_PATH];
  CHECK(GetModuleFileNameA(NULL, program, sizeof program) > 0);
  intptr_t process = _spawnv(_P_NOWAIT, program, (const char *const *)arguments);
  CHECK(process > 0);
  CHECK_INT(WaitForSingleObject((HANDLE)process, PATIENCE_MS), WAIT_OBJECT_0);
  DWORD ended = 0;
  CHECK(GetExitCodeProcess((HANDLE)process, &ended));
  CloseHandle((HANDLE)process);
  CHECK_INT(ended, status);
}

void check_silent_self(char *const arguments[], int status) {
  int words[2], errors = _dup(2);
  CHECK(_pipe(words, 65536, _O_BINARY | _O_NOINHERIT) == 0 && errors >= 0);
  CHECK_INT(_dup2(words[1], 2), 0);
  _close(words[1]);
  check_other_self(arguments, status);
  CHECK_INT(_dup2(errors, 2), 0);
  _close(errors);
  char said[1024];
  int length = _read(words[0], said, sizeof said - 1);
  said[length > 0 ? length : 0] = 0;
  CHECK_STR(said, "");
  _close(words[0]);
}
