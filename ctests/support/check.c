#include "check.h"
#include "system.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int says(const char *text, const char *part) {
  size_t length = strlen(part);
  for (;; text++) {
    size_t same = 0;
    while (same < length && tolower((unsigned char)text[same]) == tolower((unsigned char)part[same])) same++;
    if (same == length) return 1;
    if (*text == 0) return 0;
  }
}

int skipped(const char *why) {
  printf("skipped: %s\n", why);
  return SKIPPED;
}

void check_failed(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", file, line, what, ws_last_error_message());
  give_up();
  abort();
}

void check_int(const char *file, int line, const char *what, long long actual, long long expected) {
  if (actual == expected) return;
  fprintf(stderr, "%s:%d: %s is %lld, not %lld (last error: %s)\n", file, line, what, actual, expected,
          ws_last_error_message());
  give_up();
}

void check_str(const char *file, int line, const char *what, const char *actual, const char *expected) {
  if (actual != NULL && strcmp(actual, expected) == 0) return;
  fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", file, line, what, actual ? actual : "(NULL)", expected);
  give_up();
}

void check_has(const char *file, int line, const char *what, const char *text, const char *part) {
  if (text != NULL && says(text, part)) return;
  fprintf(stderr, "%s:%d: %s is \"%s\", which does not say \"%s\"\n", file, line, what, text ? text : "(NULL)", part);
  give_up();
}

void check_fails(const char *file, int line, const char *what, long long actual, int32_t code, const char *part) {
  check_int(file, line, what, actual, code);
  check_int(file, line, "ws_last_error()", ws_last_error(), code);
  check_has(file, line, what, ws_last_error_message(), part);
  if (strchr(ws_last_error_message(), '\n') != NULL) check_failed(file, line, "the words are one line");
}

void check_nothing_is_left(int threads, int fds) {
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  while (ws_next(0, 0) != NULL) {} /* the last event is given back, too */
  /* The system takes a moment to remove a thread that has been joined. */
  int64_t end = now_ms() + PATIENCE_MS;
  while (now_ms() < end && (thread_count() != threads || (fd_count() >= 0 && fd_count() != fds))) sleep_ms(1);
  CHECK_INT(thread_count(), threads);
  if (fd_count() != fds) list_fds();
  CHECK_FDS(fds);
}

void run_begins(const char *test) { printf("- %s\n", test); }
