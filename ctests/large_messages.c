/* The memory of large messages is used again by the next ones, and given back when no more come. */
#include "check.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 1 << 20, MANY = 20, FEW = 100 };

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

static long long held_at_start;

/* A connection for each message, so that no second one waits beside it. Returns the page faults. */
static long receive_one(void) {
  long before = page_faults();
  ws_id ws = ws_open(peer_url("ws", "/flood?n=1&size=1048576"), NULL, NULL);
  CHECK(ws > 0);
  CHECK_INT(next()->type, HOSTWS_EVENT_OPEN);
  CHECK_INT(next()->length, SIZE);
  CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
  while (next()->type != HOSTWS_EVENT_TERMINATE) {
  }
  return page_faults() - before;
}

static void the_next_uses_the_same_pages(void) {
  receive_one();
  int cheap = 0;
  for (int i = 0; i < MANY; i++) cheap += receive_one() < FEW;
  printf("%d of %d messages took fewer than %d page faults\n", cheap, MANY, FEW);
  /* Not all: on a slow machine the memory may have been given back meanwhile. */
  CHECK(cheap >= MANY / 2);
}

static void an_idle_queue_gives_it_back(void) {
  receive_one();
  CHECK(ws_next(0, 0) == NULL);
  AWAIT(held() < held_at_start + SIZE / 2);
}

int main(void) {
  /* As by default, whatever the environment says. */
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  peer_start();
  int threads = thread_count(), fds = fd_count();
  held_at_start = held();
  RUN(the_next_uses_the_same_pages);
  RUN(an_idle_queue_gives_it_back);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  check_nothing_is_left(threads, fds);
  return 0;
}
#else
int main(void) {
  (void)next;
  return skipped("only the GNU C library counts what is allocated");
}
#endif
