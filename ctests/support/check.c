#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int main_process(void) {
  static int pid = 0;
  if (pid == 0) pid = getpid();
  return pid;
}

__attribute__((constructor)) static void remember_process(void) {
  main_process();
  setvbuf(stdout, NULL, _IOLBF, 0);
}

static void give_up(void) {
  fflush(stderr);
  /* A forked child has the parent's exit handlers, which are not its own to run. */
  if (getpid() != main_process()) _exit(1);
  exit(1);
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
  if (text != NULL && strcasestr(text, part) != NULL) return;
  fprintf(stderr, "%s:%d: %s is \"%s\", which does not say \"%s\"\n", file, line, what, text ? text : "(NULL)", part);
  give_up();
}

void check_fails(const char *file, int line, const char *what, long long actual, int32_t code, const char *part) {
  check_int(file, line, what, actual, code);
  check_int(file, line, "ws_last_error()", ws_last_error(), code);
  check_has(file, line, what, ws_last_error_message(), part);
  if (strchr(ws_last_error_message(), '\n') != NULL) check_failed(file, line, "the words are one line");
}

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int ms) {
  struct timespec span = {ms / 1000, (long)(ms % 1000) * 1000000};
  while (nanosleep(&span, &span) != 0 && errno == EINTR) {}
}

static int entries(const char *path) {
  DIR *folder = opendir(path);
  CHECK(folder != NULL);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

int thread_count(void) { return entries("/proc/self/task"); }

int fd_count(void) { return entries("/proc/self/fd"); }

/* Says what is left. */
static void list_fds(void) {
  for (int fd = 0; fd < 1024; fd++) {
    char link[64], target[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length > 0) fprintf(stderr, "descriptor %d: %.*s\n", fd, (int)length, target);
  }
}

void check_nothing_is_left(int threads, int fds) {
  CHECK_INT(ws_shutdown(5000), HOSTWS_OK);
  while (ws_next(0, 0) != NULL) {} /* the last event is given back, too */
  /* The system takes a moment to clear away a thread that has been joined. */
  int64_t end = now_ms() + PATIENCE_MS;
  while (now_ms() < end && (thread_count() != threads || fd_count() != fds)) sleep_ms(1);
  CHECK_INT(thread_count(), threads);
  if (fd_count() != fds) list_fds();
  CHECK_INT(fd_count(), fds);
}

void child_succeeds(void) {
  fflush(stdout);
  _exit(0);
}

void check_child(int pid, int status) {
  int how = 0;
  int64_t end = now_ms() + PATIENCE_MS;
  for (;;) {
    int ended = waitpid(pid, &how, WNOHANG);
    CHECK(ended >= 0);
    if (ended == pid) break;
    if (now_ms() > end) {
      kill(pid, SIGKILL);
      check_failed(__FILE__, __LINE__, "the child ends in time");
    }
    sleep_ms(1);
  }
  CHECK(WIFEXITED(how));
  CHECK_INT(WEXITSTATUS(how), status);
}

void run_begins(const char *test) { printf("- %s\n", test); }
