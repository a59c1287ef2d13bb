/* Questions and answers: pulled as events and as JSON, answered by other threads; they do not delay the end. */
#include "check.h"
#include "peer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next event of the thread's own queue. */
static const ws_event *next_event(int32_t type) {
  const ws_event *event = ws_next(0, PATIENCE_MS);
  CHECK(event != NULL);
  CHECK_INT(event->type, type);
  return event;
}

static ws_id open_guarded(void) {
  ws_id ws = ws_open(peer_url("raw", "/status/401"), "{\"ask\":2}", NULL);
  CHECK(ws > 0);
  return ws;
}

static void a_question_has_its_facts(void) {
  ws_id ws = open_guarded();
  const ws_event *event = next_event(HOSTWS_EVENT_ASK);
  char challenge[64];
  CHECK_STR(ws_event_name(event->type), "ask");
  CHECK_INT(event->flags, HOSTWS_ASK_CREDENTIALS);
  CHECK_INT(event->data_type, HOSTWS_OBJECT);
  CHECK_INT(ws_json_get(event->data, event->length, "/challenges/0", challenge, sizeof challenge), 18);
  CHECK_STR(challenge, "Basic realm=\"test\"");
  CHECK_INT(ws_status(ws), HOSTWS_CONNECTING);
  int32_t question = event->code;
  CHECK_FAILS(ws_answer(ws, question + 1, "Basic x", -1), HOSTWS_E_NOT_FOUND, "asks question");
  CHECK_FAILS(ws_answer(ws, question, NULL, -1), HOSTWS_E_ARGUMENT, "value is NULL");
  CHECK_FAILS(ws_answer(ws, question, "Basic s3cret\n", -1), HOSTWS_E_ARGUMENT, "a line break");
  CHECK_FAILS(ws_answer(ws, question, "Basic \xff", -1), HOSTWS_E_UTF8, "not UTF-8");
  CHECK_FAILS(ws_answer(ws, question, "x", -2), HOSTWS_E_ARGUMENT, "length");
  CHECK_FAILS(ws_answer(0, question, "x", -1), HOSTWS_E_NO_SUCH_ID, "null id");
  /* An empty answer means "refuse". */
  CHECK_INT(ws_answer(ws, question, NULL, 0), HOSTWS_OK);
  event = next_event(HOSTWS_EVENT_ERROR);
  CHECK_INT(event->errors[1].code, 401);
  next_event(HOSTWS_EVENT_TERMINATE);
  CHECK_FAILS(ws_answer(ws, question, NULL, 0), HOSTWS_E_CLOSED, "clos");
}

struct answer {
  ws_id ws;
  int32_t question;
};

static void *answer_wrong(void *argument) {
  struct answer *answer = argument;
  CHECK_INT(ws_answer(answer->ws, answer->question, "Basic d3Jvbmc=", -1), HOSTWS_OK);
  return NULL;
}

static void any_thread_answers_and_json_tells(void) {
  ws_id ws = open_guarded();
  for (int round = 1; round <= 2; round++) {
    char json[4096], text[64];
    int64_t length = ws_next_json(0, PATIENCE_MS, json, sizeof json);
    CHECK(length > 0 && length < (int64_t)sizeof json);
    CHECK(ws_json_get(json, length, "/type", text, sizeof text) > 0);
    CHECK_STR(text, "ask");
    CHECK(ws_json_get(json, length, "/data/ask", text, sizeof text) > 0);
    CHECK_STR(text, "credentials");
    CHECK(ws_json_get(json, length, "/data/round", text, sizeof text) > 0);
    CHECK_INT(atoi(text), round);
    CHECK(ws_json_get(json, length, "/code", text, sizeof text) > 0);
    struct answer answer = {ws, atoi(text)};
    pthread_t thread;
    if (round == 1) {
      CHECK_INT(pthread_create(&thread, NULL, answer_wrong, &answer), 0);
      CHECK_INT(pthread_join(thread, NULL), 0);
    } else {
      CHECK_INT(ws_answer(ws, answer.question, "refuse", -1), HOSTWS_OK);
    }
  }
  next_event(HOSTWS_EVENT_ERROR);
  next_event(HOSTWS_EVENT_TERMINATE);
}

static void a_handler_that_hears_no_question_is_refused(void) {
  ws_handler handler = {.struct_size = sizeof handler, .user_data = NULL};
  ws_options options = {.struct_size = sizeof options, .ask = HOSTWS_ASK_CREDENTIALS};
  handler.on_open = (ws_callback)abort;
  CHECK_FAILS(ws_new(peer_url("ws", "/"), &handler, &options), HOSTWS_E_OPTION, "on_event");
  options.ask = HOSTWS_ASK_RECONNECT;
  CHECK_FAILS(ws_new(peer_url("ws", "/"), NULL, &options), HOSTWS_E_OPTION, "reconnect_max");
  options.ask = 64;
  CHECK_FAILS(ws_new(peer_url("ws", "/"), NULL, &options), HOSTWS_E_OPTION, "option ask");
}

static void shutdown_does_not_wait_for_an_answer(void) {
  ws_id guarded = open_guarded();
  /* Waiting messages would be sent first if anybody could still answer. */
  CHECK_INT(ws_send(guarded, "waits", -1, HOSTWS_TEXT), HOSTWS_OK);
  next_event(HOSTWS_EVENT_ASK);
  ws_id lost = ws_open(peer_url("closed", "/"), "{\"ask\":4,\"reconnect_max\":-1}", NULL);
  CHECK(lost > 0);
  next_event(HOSTWS_EVENT_ASK);
  int64_t before = now_ms();
  ws_shutdown(2 * PATIENCE_MS);
  CHECK(now_ms() - before < PATIENCE_MS);
  CHECK_INT(ws_status(guarded), HOSTWS_CLOSED);
  CHECK_INT(ws_status(lost), HOSTWS_CLOSED);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_question_has_its_facts);
  RUN(any_thread_answers_and_json_tells);
  RUN(a_handler_that_hears_no_question_is_refused);
  RUN(shutdown_does_not_wait_for_an_answer);
  check_nothing_is_left(threads, fds);
  return 0;
}
