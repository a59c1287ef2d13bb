/* Error messages, and the names of numbers. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void words_stay_where_they_are(void) {
  const char *words = ws_last_error_message();
  CHECK_STR(words, "");
  CHECK_INT(ws_terminate(INT32_MAX, 0, NULL), HOSTWS_E_NO_SUCH_ID);
  CHECK(words == ws_last_error_message());
  CHECK_HAS(words, "2147483647");
  /* The arguments of one call in either order. */
  char line[2][256];
  snprintf(line[0], sizeof line[0], "%d %s", ws_status(-7), ws_last_error_message());
  snprintf(line[1], sizeof line[1], "%s %d", ws_last_error_message(), ws_status(-7));
  CHECK_STR(line[0], "-5 -7 is no connection: it is the error that ws_new returned");
  CHECK_STR(line[1], "-7 is no connection: it is the error that ws_new returned -5");
  for (int i = 0; i < 1000; i++) CHECK_INT(ws_new("", NULL, NULL), HOSTWS_E_URL);
  CHECK(words == ws_last_error_message());
  CHECK_HAS(words, "empty");
}

static void long_words_are_cut_between_characters(void) {
  /* Euro signs of three bytes each, from each of three offsets. */
  for (int shift = 0; shift < 3; shift++) {
    char pointer[3100] = "a/";
    size_t length = 2;
    for (int i = 0; i < shift; i++) pointer[length++] = 'x';
    while (length < 3090) memcpy(pointer + length, "\xe2\x82\xac", 3), length += 3;
    pointer[length] = 0;
    CHECK_INT(ws_json_get("{}", -1, pointer, NULL, 0), HOSTWS_E_ARGUMENT);
    const char *words = ws_last_error_message();
    size_t size = strlen(words);
    CHECK(size > 1020 && size <= 1023);
    CHECK(memcmp(words + size - 3, "\xe2\x82\xac", 3) == 0);
  }
}

static void *words_of_another_thread(void *mine) {
  CHECK_STR(ws_last_error_message(), "");
  CHECK(mine != ws_last_error_message());
  CHECK_INT(ws_abort(-1), HOSTWS_E_NO_SUCH_ID);
  return NULL;
}

static void each_thread_has_its_own(void) {
  CHECK_INT(ws_new("", NULL, NULL), HOSTWS_E_URL);
  const char *words = ws_last_error_message();
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, words_of_another_thread, (void *)words), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
  CHECK_HAS(words, "empty");
  CHECK_INT(ws_last_error(), HOSTWS_E_URL);
}

static pthread_key_t late;

static void called_late(void *unused) {
  (void)unused;
  CHECK_INT(ws_abort(-3), HOSTWS_E_NO_SUCH_ID);
  CHECK_HAS(ws_last_error_message(), "-3");
}

static void *ends(void *unused) {
  (void)unused;
  CHECK_INT(pthread_setspecific(late, &late), 0);
  CHECK_INT(ws_poll(0, 0, 0), 0); /* its queue, which the thread's end destroys before `called_late` */
  return NULL;
}

static void words_are_there_until_the_thread_is_gone(void) {
  CHECK_INT(pthread_key_create(&late, called_late), 0);
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, ends, NULL), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
}

static void open_ex_gives_its_words_itself(void) {
  char words[1024] = "?";
  CHECK_INT(ws_open_ex(peer_url("ws", "/echo"), "{\"tls_cat\":1}", NULL, words, sizeof words), HOSTWS_E_OPTION);
  CHECK_HAS(words, "tls_cat");
  CHECK_STR(words, ws_last_error_message());
  /* A character that has no room is left out. */
  char whole[128], few[128];
  CHECK_INT(ws_open_ex("ws://h", "{\"headers\":{\"\xe2\x82\xac\":\"\"}}", NULL, whole, sizeof whole), HOSTWS_E_OPTION);
  size_t euro = (size_t)(strstr(whole, "\xe2\x82\xac") - whole);
  memset(few, '?', sizeof few);
  CHECK_INT(ws_open_ex("ws://h", "{\"headers\":{\"\xe2\x82\xac\":\"\"}}", NULL, few, (int64_t)euro + 3), HOSTWS_E_OPTION);
  CHECK_INT(strlen(few), euro);
  CHECK_INT(few[euro + 1], '?');
  CHECK_INT(ws_open_ex("", NULL, NULL, NULL, 0), HOSTWS_E_URL);
  CHECK_FAILS(ws_open_ex("ws://h", NULL, NULL, NULL, 1), HOSTWS_E_ARGUMENT, "words");
  CHECK_FAILS(ws_open_ex("ws://h", NULL, NULL, words, -1), HOSTWS_E_ARGUMENT, "size");
  strcpy(words, "?");
  ws_id ws = ws_open_ex(peer_url("ws", "/echo"), NULL, &late, words, sizeof words);
  CHECK(ws > 0);
  CHECK_STR(words, "");
  const ws_event *event = ws_next(0, PATIENCE_MS);
  CHECK(event && event->type == HOSTWS_EVENT_OPEN && event->user_data == &late);
  ws_abort(ws);
  event = ws_next(0, PATIENCE_MS);
  CHECK(event && event->type == HOSTWS_EVENT_TERMINATE);
}

