/* TLS by Schannel: each option works, or is refused by name. What works is in tls.c and tls_identity.c. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

#define URL "wss://127.0.0.1:1/"
/* A key of an elliptic curve, PKCS #8. */
#define EC_KEY \
  "-----BEGIN PRIVATE KEY-----\n" \
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n" \
  "OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n" \
  "1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n" \
  "-----END PRIVATE KEY-----\n"

static void it_is_schannel(void) { CHECK_HAS(ws_build_info(), "Schannel"); }

static void what_it_cannot_do_is_refused_at_once(void) {
  static const struct {
    const char *options, *words;
  } refused[] = {
    {"{\"tls_key_log\":1}", "option tls_key_log: Schannel"},
    {"{\"tls_resume\":-1}", "option tls_resume: Schannel"},
    {"{\"ask\":1}", "option ask: Schannel"},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK_FAILS(ws_open(URL, refused[i].options, NULL), HOSTWS_E_OPTION, refused[i].words);
  ws_options options = default_options();
  options.tls_cert = options.tls_key = peer_file("wss-mutual");
  options.tls_key_password = "open sesame";
  CHECK_FAILS(ws_new(URL, NULL, &options), HOSTWS_E_OPTION, "option tls_key_password: Schannel reads no encrypted keys");
  CHECK_FAILS(ws_new("ws+unix:///tmp/x", NULL, NULL), HOSTWS_E_URL, "not available on Windows");
}

static void the_clients_key_is_one_of_rsa_in_pkcs8(void) {
  ws_options options = default_options();
  options.tls_cert = peer_file("wss-mutual");
  static char certificate[8192];
  FILE *file = fopen(options.tls_cert + 1, "rb");
  CHECK(file != NULL && fread(certificate, 1, sizeof certificate - 1, file) > 0);
  fclose(file);
  options.tls_cert = certificate;
  options.tls_key = EC_KEY;
  CHECK_FAILS(ws_new(URL, NULL, &options), HOSTWS_E_OPTION, "must be one of RSA: Schannel uses no other");
  options.tls_key = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
  CHECK_FAILS(ws_new(URL, NULL, &options), HOSTWS_E_OPTION, "must be unencrypted PKCS#8");
  options.tls_key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
  CHECK_FAILS(ws_new(URL, NULL, &options), HOSTWS_E_OPTION, "Schannel reads no encrypted keys");
}

/* As the application protocol is, HTTP/1.1 is offered: the server would say so. */
static void the_facts_are_told(void) {
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  record r = {0};
  record_open(&r, peer_url("wss", "/echo"), &options);
  PUMP(r.opens);
  char facts[16384];
  CHECK(ws_explain(r.ws, facts, sizeof facts) < (int64_t)sizeof facts);
  CHECK_HAS(facts, "\"version\":\"TLS 1.2\"");
  record_close(&r);
  record_clear(&r);
}

int main(void) {
  peer_start();
  RUN(it_is_schannel);
  RUN(what_it_cannot_do_is_refused_at_once);
  RUN(the_clients_key_is_one_of_rsa_in_pkcs8);
  RUN(the_facts_are_told);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
