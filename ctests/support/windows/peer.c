#include "check.h"
#include "peer.h"
#include "ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server runs beside the program: support/wine/run.py has started it, and passes on its output line by line. */
void peer_start(void) {
  const char *said = getenv("HOSTWS_TEST_PORTS");
  if (said == NULL) {
    fprintf(stderr, "HOSTWS_TEST_PORTS does not say where the test server is\n");
    exit(SKIPPED);
  }
  char line[1200];
  for (size_t length;; said += length + 1) {
    length = strcspn(said, "|");
    CHECK(length > 0 && length < sizeof line);
    memcpy(line, said, length);
    line[length] = 0;
    if (!understand(line)) return;
  }
}

void peer_stop(void) {}