static void numbers_have_names(void) {
  static const char *const events[] = {"", "open", "message", "error", "terminate", "drain", "pong", "warning",
                                       "reconnecting", "reconnected"};
  for (int i = 0; i < (int)(sizeof events / sizeof *events); i++) CHECK_STR(ws_event_name(i), events[i]);
  CHECK_STR(ws_event_name(-1), "");
  CHECK_STR(ws_event_name(INT32_MAX), "");
  static const char *const types[] = {"", "text", "blob", "object", ""};
  for (int i = 0; i < (int)(sizeof types / sizeof *types); i++) CHECK_STR(ws_data_type_name(i), types[i]);
  CHECK_STR(ws_data_type_name(-1), "");
}

static void a_negative_id_is_told_as_the_error_that_it_is(void) {
  ws_id ws = ws_new("http://h", NULL, NULL);
  CHECK_INT(ws, HOSTWS_E_URL);
  CHECK_FAILS(ws_send(ws, "x", -1, 0), HOSTWS_E_NO_SUCH_ID, "-2 is no connection: it is the error that ws_new returned");
  CHECK_FAILS(ws_send(0, "x", -1, 0), HOSTWS_E_NO_SUCH_ID, "there is no connection 0");
}

static void a_wait_that_fails_says_why(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("closed", "/"), NULL);
  CHECK_FAILS(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_E_CLOSED, "is closed: could not open");
  CHECK_HAS(ws_last_error_message(), "127.0.0.1");
  CHECK_HAS(ws_last_error_message(), ": Connection refused");
  CHECK_FAILS(ws_send(ws, "late", -1, 0), HOSTWS_E_CLOSED, ": Connection refused");
  CHECK_FAILS(ws_terminate(ws, 0, NULL), HOSTWS_E_CLOSED, ": Connection refused");
  /* Without callbacks nothing is consumed. */
  ws = ws_new(peer_url("closed", "/"), NULL, NULL);
  CHECK_FAILS(ws_wait_status(ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_E_CLOSED, ": Connection refused");
  CHECK_FAILS(ws_send(ws, "late", -1, 0), HOSTWS_E_CLOSED, ": Connection refused");
  const ws_event *event = ws_next(0, PATIENCE_MS);
  CHECK(event && event->type == HOSTWS_EVENT_ERROR);
  CHECK(ws_next(0, PATIENCE_MS)->type == HOSTWS_EVENT_TERMINATE);
  /* For a connection that is tried again: why the last attempt failed. */
  record_clear(&r);
  ws_options options = default_options();
  options.reconnect_max = -1;
  options.reconnect_min_ms = options.reconnect_max_ms = 60000;
  ws = record_open(&r, peer_url("closed", "/"), &options);
  PUMP(r.losses == 1);
  CHECK_FAILS(ws_wait_status(ws, HOSTWS_CONNECTED, 1), HOSTWS_E_TIMEOUT, ": Connection refused");
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  PUMP(r.terminates);
  /* An end that is not a failure has no cause. */
  record_clear(&r);
  ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  record_close(&r);
  CHECK_FAILS(ws_wait_status(ws, HOSTWS_CONNECTED, 0), HOSTWS_E_CLOSED, "is closed");
  CHECK(strstr(ws_last_error_message(), "closed:") == NULL);
}

int main(void) {
  peer_start();
  RUN(words_stay_where_they_are);
  RUN(long_words_are_cut_between_characters);
  RUN(each_thread_has_its_own);
  RUN(words_are_there_until_the_thread_is_gone);
  RUN(open_ex_gives_its_words_itself);
  RUN(numbers_have_names);
  RUN(a_negative_id_is_told_as_the_error_that_it_is);
  RUN(a_wait_that_fails_says_why);
  return 0;
}
