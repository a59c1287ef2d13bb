/* A host may dlclose() the library at any time: it stays loaded, and works when it is opened again. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The functions of a copy of the library, which nothing but dlopen() has loaded. */
static struct {
  __typeof__(ws_new) *new;
  __typeof__(ws_poll) *poll;
  __typeof__(ws_send) *send;
  __typeof__(ws_terminate) *terminate;
  __typeof__(ws_status) *status;
  __typeof__(ws_shutdown) *shutdown;
} its;

static void find(void *library) {
  *(void **)&its.new = dlsym(library, "ws_new");
  *(void **)&its.poll = dlsym(library, "ws_poll");
  *(void **)&its.send = dlsym(library, "ws_send");
  *(void **)&its.terminate = dlsym(library, "ws_terminate");
  *(void **)&its.status = dlsym(library, "ws_status");
  *(void **)&its.shutdown = dlsym(library, "ws_shutdown");
  CHECK(its.new && its.poll && its.send && its.terminate && its.status && its.shutdown);
  CHECK((void *)its.new != (void *)ws_new);
}

#define PUMP_IT(condition) \
  do { \
    int64_t end_ = now_ms() + PATIENCE_MS; \
    while (!(condition)) CHECK(now_ms() < end_ && its.poll(0, 20, 0) >= 0); \
  } while (0)

static record r;

static void open_and_talk(void) {
  ws_handler handler = record_handler(&r);
  ws_id ws = its.new(peer_url("ws", "/echo"), &handler, NULL);
  CHECK(ws > 0);
  CHECK_INT(its.send(ws, "hello", -1, 0), HOSTWS_OK);
  PUMP_IT(r.messages == 1);
  CHECK_STR(r.data, "hello");
}

static void *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fprintf(stderr, "%s\n", dlerror());
  CHECK(library != NULL);
  find(library);
  return library;
}

static void a_closed_library_still_works(const char *path) {
  void *library = load(path);
  open_and_talk();
  CHECK_INT(dlclose(library), 0);
  /* Its threads run on, and pointers to it stay valid. */
  CHECK_INT(its.send(r.ws, "after", -1, 0), HOSTWS_OK);
  PUMP_IT(r.messages == 2);
  sleep_ms(20);
  CHECK_INT(its.status(r.ws), HOSTWS_CONNECTED);
}

static void what_is_loaded_again_is_the_same(const char *path) {
  __typeof__(ws_new) *before = its.new;
  void *library = load(path);
  CHECK(its.new == before);
  CHECK_INT(its.send(r.ws, "again", -1, 0), HOSTWS_OK);
  PUMP_IT(r.messages == 3);
  CHECK_INT(its.terminate(r.ws, 0, NULL), HOSTWS_OK);
  PUMP_IT(r.terminates);
  CHECK_INT(dlclose(library), 0);
  record_clear(&r);
}

static void *use_and_end(void *argument) {
  void *library = load(argument);
  open_and_talk();
  CHECK_INT(dlclose(library), 0);
  return NULL; /* the library frees the thread's data after this */
}

static void a_thread_can_end_after_the_library_is_closed(const char *path) {
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, use_and_end, (void *)path), 0);
  pthread_join(thread, NULL);
  AWAIT(its.status(r.ws) == HOSTWS_CLOSED);
  CHECK_STR(r.order, "OM");
  record_clear(&r);
}

static char copy[] = "/tmp/hostws-dlopen-XXXXXX";

static void remove_copy(void) { unlink(copy); }

static void copy_file(const char *from, int to) {
  FILE *file = fopen(from, "rb");
  CHECK(file != NULL);
  char bytes[65536];
  for (size_t length; (length = fread(bytes, 1, sizeof bytes, file)) > 0;) CHECK(write(to, bytes, length) == (ssize_t)length);
  fclose(file);
  close(to);
}

int main(void) {
  Dl_info info;
  char self[PATH_MAX], path[PATH_MAX];
  CHECK(dladdr(dlsym(RTLD_DEFAULT, "ws_version") ? dlsym(RTLD_DEFAULT, "ws_version") : (void *)&r, &info) != 0);
  CHECK(realpath("/proc/self/exe", self) != NULL);
  CHECK(realpath(info.dli_fname, path) != NULL && strcmp(self, path) != 0); /* the library is a file of its own */
  peer_start();
  int file = mkstemp(copy);
  CHECK(file >= 0);
  atexit(remove_copy);
  copy_file(path, file);
  int threads = thread_count(), fds = fd_count();
  puts("- a closed library still works");
  a_closed_library_still_works(copy);
  puts("- what is loaded again is the same");
  what_is_loaded_again_is_the_same(copy);
  puts("- a thread can end after the library is closed");
  a_thread_can_end_after_the_library_is_closed(copy);
  CHECK_INT(its.shutdown(PATIENCE_MS), HOSTWS_OK);
  AWAIT(thread_count() == threads && fd_count() == fds);
  return 0;
}
