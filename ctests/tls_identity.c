/* Identities in TLS: the client's certificate, the server's pinned key, and the server's certificate. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_SUCH_KEY "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static ws_options trusting(void) {
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  return options;
}

static void opens(const char *url, const ws_options *options) {
  record r = {0};
  record_open(&r, url, options);
  PUMP(r.opens || r.terminates);
  CHECK_INT(r.opens, 1);
  record_close(&r);
  CHECK_INT(r.code, 1000);
  record_clear(&r);
}

/* The server knows the client by its name. */
static void lets_in(const ws_options *options) {
  record r = {0};
  record_open(&r, peer_url("wss-mutual", "/client"), options);
  PUMP(r.messages || r.terminates);
  CHECK_INT(r.messages, 1);
  CHECK_STR(r.data, "test client");
  record_close(&r);
  CHECK_STR(r.order, "OMT");
  record_clear(&r);
}

/* The opening fails in TLS; the second error of the stack is copied to `words`, if that is not NULL. */
static void fails(const char *url, const ws_options *options, const char *part, char *words) {
  record r = {0};
  record_open(&r, url, options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "ET");
  CHECK(r.error_count >= 2);
  CHECK_INT(r.stack[0].code, HOSTWS_E_OPEN);
  CHECK_INT(r.stack[1].code, HOSTWS_E_TLS);
  CHECK_STR(r.stack[1].component, "tls");
  CHECK_HAS(r.stack[1].message, part);
  CHECK_INT(r.code, 1015);
  for (int i = 0; i < r.error_count; i++) CHECK(strstr(r.stack[i].message, "sesame") == NULL);
  if (words) strcpy(words, r.stack[1].message);
  record_clear(&r);
}

static char *contents(const char *option) {
  char *text = calloc(1, 65536);
  FILE *file = fopen(option + 1, "rb");
  CHECK(text != NULL && file != NULL);
  CHECK(fread(text, 1, 65535, file) > 0);
  fclose(file);
  return text;
}

static void a_client_shows_its_certificate(void) {
  ws_options options = trusting();
  options.tls_cert = options.tls_key = peer_file("wss-mutual");
  lets_in(&options);
  char *text = contents(peer_file("wss-mutual"));
  options.tls_cert = options.tls_key = text;
  lets_in(&options);
  free(text);
}

static int is_openssl(void) { return strstr(ws_build_info(), "OpenSSL") != NULL; }

static void an_encrypted_key_is_not_read(void) {
  ws_options options = trusting();
  const char *url = peer_url("wss-mutual", "/client");
  options.tls_cert = options.tls_key = peer_file("wss-encrypted");
  fails(url, &options, "reads no encrypted keys", NULL);
  options.tls_key_password = "open sesame";
  CHECK_FAILS(ws_new(url, NULL, &options), HOSTWS_E_OPTION, "option tls_key_password: ");
  CHECK(strstr(ws_last_error_message(), "sesame") == NULL);
}

static void an_encrypted_key_needs_its_password(void) {
  if (!is_openssl()) return an_encrypted_key_is_not_read();
  ws_options options = trusting();
  const char *url = peer_url("wss-mutual", "/client");
  options.tls_cert = options.tls_key = peer_file("wss-encrypted");
  fails(url, &options, "tls_key_password is not set", NULL);
  options.tls_key_password = "close sesame";
  fails(url, &options, "tls_key_password", NULL);
  options.tls_key_password = "open sesame";
  lets_in(&options);

  char *text = contents(peer_file("wss-encrypted"));
  options.tls_cert = options.tls_key = text;
  lets_in(&options);
  options.tls_key_password = "close sesame";
  CHECK_FAILS(ws_new(url, NULL, &options), HOSTWS_E_OPTION, "tls_key_password");
  CHECK(strstr(ws_last_error_message(), "sesame") == NULL);
  options.tls_key_password = NULL;
  CHECK_FAILS(ws_new(url, NULL, &options), HOSTWS_E_OPTION, "tls_key_password");
  free(text);
}

