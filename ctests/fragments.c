/* Huge messages: sent in fragments, received in parts; and the round trip of a ping. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 100000, PIECES = 50, PART = 4096 };

typedef struct received {
  int64_t bytes, largest;
  int firsts, lasts, parts;
} received;

static void count_parts(ws_id ws, const ws_event *event, void *user_data) {
  (void)ws;
  record *r = user_data;
  received *sum = r->extra;
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  CHECK_INT((event->flags & HOSTWS_FIRST) != 0, sum->bytes == 0);
  for (int64_t i = 0; i < event->length; i++) CHECK(event->data[i] == (char)((sum->bytes + i) % 127));
  sum->bytes += event->length;
  sum->parts++;
  sum->firsts += (event->flags & HOSTWS_FIRST) != 0;
  sum->lasts += (event->flags & HOSTWS_LAST) != 0;
  if (event->length > sum->largest) sum->largest = event->length;
}

/* Five megabytes, of which the host holds only a piece at a time, both when sending and when receiving. */
static void a_message_is_sent_and_received_piece_by_piece(void) {
  received sum = {0};
  record r = {.hook = count_parts, .extra = &sum};
  ws_options options = default_options();
  options.stream_threshold = PART;
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), &options);
  PUMP(r.opens);
  char *piece = malloc(PIECE);
  CHECK(piece != NULL);
  for (int n = 0; n < PIECES; n++) {
    for (int i = 0; i < PIECE; i++) piece[i] = (char)(((int64_t)n * PIECE + i) % 127);
    uint32_t more = n + 1 < PIECES ? HOSTWS_MORE : 0;
    CHECK_INT(ws_send_ex(ws, piece, PIECE, HOSTWS_BLOB, more), HOSTWS_OK);
  }
  free(piece);
  PUMP(sum.lasts);
  CHECK_INT(sum.bytes, (int64_t)PIECE * PIECES);
  CHECK_INT(sum.largest, PART);
  CHECK_INT(sum.parts, (PIECE * PIECES + PART - 1) / PART);
  CHECK(sum.firsts == 1 && sum.lasts == 1 && r.messages == 1);
  record_close(&r);
  CHECK_INT(r.code, 1000);
  record_clear(&r);
}

static void text_may_be_cut_inside_a_character(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  CHECK_INT(ws_send_ex(ws, "gr\xc3", 3, HOSTWS_TEXT, HOSTWS_MORE), HOSTWS_OK);
  CHECK_FAILS(ws_send_ex(ws, "?", 1, 0, 0), HOSTWS_E_UTF8, "offset 2");
  CHECK_FAILS(ws_send_ex(ws, "", 0, 0, 0), HOSTWS_E_UTF8, "ends inside");
  CHECK_FAILS(ws_send(ws, "another", -1, 0), HOSTWS_E_BUSY, "fragments");
  CHECK_INT(ws_send_ex(ws, "\xbc\xc3\x9f", -1, HOSTWS_TEXT, 0), HOSTWS_OK);
  PUMP(r.messages);
  CHECK_STR(r.data, "gr\xc3\xbc\xc3\x9f");
  CHECK_STR(r.order, "OM");
  record_close(&r);
  record_clear(&r);
}

static void a_pong_tells_the_round_trip(void) {
  record r = {0};
  ws_id ws = record_open(&r, peer_url("ws", "/echo"), NULL);
  PUMP(r.opens);
  int64_t start = now_ms();
  CHECK_INT(ws_ping(ws, "payload", -1), HOSTWS_OK);
  PUMP(r.pongs);
  int64_t most_us = (now_ms() - start + 1) * 1000;
  CHECK_STR(r.data, "payload");
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(ws, &stats), HOSTWS_OK);
  CHECK(stats.round_trip_us > 0 && (int64_t)stats.round_trip_us <= most_us);
  record_close(&r);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_message_is_sent_and_received_piece_by_piece);
  RUN(text_may_be_cut_inside_a_character);
  RUN(a_pong_tells_the_round_trip);
  check_nothing_is_left(threads, fds);
  return 0;
}
