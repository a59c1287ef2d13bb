/* A machine that is idle is not taken for one that sleeps: two clocks are compared, and go at the same pace. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <string.h>

/* The worker looks at the clocks when a timer ends its wait, and minds no sleep of less than five seconds. One timer ends
   after two seconds. The next is that of the ping, which comes up to a quarter of its time earlier. */
enum { FIRST_PING_MS = 10000, IDLE_MS = 10500 };

static atomic_int lines, sleeps;

static void look(int32_t level, const char *line, void *user_data) {
  (void)level, (void)user_data;
  lines++;
  if (strstr(line, "the machine slept") != NULL) sleeps++;
}

static void nothing_is_noticed_while_nothing_happens(void) {
  record r = {0};
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, look, NULL), HOSTWS_OK);
  ws_options options = default_options();
  options.ping_interval_ms = FIRST_PING_MS;
  record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP(r.opens);
  sleep_ms(IDLE_MS);
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  PUMP(r.messages);
  record_close(&r);
  record_clear(&r);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK); /* after the last line */
  CHECK(lines > 0);
  CHECK_INT(sleeps, 0);
}

int main(void) {
  peer_start();
  RUN(nothing_is_noticed_while_nothing_happens);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