static void a_server_that_asks_lets_nobody_else_in(void) {
  ws_options options = trusting();
  /* Wine does not say which alert came. */
  fails(peer_url("wss-mutual", "/client"), &options, is_openssl() ? "tls_cert" : "", NULL);
  options.tls_cert = options.tls_key = "@/no/such/client.pem";
  fails(peer_url("wss-mutual", "/client"), &options, "/no/such/client.pem", NULL);
}

static void the_servers_key_can_be_pinned(void) {
  ws_options options = trusting();
  char words[512], pins[512];
  options.tls_pins = NO_SUCH_KEY;
  fails(peer_url("wss", "/echo"), &options, "sha256/", words);
  /* The error contains the pin that would have matched. */
  char *pin = strstr(words, "sha256/");
  CHECK(pin != NULL && strlen(pin) > 51);
  pin[51] = 0;
  options.tls_pins = pin;
  opens(peer_url("wss", "/echo"), &options);
  snprintf(pins, sizeof pins, NO_SUCH_KEY ";%s", pin);
  options.tls_pins = pins;
  opens(peer_url("wss", "/echo"), &options);
  /* A different server with a different key. */
  options.tls_verify = HOSTWS_TLS_VERIFY_NONE;
  record r = {0};
  record_open(&r, peer_url("wss-selfsigned", "/echo"), &options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "WET");
  CHECK_HAS(r.stack[1].message, "tls_pins");
  CHECK_INT(r.code, 1015);
  record_clear(&r);
}

static void ones_own_authority_can_be_the_only_one(void) {
  ws_options options = trusting();
  options.tls_ca_only = 1;
  opens(peer_url("wss", "/echo"), &options);
  fails(peer_url("wss-otherca", "/echo"), &options, "authority", NULL);
  options.tls_ca = NULL;
  CHECK_FAILS(ws_new(peer_url("wss", "/echo"), NULL, &options), HOSTWS_E_OPTION, "tls_ca_only");
}

typedef struct seen {
  int64_t lengths[8];
  unsigned char der[8][2048];
  int count;
} seen;

static void look(ws_id ws, const ws_event *event, void *user_data) {
  seen *s = ((record *)user_data)->extra;
  (void)event;
  CHECK(s->count < 8);
  s->lengths[s->count] = ws_peer_certificate(ws, s->der[s->count], sizeof s->der[0]);
  s->count++;
}

static void seen_is_a_certificate(const seen *s, int count) {
  CHECK_INT(s->count, count);
  for (int i = 0; i < count; i++) {
    CHECK(s->lengths[i] > 200 && s->lengths[i] < 2000);
    CHECK_INT(s->der[i][0], 0x30); /* a sequence */
    CHECK_INT(s->der[i][1], 0x82); /* of more than 255 bytes: */
    CHECK_INT(s->der[i][2] * 256 + s->der[i][3] + 4, s->lengths[i]);
    CHECK(memcmp(s->der[i], s->der[0], (size_t)s->lengths[0]) == 0);
  }
}

