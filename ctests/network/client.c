/*
 * One connection, or many, over a network that is not well; tells of it line by line:
 *
 *     hostws_network_client COMMAND URL OPTIONS_JSON
 *
 *     open       opens and closes
 *     echo       sends 200 messages, which must come back as they are
 *     stay       opens and waits for its end
 *     upload     sends one large message, and waits for the length that the server tells, or for its end
 *     terminate  gives up after a while
 *     shutdown   ends the library after a while
 *     many       opens 100 connections at once; the first gives up
 *     watch      opens and stays, until it is killed
 *     heir       the same in a queue of its own, once the first worker has ended
 *
 *     open DNS_US TCP_US
 *     part LENGTH                   of a message that comes in parts, the first
 *     message TEXT
 *     error CODE COMPONENT WORDS    for each of the stack
 *     end CODE
 *     waits ATTEMPT                 the next attempt is a while away
 *     pinged COUNT                  the pings that were sent so far
 *     alone                         the worker of the first connection has ended
 *     after MS                      what terminate or shutdown took
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 200, LARGEST = 4000, UPLOAD = 4 << 20, MANY = 100, A_WHILE_MS = 300, TOLERANCE_MS = 300, TICK_MS = 20 };

static char bytes[UPLOAD];

static void fill(void) {
  unsigned state = 6455;
  for (size_t i = 0; i < sizeof bytes; i++) {
    state = state * 1103515245u + 12345u;
    bytes[i] = (char)(state >> 16);
  }
}

static void tell(const ws_event *event) {
  ws_stats stats = {.struct_size = sizeof stats};
  switch (event->type) {
    case HOSTWS_EVENT_OPEN:
      CHECK_INT(ws_get_stats(event->ws, &stats), HOSTWS_OK);
      printf("open %llu %llu\n", (unsigned long long)stats.dns_us, (unsigned long long)stats.tcp_us);
      break;
    case HOSTWS_EVENT_MESSAGE:
      if (event->flags == (HOSTWS_FIRST | HOSTWS_LAST))
        printf("message %s\n", event->data);
      else if (event->flags & HOSTWS_FIRST)
        printf("part %lld\n", (long long)event->length);
      break;
    case HOSTWS_EVENT_TERMINATE: printf("end %d\n", event->code); break;
    case HOSTWS_EVENT_RECONNECTING: printf("waits %d\n", event->code); break;
    default:
      for (int32_t i = 0; i < event->error_count; i++)
        printf("error %d %s %s\n", event->errors[i].code, event->errors[i].component, event->errors[i].message);
  }
}

static const ws_event *next(void) {
  const ws_event *event = ws_next(0, PATIENCE_MS);
  CHECK(event != NULL);
  return event;
}

/* Runs until all connections have ended. Calls `on_open` for each that opens. */
static void follow(int count, void (*on_open)(ws_id ws)) {
  while (count > 0) {
    const ws_event *event = next();
    tell(event);
    if (event->type == HOSTWS_EVENT_OPEN && on_open != NULL) on_open(event->ws);
    if (event->type == HOSTWS_EVENT_MESSAGE && event->flags & HOSTWS_LAST) ws_terminate(event->ws, 0, NULL);
    if (event->type == HOSTWS_EVENT_TERMINATE) count--;
  }
}

static void close_it(ws_id ws) { CHECK_INT(ws_terminate(ws, 0, NULL), HOSTWS_OK); }

static void upload(ws_id ws) { CHECK_INT(ws_send(ws, bytes, sizeof bytes, HOSTWS_BLOB), HOSTWS_OK); }

/* Most are small, some are empty, a few are many packets long. */
static int64_t length_of(int index) { return index % 50 == 7 ? 10 * LARGEST : (index * 617) % LARGEST * (index % 3) / 2; }

static void echo(ws_id ws) {
  for (int i = 0; i < MESSAGES; i++)
    CHECK_INT(ws_send(ws, bytes + i, length_of(i), HOSTWS_BLOB), HOSTWS_OK);
  for (int i = 0; i < MESSAGES; i++) {
    const ws_event *event = next();
    CHECK_INT(event->type, HOSTWS_EVENT_MESSAGE);
    CHECK_INT(event->length, length_of(i));
    CHECK(memcmp(event->data, bytes + i, (size_t)event->length) == 0);
  }
  close_it(ws);
}

static void terminate(ws_id ws) {
  sleep_ms(A_WHILE_MS);
  CHECK_INT(ws_status(ws), HOSTWS_CONNECTING);
  int64_t start = now_ms();
  close_it(ws);
  follow(1, NULL);
  printf("after %lld\n", (long long)(now_ms() - start));
}

static void shut_down(void) {
  sleep_ms(A_WHILE_MS);
  int64_t start = now_ms();
  int32_t result = ws_shutdown(TOLERANCE_MS);
  CHECK(result == HOSTWS_OK || result == HOSTWS_E_TIMEOUT);
  printf("after %lld\n", (long long)(now_ms() - start));
  follow(1, NULL);
}

/* Prints pings and attempts. Ends with the process. */
static void watch(ws_queue queue, ws_id ws) {
  ws_stats stats = {.struct_size = sizeof stats};
  for (int64_t told = 0;;) {
    const ws_event *event = ws_next(queue, TICK_MS);
    if (event != NULL) tell(event);
    CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
    if ((int64_t)stats.pings_sent != told) printf("pinged %lld\n", (long long)(told = (int64_t)stats.pings_sent));
  }
}

/* The worker of the thread's own queue watches the network, and ends before the other. */
static void inherit(ws_id first, const char *url) {
  ws_queue queue = ws_queue_new();
  char options[64];
  snprintf(options, sizeof options, "{\"queue\": %d, \"ping_interval_ms\": 300000}", queue);
  ws_id second = ws_open(url, options, NULL);
  CHECK(second > 0);
  int threads = thread_count();
  follow(1, close_it);
  CHECK_INT(ws_status(first), HOSTWS_CLOSED);
  for (int64_t start = now_ms(); thread_count() >= threads; sleep_ms(TICK_MS)) CHECK(now_ms() - start < PATIENCE_MS);
  printf("alone %d\n", thread_count());
  watch(queue, second);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: hostws_network_client COMMAND URL OPTIONS_JSON\n");
    return 1;
  }
  const char *command = argv[1];
  fill();
  int count = strcmp(command, "many") == 0 ? MANY : 1;
  ws_id ws = ws_open(argv[2], argv[3], NULL);
  CHECK(ws > 0);
  for (int i = 1; i < count; i++) CHECK(ws_open(argv[2], argv[3], NULL) > 0);
  if (strcmp(command, "echo") == 0)
    follow(1, echo);
  else if (strcmp(command, "stay") == 0)
    follow(1, NULL);
  else if (strcmp(command, "upload") == 0)
    follow(1, upload);
  else if (strcmp(command, "terminate") == 0)
    terminate(ws);
  else if (strcmp(command, "watch") == 0)
    watch(0, ws);
  else if (strcmp(command, "heir") == 0)
    inherit(ws, argv[2]);
  else if (strcmp(command, "shutdown") == 0)
    shut_down();
  else {
    if (count == MANY) CHECK_INT(ws_abort(ws), HOSTWS_OK);
    follow(count, close_it);
  }
  return 0;
}
