/*
 * The client that Autobahn|Testsuite judges: it echoes every message as it came, whatever the server does.
 *
 *     hostws_testee AGENT [--deflate] [--parallel N] URL...
 *
 * Several servers share the work: each case runs on the first free server, so all must have the same list of
 * cases. Each can be given several cases at once (--parallel). What was right and wrong is in the servers' reports;
 * the exit status only tells whether every case was run to its end.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  SERVERS_MAX = 8,
  SLOTS_MAX = 64,
  /* Longer than any pause in a case of the suite. */
  SILENCE_MS = 120000,
  /* A server that writes hundreds of reports, or is busy with other cases, answers late. */
  ANSWER_MS = 60000
};

/* A place for one connection at a time. */
typedef struct slot {
  const char *server;
  int number; /* of its case, from 1; 0: not a case */
  int is_open, is_over;
  char answer[64]; /* the last message, if it is not a case */
  ws_id ws;
  int64_t deadline;
} slot;

static const char *agent;
static int deflate;
static int case_count, last_started, cases_ended, cases_stuck;

static void start_case(slot *s);

static void on_open(ws_id ws, const ws_event *event, void *user_data) {
  slot *s = user_data;
  (void)ws, (void)event;
  s->is_open = 1;
}

static void on_message(ws_id ws, const ws_event *event, void *user_data) {
  slot *s = user_data;
  s->deadline = now_ms() + SILENCE_MS;
  if (s->number == 0) {
    snprintf(s->answer, sizeof s->answer, "%s", event->data);
    return;
  }
  int32_t sent = ws_send(ws, event->data, event->length, event->data_type);
  /* Messages before a close frame or an error are delivered, but can no longer be answered. */
  if (sent != HOSTWS_E_CLOSED) CHECK_INT(sent, HOSTWS_OK);
}

/* Most cases break the protocol, so errors are expected, but not before the connection is open. */
static void on_error(ws_id ws, const ws_event *event, void *user_data) {
  slot *s = user_data;
  (void)ws;
  if (s->is_open) return;
  for (int32_t i = 0; i < event->error_count; i++)
    fprintf(stderr, "%s, case %d: %s: %s\n", s->server, s->number, event->errors[i].component,
            event->errors[i].message);
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data) {
  slot *s = user_data;
  (void)ws, (void)event;
  CHECK(s->is_open);
  s->is_over = 1;
  if (s->number == 0) return;
  cases_ended++;
  start_case(s);
}

static void open_slot(slot *s, const char *path) {
  char url[512];
  snprintf(url, sizeof url, "%s%s", s->server, path);
  ws_handler handler = {0};
  handler.struct_size = sizeof handler;
  handler.user_data = s;
  handler.on_open = on_open;
  handler.on_message = on_message;
  handler.on_error = on_error;
  handler.on_terminate = on_terminate;
  ws_options options = {0};
  options.struct_size = sizeof options;
  options.open_timeout_ms = ANSWER_MS;
  options.ping_interval_ms = -1; /* the suite counts frames */
  options.max_message = -1;
  options.send_queue_max = -1;
  options.deflate = deflate;
  options.deflate_threshold = -1;
  s->is_open = s->is_over = 0;
  s->deadline = now_ms() + SILENCE_MS;
  s->ws = ws_new(url, &handler, &options);
  CHECK(s->ws > 0);
}

static void start_case(slot *s) {
  if (last_started == case_count) return;
  char path[128];
  s->number = ++last_started;
  snprintf(path, sizeof path, "/runCase?case=%d&agent=%s", s->number, agent);
  open_slot(s, path);
}

/* Opens `path` and waits until the server has closed. */
static slot ask(const char *server, const char *path) {
  slot s = {.server = server};
  int64_t end = now_ms() + ANSWER_MS;
  open_slot(&s, path);
  while (!s.is_over) {
    CHECK(now_ms() < end);
    CHECK(ws_poll(0, 1000, 0) >= 0);
  }
  return s;
}

static void count_cases(const char *server) {
  slot s = ask(server, "/getCaseCount");
  int count = atoi(s.answer);
  CHECK(count > 0);
  if (case_count) CHECK_INT(count, case_count);
  case_count = count;
}

static void abort_if_late(slot *s) {
  if (s->number == 0 || s->is_over || now_ms() < s->deadline) return;
  fprintf(stderr, "%s, case %d: nothing for %d s\n", s->server, s->number, SILENCE_MS / 1000);
  cases_stuck++;
  s->deadline = INT64_MAX;
  ws_abort(s->ws);
}

static void update_reports(const char *server) {
  char path[128];
  snprintf(path, sizeof path, "/updateReports?agent=%s", agent);
  ask(server, path);
}

int main(int argc, char **argv) {
  static slot slots[SLOTS_MAX];
  const char *servers[SERVERS_MAX];
  int server_count = 0, parallel = 1;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--deflate") == 0) deflate = 1;
    else if (strcmp(argv[i], "--parallel") == 0 && i + 1 < argc) parallel = atoi(argv[++i]);
    else if (agent == NULL && argv[i][0] != '-') agent = argv[i];
    else if (strncmp(argv[i], "ws", 2) == 0 && server_count < SERVERS_MAX) servers[server_count++] = argv[i];
    else server_count = SERVERS_MAX + 1;
  }
  int slot_count = server_count * parallel;
  if (server_count < 1 || server_count > SERVERS_MAX || parallel < 1 || slot_count > SLOTS_MAX) {
    fprintf(stderr, "usage: %s AGENT [--deflate] [--parallel N] URL...\n", argv[0]);
    return 2;
  }

  for (int i = 0; i < server_count; i++) count_cases(servers[i]);

  int64_t start = now_ms();
  for (int i = 0; i < slot_count; i++) {
    slots[i].server = servers[i % server_count];
    start_case(&slots[i]);
  }
  while (cases_ended < case_count) {
    CHECK(ws_poll(0, 1000, 0) >= 0);
    for (int i = 0; i < slot_count; i++) abort_if_late(&slots[i]);
  }
  printf("%d cases in %.1f s\n", cases_ended, (double)(now_ms() - start) / 1000);

  for (int i = 0; i < server_count; i++) update_reports(servers[i]);
  return cases_stuck > 0;
}
