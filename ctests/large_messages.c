/* The memory of large messages is used again by the next ones, and given back when no more come. */
#include "check.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 1 << 20, WARM = 10, MANY = 40 };

static const ws_event *next(void) {
  const ws_event *event = ws_next(0, PATIENCE_MS);
  if (event == NULL) check_failed(__FILE__, __LINE__, ws_last_error_message());
  return event;
}

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#include <malloc.h>
#include <sys/resource.h>

static long page_faults(void) {
  struct rusage usage;
  CHECK_INT(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_minflt;
}

/* Bytes that the program holds. */
static long long held(void) {
  struct mallinfo2 info = mallinfo2();
  return (long long)(info.uordblks + info.hblkhd);
}

static void the_next_uses_the_same_pages(void) {
  char path[64];
  snprintf(path, sizeof path, "/flood?n=%d&size=%d", WARM + MANY, SIZE);
  long long before = held();
  ws_id ws = ws_open(peer_url("ws", path), NULL, NULL);
  CHECK(ws > 0);
  CHECK_INT(next()->type, HOSTWS_EVENT_OPEN);
  for (int i = 0; i < WARM; i++) CHECK_INT(next()->length, SIZE);
  long faults = page_faults();
  for (int i = 0; i < MANY; i++) CHECK_INT(next()->length, SIZE);
  faults = page_faults() - faults;
  printf("%.1f page faults a message\n", (double)faults / MANY);
  CHECK(faults < 8 * MANY);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  while (next()->type != HOSTWS_EVENT_TERMINATE) {
  }
  CHECK(ws_next(0, 0) == NULL);
  /* Only the connection is gone; its thread and its queue are still there. */
  AWAIT(held() < before + SIZE / 2);
}

int main(void) {
  /* As by default, whatever the environment says. */
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(the_next_uses_the_same_pages);
  CHECK_INT(ws_shutdown(5000), HOSTWS_OK);
  check_nothing_is_left(threads, fds);
  return 0;
}
#else
int main(void) {
  (void)next;
  return skipped("only the GNU C library counts what is allocated");
}
#endif
