/* TLS accepts only the intended server: who is refused, with which message, and which option allows it. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ws_options trusting(void) {
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  return options;
}

static void opens(const char *url, const ws_options *options, const char *order) {
  record r = {0};
  record_open(&r, url, options);
  CHECK_INT(ws_send(r.ws, "secret", -1, 0), HOSTWS_OK);
  PUMP(r.messages || r.terminates);
  CHECK_INT(r.messages, 1);
  CHECK_STR(r.data, "secret");
  ws_stats stats = {.struct_size = sizeof stats};
  CHECK_INT(ws_get_stats(r.ws, &stats), HOSTWS_OK);
  CHECK(stats.tls_us > 0);
  record_close(&r);
  CHECK_STR(r.order, order);
  CHECK_INT(r.code, 1000);
  record_clear(&r);
}

static void refused(const char *url, const ws_options *options, const char *words) {
  record r = {0};
  record_open(&r, url, options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "ET");
  CHECK(r.error_count >= 2);
  CHECK_STR(r.stack[0].component, "ws");
  CHECK_INT(r.stack[0].code, HOSTWS_E_OPEN);
  CHECK_STR(r.stack[1].component, "tls");
  CHECK_INT(r.stack[1].code, HOSTWS_E_TLS);
  CHECK_HAS(r.stack[1].message, words);
  CHECK_INT(r.code, 1015);
  CHECK_INT(r.was_clean, 0);
  record_clear(&r);
}

static void a_server_of_a_given_authority_is_let_in(void) {
  ws_options options = trusting();
  opens(peer_url("wss", "/echo"), &options, "OMT"); /* an IP address in the certificate */
  opens(peer_url_at("wss", "localhost", "/echo"), &options, "OMT");
}

static void the_authority_may_be_given_as_text(void) {
  ws_options options = default_options();
  char pem[16384];
  FILE *file = fopen(peer_ca() + 1, "rb");
  CHECK(file != NULL);
  pem[fread(pem, 1, sizeof pem - 1, file)] = 0;
  fclose(file);
  options.tls_ca = pem;
  opens(peer_url("wss", "/echo"), &options, "OMT");
}

static void an_unknown_authority_is_refused(void) {
  refused(peer_url("wss", "/echo"), NULL, "authority");
  ws_options options = trusting();
  refused(peer_url("wss-otherca", "/echo"), &options, "authority");
}

static void a_self_signed_certificate_is_refused(void) {
  ws_options options = trusting();
  refused(peer_url("wss-selfsigned", "/echo"), &options, "self-signed");
  refused(peer_url("wss-selfsigned", "/echo"), NULL, "self-signed");
}

static void an_expired_certificate_is_refused(void) {
  ws_options options = trusting();
  refused(peer_url("wss-expired", "/echo"), &options, "expired");
}

static void a_certificate_for_another_name_is_refused(void) {
  ws_options options = trusting();
  refused(peer_url("wss-othername", "/echo"), &options, "127.0.0.1");
  refused(peer_url_at("wss-othername", "localhost", "/echo"), &options, "localhost");
  options.tls_server_name = "no.example";
  refused(peer_url("wss", "/echo"), &options, "no.example");
}

static void the_expected_name_can_be_given(void) {
  ws_options options = trusting();
  options.tls_server_name = "localhost";
  opens(peer_url("wss", "/echo"), &options, "OMT");
}

static void a_server_without_tls_is_refused(void) {
  char url[64];
  snprintf(url, sizeof url, "wss://127.0.0.1:%d/echo", peer_port("ws"));
  record r = {0};
  record_open(&r, url, NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "ET");
  CHECK_STR(r.stack[1].component, "tls");
  CHECK_INT(r.code, 1015);
  record_clear(&r);
}

static void a_file_that_is_not_there_is_named(void) {
  ws_options options = default_options();
  options.tls_ca = "@/no/such/file.pem";
  record r = {0};
  record_open(&r, peer_url("wss", "/echo"), &options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "ET");
  int found = 0;
  for (int i = 0; i < r.error_count; i++) found += strstr(r.stack[i].message, "/no/such/file.pem") != NULL;
  CHECK(found > 0);
  record_clear(&r);
}

static atomic_int warnings;

