/* ws_pause(): one of two connections of a queue is not read, and the other is not affected. */
#include "check.h"
#include "peer.h"
#include "record.h"

static void one_of_two_is_paused(void) {
  record paused = {0}, other = {0};
  ws_id slow = record_open(&paused, peer_url("ws", "/flood?n=3000&size=10000"), NULL);
  CHECK_INT(ws_pause(slow, 1), HOSTWS_OK);
  ws_id quick = record_open(&other, peer_url("ws", "/echo"), NULL);
  PUMP(paused.opens && other.opens);
  for (int n = 1; n <= 50; n++) {
    CHECK_INT(ws_send(quick, "ping", -1, 0), HOSTWS_OK);
    PUMP(other.messages == n);
  }
  CHECK_INT(paused.messages, 0);
  CHECK_INT(ws_status(slow), HOSTWS_CONNECTED);
  CHECK_INT(ws_pause(slow, 0), HOSTWS_OK);
  PUMP(paused.messages == 3000);
  record_close(&other);
  record_close(&paused);
  CHECK_INT(paused.code, 1000);
  CHECK_FAILS(ws_pause(slow, 1), HOSTWS_E_CLOSED, "closed");
  CHECK_FAILS(ws_pause(slow, 3), HOSTWS_E_ARGUMENT, "0 or 1");
  record_clear(&other);
  record_clear(&paused);
}

/* A callback pauses its own connection: queued messages are still delivered, the rest waits. */
static void pause_at_the_first(ws_id ws, const ws_event *event, void *user_data) {
  const record *r = user_data;
  if (event->type == HOSTWS_EVENT_MESSAGE && r->messages == 1) CHECK_INT(ws_pause(ws, 1), HOSTWS_OK);
}

static void a_paused_connection_closes_as_usual(void) {
  record r = {.hook = pause_at_the_first};
  /* A slow server writes all of the flood before it answers the close. */
  ws_options options = {.struct_size = sizeof options, .close_timeout_ms = 60000};
  record_open(&r, peer_url("ws", "/flood?n=4000&size=5000"), &options);
  PUMP(r.messages);
  pump_for(200);
  CHECK(r.messages < 4000);
  record_close(&r);
  CHECK(r.code == 1000 && r.was_clean);
  record_clear(&r);
}

int main(void) {
  peer_start();
  RUN(one_of_two_is_paused);
  RUN(a_paused_connection_closes_as_usual);
  return 0;
}
