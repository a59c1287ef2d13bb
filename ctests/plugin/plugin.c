/* A plug-in: it gets a URL, sets functions of its own in the library, and shuts down. */
#include <hostws.h>

#include <stdatomic.h>
#include <stddef.h>

static atomic_int wakeups, lines;
static int opens, ends;

static void on_open(ws_id ws, const ws_event *event, void *user_data) {
  (void)event, (void)user_data;
  opens++;
  ws_send(ws, "hello", -1, 0);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data) { (void)ws, (void)event, (void)user_data; }

static void on_terminate(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws, (void)event, (void)user_data;
  ends++;
}

static void on_wakeup(void *user_data) {
  (void)user_data;
  wakeups++;
}

static void on_line(int32_t level, const char *line, void *user_data) {
  (void)level, (void)line, (void)user_data;
  lines++;
}

ws_id plugin_start(const char *url) {
  ws_handler handler = {.struct_size = sizeof handler,
                        .on_open = on_open,
                        .on_message = on_message,
                        .on_terminate = on_terminate,
                        .on_event = on_message};
  ws_set_log(HOSTWS_LOG_DEBUG, on_line, NULL);
  ws_queue_on_wakeup(0, on_wakeup, NULL);
  return ws_new(url, &handler, NULL);
}

int plugin_opens(void) { return opens; }
int plugin_ends(void) { return ends; }
int plugin_was_called(void) { return wakeups > 0 && lines > 0; }

/* None of its code is called after this. */
int plugin_stop(int32_t timeout_ms) {
  int32_t ended = ws_shutdown(timeout_ms);
  int32_t discarded = ws_queue_discard(0);
  return ended < 0 ? ended : discarded;
}
