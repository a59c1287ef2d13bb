#include "check.h"
#include "system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

void give_up(void) {
  fflush(stderr);
  /* A forked child has the exit handlers of its parent, and must not run them. */
  if (getpid() != main_process()) _exit(1);
  exit(1);
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

void end_thread(void) { pthread_exit(NULL); }

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

void list_fds(void) {
  for (int fd = 0; fd < 1024; fd++) {
    char link[64], target[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length > 0) fprintf(stderr, "descriptor %d: %.*s\n", fd, (int)length, target);
  }
}

void *at_the_edge(const void *from, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED);
  CHECK_INT(mprotect(pages + page, page, PROT_NONE), 0);
  return memcpy(pages + page - size, from, size);
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

/* Runs it with this descriptor for errors, if it is not -1. */
static int start_self(char *const arguments[], int errors) {
  int pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    if (errors >= 0) dup2(errors, 2);
    /* LeakSanitizer takes seconds to look through what waits, and it cannot stop the threads of a process whose main
       thread has gone. */
    if (errors >= 0) setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    execv("/proc/self/exe", arguments);
    _exit(127);
  }
  return pid;
}

void check_other_self(char *const arguments[], int status) { check_child(start_self(arguments, -1), status); }

void check_silent_self(char *const arguments[], int status) {
  int words[2];
  CHECK_INT(pipe2(words, O_CLOEXEC), 0);
  int pid = start_self(arguments, words[1]);
  close(words[1]);
  check_child(pid, status);
  char said[1024];
  ssize_t length = read(words[0], said, sizeof said - 1);
  said[length > 0 ? length : 0] = 0;
  CHECK_STR(said, "");
  close(words[0]);
}
