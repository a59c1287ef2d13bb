#include "check.h"
#include "peer.h"
#include "ports.h"

#include <windows.h>
#include <wincrypt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Schannel looks for a list of revoked certificates only among those that the system has fetched before, and wine's
 * accepts no certificate without.
 */
static void fetch_list(const char *line) {
  int port;
  char path[1000], url[1100];
  CHECK(sscanf(line, "list %d %999s", &port, path) == 2);
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
  void *list = NULL;
  CHECK(CryptRetrieveObjectByUrlA(url, CONTEXT_OID_CRL, 0, PATIENCE_MS, &list, NULL, NULL, NULL, NULL));
  CertFreeCRLContext(list);
}

static int take(const char *line) {
  if (strncmp(line, "list ", 5) == 0) fetch_list(line);
  return understand(line);
}

/* The server runs beside the program: support/wine/run.py has started it, and passes on its output line by line. */
void peer_start(void) {
  const char *said = getenv("HOSTWS_TEST_PORTS");
  if (said == NULL) {
    fprintf(stderr, "HOSTWS_TEST_PORTS does not say where the test server is\n");
    exit(SKIPPED);
  }
  take_lines(said, take);
}

void peer_stop(void) {}
