/* After ws_shutdown() and ws_queue_discard() no code of a plug-in is called: it can be unloaded, another works on. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <dlfcn.h>
#include <stdint.h>

typedef struct plugin {
  void *handle;
  ws_id (*start)(const char *url);
  int (*opens)(void), (*ends)(void), (*was_called)(void), (*stop)(int32_t timeout_ms);
} plugin;

static void *symbol(plugin *p, const char *name) {
  void *found = dlsym(p->handle, name);
  CHECK(found != NULL);
  return found;
}

static plugin load(const char *file) {
  plugin p = {.handle = dlopen(file, RTLD_NOW | RTLD_LOCAL)};
  if (p.handle == NULL) check_failed(__FILE__, __LINE__, dlerror());
  *(void **)&p.start = symbol(&p, "plugin_start");
  *(void **)&p.opens = symbol(&p, "plugin_opens");
  *(void **)&p.ends = symbol(&p, "plugin_ends");
  *(void **)&p.was_called = symbol(&p, "plugin_was_called");
  *(void **)&p.stop = symbol(&p, "plugin_stop");
  return p;
}

static void unload(plugin *p, const char *file) {
  CHECK_INT(dlclose(p->handle), 0);
  CHECK(dlopen(file, RTLD_NOW | RTLD_NOLOAD) == NULL); /* its code is gone */
}

static const char *first, *second;

static void a_plug_in_is_unloaded_and_another_one_lives_on(void) {
  for (int round = 0; round < 10; round++) {
    plugin p = load(first);
    ws_id polled = p.start(peer_url("ws", "/echo"));
    CHECK(polled > 0);
    PUMP(p.opens() == 1);
    /* Events that nobody polls: an echo, and all events of other connections. */
    for (int i = 0; i < 5; i++) CHECK(p.start(peer_url("ws", i % 2 ? "/flood?n=100&size=10" : "/echo")) > 0);
    AWAIT(ws_pending(0) > 100);
    AWAIT(p.was_called());
    CHECK_INT(p.stop(PATIENCE_MS), HOSTWS_OK);
    CHECK_INT(p.ends(), 0);
    CHECK_INT(ws_pending(0), 0);
    unload(&p, first);

    plugin q = load(second);
    ws_id ws = q.start(peer_url("ws", "/echo"));
    CHECK(ws > 0);
    PUMP(q.opens() == 1);
    CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK);
    PUMP(q.ends() == 1);
    AWAIT(q.was_called());
    CHECK_INT(q.stop(PATIENCE_MS), HOSTWS_OK);
    unload(&q, second);
  }
}

static void what_still_ends_when_a_queue_is_discarded_is_not_told(void) {
  record ending = {0}, living = {0};
  record_open(&ending, peer_url("raw", "/no-close-reply"), NULL);
  record_open(&living, peer_url("ws", "/echo"), NULL);
  PUMP(ending.opens && living.opens);
  CHECK_INT(ws_send(living.ws, "dropped", -1, 0), HOSTWS_OK);
  AWAIT(ws_pending(0) == 1);
  CHECK_INT(ws_terminate(ending.ws, 0, NULL), HOSTWS_OK);
  CHECK_INT(ws_queue_discard(0), HOSTWS_OK);
  CHECK_INT(ws_pending(0), 0);
  CHECK_INT(ws_abort(ending.ws), HOSTWS_OK);
  AWAIT(ws_status(ending.ws) == HOSTWS_CLOSED);
  /* The other plug-in continues. */
  CHECK_INT(ws_send(living.ws, "told", -1, 0), HOSTWS_OK);
  PUMP(living.messages);
  CHECK_STR(living.data, "told");
  CHECK_STR(ending.order, "O");
  record_close(&living);
  record_clear(&living);
  record_clear(&ending);
  CHECK_INT(ws_queue_discard(-1), HOSTWS_E_ARGUMENT);
  CHECK_INT(ws_queue_discard(999999), HOSTWS_E_NO_SUCH_ID);
}

static void discard_inside(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)user_data;
  if (event->type == HOSTWS_EVENT_OPEN) CHECK_INT(ws_queue_discard(0), HOSTWS_E_BUSY);
}

static void a_callback_cannot_discard_its_own_queue(void) {
  record r = {.hook = discard_inside};
  record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  record_clear(&r);
}

int main(int count, char **arguments) {
  CHECK_INT(count, 3);
  first = arguments[1];
  second = arguments[2];
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_plug_in_is_unloaded_and_another_one_lives_on);
  RUN(what_still_ends_when_a_queue_is_discarded_is_not_told);
  RUN(a_callback_cannot_discard_its_own_queue);
  check_nothing_is_left(threads, fds);
  return 0;
}
