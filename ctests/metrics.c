/* ws_metrics: the counters of the process. With an argument, the text is written to that file. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

static char text[65536];

static void measure(void) {
  int64_t length = ws_metrics(text, sizeof text);
  CHECK(length > 0 && length < (int64_t)sizeof text);
  CHECK_INT(strlen(text), length);
}

/* The number after the beginning of a line. */
static void check_sample(int line, const char *sample, const char *number) {
  const char *found = strstr(text, sample);
  if (!found) check_failed(__FILE__, line, sample);
  found += strlen(sample);
  char value[32] = {0};
  memcpy(value, found, strcspn(found, "\n") < sizeof value ? strcspn(found, "\n") : sizeof value - 1);
  check_str(__FILE__, line, sample, value, number);
}
#define CHECK_SAMPLE(sample, number) check_sample(__LINE__, "\n" sample " ", number)

static void an_empty_process_has_all_metrics(void) {
  measure();
  CHECK(strncmp(text, "# TYPE ", 7) == 0);
  CHECK_STR(text + strlen(text) - 6, "# EOF\n");
  CHECK_SAMPLE("hostws_connections{status=\"connected\"}", "0");
  CHECK_SAMPLE("hostws_messages_total{direction=\"sent\"}", "0");
  CHECK_SAMPLE("hostws_opening_seconds_count", "0");
  CHECK_SAMPLE("hostws_opening_seconds_sum", "0.0");
}

static void end_of(const char *kind, const char *path, int reconnects, int code) {
  record r = {0};
  ws_options options = default_options();
  options.reconnect_max = reconnects;
  options.reconnect_min_ms = 1;
  record_open(&r, peer_url(kind, path), &options);
  PUMP(r.terminates);
  CHECK_INT(r.code, code);
}

static void every_event_is_counted_once(void) {
  record open = {0}, ended = {0};
  ws_id ws = record_open(&open, peer_url("ws", "/echo"), NULL);
  record_open(&ended, peer_url("ws", "/echo"), NULL);
  PUMP(open.opens && ended.opens);
  for (int i = 0; i < 3; i++) CHECK_INT(ws_send(ws, "hello", -1, 0), HOSTWS_OK);
  CHECK_INT(ws_send(ended.ws, "goodbye", -1, 0), HOSTWS_OK);
  PUMP(open.messages == 3 && ended.messages == 1);
  CHECK_INT(ws_ping(ws, NULL, 0), HOSTWS_OK);
  PUMP(open.pongs);
  record_close(&ended);
  end_of("closed", "/", 1, 1006);  /* twice refused by TCP, and once reopened in between */
  end_of("raw", "/404", 0, 1006);  /* refused by HTTP */
  end_of("wss", "/echo", 0, 1015); /* a certificate that is not trusted */
  measure();
  record_clear(&open);
  record_clear(&ended);
}

static void the_values_are_right(void) {
  CHECK_SAMPLE("hostws_connections{status=\"connected\"}", "1");
  CHECK_SAMPLE("hostws_connections{status=\"connecting\"}", "0");
  CHECK_SAMPLE("hostws_openings_total{result=\"open\"}", "2");
  CHECK_SAMPLE("hostws_openings_total{result=\"tcp\"}", "2");
  CHECK_SAMPLE("hostws_openings_total{result=\"http\"}", "1");
  CHECK_SAMPLE("hostws_openings_total{result=\"tls\"}", "1");
  CHECK_SAMPLE("hostws_openings_total{result=\"dns\"}", "0");
  CHECK_SAMPLE("hostws_opening_seconds_count", "2");
  CHECK_SAMPLE("hostws_opening_seconds_bucket{le=\"+Inf\"}", "2");
  CHECK_SAMPLE("hostws_reconnects_total{cause=\"tcp\"}", "1");
  CHECK_SAMPLE("hostws_reconnects_total{cause=\"closed\"}", "0");
  CHECK_SAMPLE("hostws_ends_total{code=\"1000\"}", "1");
  CHECK_SAMPLE("hostws_ends_total{code=\"1006\"}", "2");
  CHECK_SAMPLE("hostws_ends_total{code=\"1015\"}", "1");
  CHECK_SAMPLE("hostws_messages_total{direction=\"sent\"}", "4");
  CHECK_SAMPLE("hostws_messages_total{direction=\"received\"}", "4");
  CHECK_SAMPLE("hostws_payload_bytes_total{direction=\"sent\"}", "22");
  CHECK_SAMPLE("hostws_payload_bytes_total{direction=\"received\"}", "22");
  CHECK_SAMPLE("hostws_pings_total{direction=\"sent\"}", "1");
  CHECK_SAMPLE("hostws_pings_total{direction=\"received\"}", "1");
  CHECK_SAMPLE("hostws_waiting_bytes{direction=\"sent\"}", "0");
}

int main(int argc, char **argv) {
  peer_start();
  RUN(an_empty_process_has_all_metrics);
  RUN(every_event_is_counted_once);
  RUN(the_values_are_right);
  if (argc > 1) {
    FILE *file = fopen(argv[1], "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
  }
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  measure();
  CHECK_SAMPLE("hostws_messages_total{direction=\"sent\"}", "4"); /* it goes on */
  return 0;
}
