#include "check.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from) {
  strncpy(to, from ? from : "(NULL)", size - 1);
  to[size - 1] = 0;
}

static void copy_data(record *r, const ws_event *event) {
  CHECK(event->length >= 0 && event->data != NULL);
  CHECK_INT(event->data[event->length], 0);
  free(r->data);
  r->length = event->length;
  r->data_type = event->data_type;
  r->data = malloc((size_t)event->length + 1);
  CHECK(r->data != NULL);
  memcpy(r->data, event->data, (size_t)event->length + 1);
}

static void copy_stack(record *r, const ws_event *event) {
  CHECK(event->error_count > 0 && event->error_count <= 8);
  r->error_count = event->error_count;
  for (int i = 0; i < event->error_count; i++) {
    CHECK(event->errors[i].message[0] != 0);
    r->stack[i].code = event->errors[i].code;
    copy(r->stack[i].component, sizeof r->stack[i].component, event->errors[i].component);
    copy(r->stack[i].message, sizeof r->stack[i].message, event->errors[i].message);
  }
}

static char count(record *r, const ws_event *event) {
  switch (event->type) {
    case HOSTWS_EVENT_OPEN:
      CHECK_INT(r->opens++, 0);
      CHECK_INT(r->errors, 0);
      return 'O';
    case HOSTWS_EVENT_MESSAGE:
      CHECK_INT(r->opens, 1);
      CHECK_INT(r->errors, 0);
      CHECK(event->data_type >= HOSTWS_TEXT && event->data_type <= HOSTWS_OBJECT);
      copy_data(r, event);
      if (event->flags & HOSTWS_LAST) r->messages++;
      return event->flags == (HOSTWS_FIRST | HOSTWS_LAST) ? 'M' : 'm';
    case HOSTWS_EVENT_ERROR:
      CHECK_INT(r->errors++, 0);
      copy_stack(r, event);
      return 'E';
    case HOSTWS_EVENT_TERMINATE:
      CHECK_INT(r->terminates++, 0);
      r->code = event->code;
      r->was_clean = event->was_clean;
      copy(r->reason, sizeof r->reason, event->reason);
      return 'T';
    case HOSTWS_EVENT_DRAIN:
      r->drains++;
      return 'D';
    case HOSTWS_EVENT_PONG:
      copy_data(r, event);
      CHECK(event->round_trip_us > 0);
      r->pongs++;
      return 'P';
    case HOSTWS_EVENT_WARNING:
      copy_stack(r, event);
      r->warnings++;
      return 'W';
    case HOSTWS_EVENT_RECONNECTING:
      copy_stack(r, event);
      CHECK(event->code > 0 && event->delay_ms > 0);
      r->losses++;
      return 'L';
    case HOSTWS_EVENT_RECONNECTED:
      CHECK(event->code > 0);
      r->reconnects++;
      return 'R';
    case HOSTWS_EVENT_SENT:
      CHECK(event->code > r->sent);
      r->sent = event->code;
      return 'S';
    case HOSTWS_EVENT_EXPIRED:
      CHECK(event->code > 0);
      r->expired++;
      return 'X';
    default: CHECK_INT(event->type, HOSTWS_EVENT_OPEN); return '?';
  }
}

void record_event(record *r, const ws_event *event) {
  CHECK_INT(event->struct_size, sizeof(ws_event));
  CHECK_INT(event->flags & ~(HOSTWS_FIRST | HOSTWS_LAST), 0);
  if (event->type != HOSTWS_EVENT_MESSAGE) CHECK_INT(event->flags, 0);
  if (event->type != HOSTWS_EVENT_PONG) CHECK_INT(event->round_trip_us, 0);
  CHECK(event->user_data == r);
  CHECK(event->time_us > 0);
  CHECK(r->any_thread || pthread_equal(r->thread, pthread_self()));
  if (r->ws == 0) r->ws = event->ws;
  CHECK_INT(event->ws, r->ws);
  CHECK_INT(r->terminates, 0);
  if (event->type != HOSTWS_EVENT_MESSAGE && event->type != HOSTWS_EVENT_PONG) CHECK_INT(event->length, 0);
  if (event->type != HOSTWS_EVENT_MESSAGE) CHECK_INT(event->data_type, 0);
  int is_loss = event->type == HOSTWS_EVENT_RECONNECTING;
  if (event->type != HOSTWS_EVENT_ERROR && event->type != HOSTWS_EVENT_WARNING && !is_loss)
    CHECK_INT(event->error_count, 0);
  int is_of_message = event->type == HOSTWS_EVENT_SENT || event->type == HOSTWS_EVENT_EXPIRED;
  if (event->type != HOSTWS_EVENT_TERMINATE && event->type != HOSTWS_EVENT_RECONNECTED && !is_loss && !is_of_message)
    CHECK_INT(event->code, 0);
  if (!is_loss) CHECK_INT(event->delay_ms, 0);
  char letter = count(r, event);
  size_t used = strlen(r->order);
  if (used < sizeof r->order - 1) r->order[used] = letter;
}

static void told(record *r, ws_id ws, const ws_event *event) {
  CHECK_INT(event->ws, ws);
  record_event(r, event);
  if (r->hook != NULL) r->hook(ws, event, r);
}

static void on_open(ws_id ws, const ws_event *event, void *user_data) {
  CHECK_INT(event->type, HOSTWS_EVENT_OPEN);
  told(user_data, ws, event);
}

static void on_message(ws_id ws, const ws_event *event, void *user_data) {
  CHECK_INT(event->type, HOSTWS_EVENT_MESSAGE);
  told(user_data, ws, event);
}

static void on_error(ws_id ws, const ws_event *event, void *user_data) {
  CHECK_INT(event->type, HOSTWS_EVENT_ERROR);
  told(user_data, ws, event);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data) {
  CHECK_INT(event->type, HOSTWS_EVENT_TERMINATE);
  told(user_data, ws, event);
}

static void on_event(ws_id ws, const ws_event *event, void *user_data) {
  CHECK(event->type >= HOSTWS_EVENT_DRAIN);
  told(user_data, ws, event);
}

ws_handler record_handler(record *r) {
  r->thread = pthread_self();
  ws_handler handler = {sizeof handler, HOSTWS_TEXT, r, on_open, on_message, on_error, on_terminate, on_event};
  return handler;
}

ws_id record_open(record *r, const char *url, const ws_options *options) {
  ws_handler handler = record_handler(r);
  ws_options patient = default_options();
  ws_id ws = ws_new(url, &handler, options != NULL ? options : &patient);
  CHECK(ws > 0);
  r->ws = ws;
  return ws;
}

void record_clear(record *r) {
  free(r->data);
  memset(r, 0, sizeof *r);
}

ws_options default_options(void) {
  ws_options options = {0};
  options.struct_size = sizeof options;
  options.close_timeout_ms = PATIENCE_MS; /* a slow server closes as cleanly as a quick one */
  return options;
}

void pump_for(int ms) {
  for (int64_t end = now_ms() + ms; now_ms() < end;) {
    if (ws_poll(0, 10, 0) < 0) sleep_ms(1);
  }
}

void record_close(record *r) {
  if (!r->terminates) ws_terminate(r->ws, 0, NULL);
  PUMP(r->terminates);
}
