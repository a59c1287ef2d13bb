/*
 * What a connection has told: counts and copies of its events. Each event is also held against
 * the promises that hold for all: the thread, the order, the fields, the NUL behind the data.
 */
#ifndef RECORD_H
#define RECORD_H

#include <hostws.h>

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct record {
  char order[256]; /* a letter an event, its first ones: O M E T D P W; m: a part of a message; L: reconnecting,
                       R: reconnected, S: sent, X: expired */
  int opens, messages, errors, terminates, drains, pongs, warnings, losses, reconnects, expired;
  int32_t sent; /* the number of the last message that has left */
  char *data; /* of the last message or pong */
  int64_t length;
  int32_t data_type;
  struct {
    int32_t code;
    char component[16];
    char message[512];
  } stack[8]; /* of the error or the last warning */
  int error_count;
  int32_t code, was_clean; /* of the end */
  char reason[128];
  /* Set by the test, if needed: */
  ws_callback hook; /* called after each event is recorded, with the record as user_data */
  void *extra;
  int any_thread; /* the queue is bound to no thread */
  /* The record's own: */
  pthread_t thread;
  ws_id ws;
} record;

/* The handler of a recorded connection. */
ws_handler record_handler(record *r);
/* Opens a recorded connection, with default_options() if there are none. ws_new() must succeed. */
ws_id record_open(record *r, const char *url, const ws_options *options);
/* Records an event of ws_next(). */
void record_event(record *r, const ws_event *event);
/* Forgets all, for the next connection. */
void record_clear(record *r);

/* The defaults, but the server has as long to answer a close as a test waits. */
ws_options default_options(void);

/* Polls a queue until the condition holds. */
#define PUMP_QUEUE(queue, condition) \
  do { \
    int64_t end_ = now_ms() + PATIENCE_MS; \
    while (!(condition)) { \
      if (now_ms() > end_) check_failed(__FILE__, __LINE__, "in time: " #condition); \
      int polled_ = ws_poll((queue), 20, 0); \
      if (polled_ == HOSTWS_E_IDLE) sleep_ms(1); \
      else if (polled_ < 0) CHECK_INT(polled_, 0); \
    } \
  } while (0)
#define PUMP(condition) PUMP_QUEUE(0, condition)

/* Polls for a while, to see that something does not happen. */
void pump_for(int ms);
/* Closes a connection of this thread's queue as usual, and waits for its end. */
void record_close(record *r);

#ifdef __cplusplus
}
#endif

#endif
