#include "check.h"
#include "system.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

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

int thread_count(void) {
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  CHECK(all != INVALID_HANDLE_VALUE);
  THREADENTRY32 entry = {0};
  entry.dwSize = sizeof entry;
  int count = 0;
  for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry))
    count += entry.th32OwnerProcessID == GetCurrentProcessId();
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