static void count_warnings(int32_t level, const char *message, void *user_data) {
  CHECK(user_data == &warnings);
  CHECK(level >= HOSTWS_LOG_ERROR && level <= HOSTWS_LOG_WARNING);
  if (level == HOSTWS_LOG_WARNING && strstr(message, "tls_verify") != NULL) warnings++;
}

static void less_verification_is_possible_and_warned_of(void) {
  CHECK_INT(ws_set_log(HOSTWS_LOG_WARNING, count_warnings, &warnings), HOSTWS_OK);
  ws_options options = trusting();
  options.tls_verify = HOSTWS_TLS_VERIFY_NO_HOSTNAME;
  opens(peer_url("wss-othername", "/echo"), &options, "WOMT");
  AWAIT(warnings == 1);
  /* Everything but the name is checked. */
  record r = {0};
  record_open(&r, peer_url("wss-otherca", "/echo"), &options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "WET");
  CHECK_INT(r.code, 1015);
  record_clear(&r);
  options = default_options();
  options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
  opens(peer_url("wss-selfsigned", "/echo"), &options, "WOMT");
  opens(peer_url("wss-expired", "/echo"), &options, "WOMT");
  opens(peer_url("wss-otherca", "/echo"), &options, "WOMT");
  opens(peer_url("wss-othername", "/echo"), &options, "WOMT");
  AWAIT(warnings == 6);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, NULL, NULL), HOSTWS_OK);
}

static void one_who_trusts_does_not_make_the_next_trust(void) {
  ws_options options = trusting();
  opens(peer_url("wss", "/echo"), &options, "OMT");
  refused(peer_url("wss", "/echo"), NULL, "authority");
}

static void a_server_that_speaks_only_older_versions_is_refused(void) {
  ws_options options = trusting();
  options.tls_min_version = HOSTWS_TLS_1_2;
  opens(peer_url("wss", "/echo"), &options, "OMT"); /* it goes up to 1.2 */
  options.tls_min_version = HOSTWS_TLS_1_3;
  refused(peer_url("wss", "/echo"), &options, "1.3");
}

static void big_messages_come_through(void) {
  ws_options options = trusting();
  record r = {0};
  record_open(&r, peer_url("wss", "/echo"), &options);
  size_t size = 3 << 20;
  char *data = malloc(size);
  for (size_t i = 0; i < size; i++) data[i] = (char)(i >> 8);
  for (int i = 0; i < 3; i++) CHECK_INT(ws_send(r.ws, data, (int64_t)size, HOSTWS_BLOB), HOSTWS_OK);
  PUMP(r.messages == 3);
  CHECK(r.length == (int64_t)size && memcmp(r.data, data, size) == 0);
  free(data);
  record_close(&r);
  record_clear(&r);
}

static void a_flood_arrives_in_order(void) {
  ws_options options = trusting();
  record r = {0};
  record_open(&r, peer_url("wss", "/flood?n=20000&size=50"), &options);
  PUMP(r.messages == 20000);
  CHECK_HAS(r.data, "19999:");
  record_close(&r);
  record_clear(&r);
}

static void a_tls_server_that_drops_is_lost(void) {
  ws_options options = trusting();
  record r = {0};
  record_open(&r, peer_url("wss", "/drop"), &options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OET");
  CHECK_INT(r.code, 1006);
  record_clear(&r);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(a_server_of_a_given_authority_is_let_in);
  RUN(the_authority_may_be_given_as_text);
  RUN(an_unknown_authority_is_refused);
  RUN(a_self_signed_certificate_is_refused);
  RUN(an_expired_certificate_is_refused);
  RUN(a_certificate_for_another_name_is_refused);
  RUN(the_expected_name_can_be_given);
  RUN(a_server_without_tls_is_refused);
  RUN(a_file_that_is_not_there_is_named);
  RUN(less_verification_is_possible_and_warned_of);
  RUN(one_who_trusts_does_not_make_the_next_trust);
  RUN(a_server_that_speaks_only_older_versions_is_refused);
  RUN(big_messages_come_through);
  RUN(a_flood_arrives_in_order);
  RUN(a_tls_server_that_drops_is_lost);
  check_nothing_is_left(threads, fds);
  return 0;
}
