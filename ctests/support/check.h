/*
 * What every test here uses: checks that end the program with file, line and values, a clock,
 * and counts of what the process holds. Include it first.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <hostws.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest wait in a test. After this time, the test has failed. */
enum { PATIENCE_MS = 20000 };
/* The exit status of a test that cannot run here, and the function that says why and returns it. */
enum { SKIPPED = 77 };
int skipped(const char *why);

#define CHECK(condition) \
  do { \
    if (!(condition)) check_failed(__FILE__, __LINE__, #condition); \
  } while (0)
#define CHECK_INT(actual, expected) check_int(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define CHECK_STR(actual, expected) check_str(__FILE__, __LINE__, #actual, (actual), (expected))
/* The text contains `part`, in upper or lower case. */
#define CHECK_HAS(text, part) check_has(__FILE__, __LINE__, #text, (text), (part))
/* The call returns `code`, ws_last_error() too, and the error message contains `part`. */
#define CHECK_FAILS(call, code, part) check_fails(__FILE__, __LINE__, #call, (long long)(call), (code), (part))
/* Checks again and again until the condition holds. Polls no queue. */
#define AWAIT(condition) \
  do { \
    int64_t end_ = now_ms() + PATIENCE_MS; \
    while (!(condition)) { \
      if (now_ms() > end_) check_failed(__FILE__, __LINE__, "in time: " #condition); \
      sleep_ms(1); \
    } \
  } while (0)

#ifdef __cplusplus
#define NORETURN [[noreturn]]
#else
#define NORETURN _Noreturn
#endif
NORETURN void check_failed(const char *file, int line, const char *what);
void check_int(const char *file, int line, const char *what, long long actual, long long expected);
void check_str(const char *file, int line, const char *what, const char *actual, const char *expected);
void check_has(const char *file, int line, const char *what, const char *text, const char *part);
void check_fails(const char *file, int line, const char *what, long long actual, int32_t code, const char *part);

int64_t now_ms(void);
void sleep_ms(int ms);
/* Ends the calling thread by the system's function for it. */
NORETURN void end_thread(void);

int thread_count(void);
/* Negative if the system cannot count them; then CHECK_FDS holds. */
int fd_count(void);
#define CHECK_FDS(expected) \
  do { \
    if (fd_count() >= 0) CHECK_INT(fd_count(), (expected)); \
  } while (0)
/* Shuts the library down, and checks that its threads and descriptors are gone. */
void check_nothing_is_left(int threads, int fds);

/* Copies a struct to the end of a page that is followed by an unreadable page. */
void *at_the_edge(const void *from, size_t size);

/* Ends a forked child: 0 if all its checks held. The exit handlers of the parent do not run. */
NORETURN void child_succeeds(void);
/* The child ends in time and with `status`. */
void check_child(int pid, int status);
/* Runs this program again with these arguments: it ends in time and with `status`. */
void check_other_self(char *const arguments[], int status);
/* The same, and it prints no error. */
void check_silent_self(char *const arguments[], int status);

/* Prints the name of the tested promise, and tests it. */
#define RUN(test) (run_begins(#test), test())
void run_begins(const char *test);

#ifdef __cplusplus
}
#endif

#endif