static void the_certificate_of_the_server_can_be_read(void) {
  ws_options options = trusting();
  seen s = {0};
  record r = {.hook = look, .extra = &s};
  record_open(&r, peer_url("wss", "/echo"), &options);
  CHECK_FAILS(ws_peer_certificate(r.ws, NULL, 0), HOSTWS_E_NOT_FOUND, "certificate");
  PUMP(r.opens);
  unsigned char exact[2048] = {0};
  int64_t length = ws_peer_certificate(r.ws, NULL, 0);
  CHECK_INT(length, s.lengths[0]);
  exact[length] = 0x7f;
  CHECK_INT(ws_peer_certificate(r.ws, exact, length), length);
  CHECK(memcmp(exact, s.der[0], (size_t)length) == 0 && exact[length] == 0x7f);
  CHECK_FAILS(ws_peer_certificate(r.ws, NULL, 1), HOSTWS_E_ARGUMENT, "buffer");
  CHECK_FAILS(ws_peer_certificate(r.ws, exact, -1), HOSTWS_E_ARGUMENT, "size");
  ws_id ws = r.ws;
  record_close(&r);
  CHECK_STR(r.order, "OT");
  seen_is_a_certificate(&s, 2);
  CHECK_FAILS(ws_peer_certificate(ws, NULL, 0), HOSTWS_E_CLOSED, "");
  CHECK_FAILS(ws_peer_certificate(1 << 30, NULL, 0), HOSTWS_E_NO_SUCH_ID, "");
  record_clear(&r);
}

static void it_can_be_read_after_a_wrong_pin(void) {
  ws_options options = trusting();
  options.tls_pins = NO_SUCH_KEY;
  seen s = {0};
  record r = {.hook = look, .extra = &s};
  record_open(&r, peer_url("wss", "/echo"), &options);
  PUMP(r.terminates);
  CHECK_STR(r.order, "ET");
  seen_is_a_certificate(&s, 2);
  record_clear(&r);
}

static void without_tls_there_is_none(void) {
  seen s = {0};
  record r = {.hook = look, .extra = &s};
  record_open(&r, peer_url("ws", "/drop"), NULL);
  PUMP(r.terminates);
  CHECK_STR(r.order, "OET");
  for (int i = 0; i < s.count; i++) CHECK_INT(s.lengths[i], HOSTWS_E_NOT_FOUND);
  record_clear(&r);
}

static void ws_open_has_the_same_names(void) {
  char json[4096];
  const char *client = peer_file(is_openssl() ? "wss-encrypted" : "wss-mutual");
  snprintf(json, sizeof json, "{\"tls_ca\":\"%s\",\"tls_ca_only\":1,\"tls_cert\":\"%s\",\"tls_key\":\"%s\"%s}", peer_ca(),
           client, client, is_openssl() ? ",\"tls_key_password\":\"open sesame\"" : "");
  ws_id ws = ws_open(peer_url("wss-mutual", "/client"), json, NULL);
  CHECK(ws > 0);
  const ws_event *event = ws_next(0, PATIENCE_MS);
  CHECK(event != NULL);
  CHECK_INT(event->type, HOSTWS_EVENT_OPEN);
  event = ws_next(0, PATIENCE_MS);
  CHECK(event != NULL);
  CHECK_STR(event->data, "test client");
  CHECK_INT(ws_abort(ws), HOSTWS_OK);
  event = ws_next(0, PATIENCE_MS);
  CHECK(event != NULL);
  CHECK_INT(event->type, HOSTWS_EVENT_TERMINATE);
  CHECK_FAILS(ws_open("wss://localhost", "{\"tls_pins\":\"sha256\"}", NULL), HOSTWS_E_OPTION, "tls_pins");
}

/* Called on threads of the library: no password is in any line. */
static void look_at_log(int32_t level, const char *message, void *user_data) {
  (void)level, (void)user_data;
  CHECK(strstr(message, "sesame") == NULL);
}

int main(void) {
  peer_start();
  int threads = thread_count(), fds = fd_count();
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, look_at_log, NULL), HOSTWS_OK);
  RUN(a_client_shows_its_certificate);
  RUN(an_encrypted_key_needs_its_password);
  RUN(a_server_that_asks_lets_nobody_else_in);
  RUN(the_servers_key_can_be_pinned);
  RUN(ones_own_authority_can_be_the_only_one);
  RUN(the_certificate_of_the_server_can_be_read);
  RUN(it_can_be_read_after_a_wrong_pin);
  RUN(without_tls_there_is_none);
  RUN(ws_open_has_the_same_names);
  check_nothing_is_left(threads, fds);
  return 0;
}
