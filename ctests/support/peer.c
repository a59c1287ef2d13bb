#include "check.h"
#include "peer.h"
#include "ports.h"

#include <stdio.h>
#include <string.h>

static struct {
  char kind[32];
  int port;
  char file[1024]; /* "@" and a path, or "" */
} ports[32];
static int port_count;

int understand(const char *line) {
  if (strcmp(line, "ready") == 0) return 0;
  char file[1000] = "";
  CHECK(port_count < 32);
  int fields = sscanf(line, "%31s %d %999s", ports[port_count].kind, &ports[port_count].port, file);
  CHECK(fields >= 2);
  if (fields == 3) snprintf(ports[port_count].file, sizeof ports[0].file, "@%s", file);
  port_count++;
  return 1;
}

void take_lines(const char *said, int (*take)(const char *line)) {
  char line[1200];
  for (size_t length;; said += length + 1) {
    length = strcspn(said, "|");
    CHECK(length > 0 && length < sizeof line);
    memcpy(line, said, length);
    line[length] = 0;
    if (!take(line)) return;
  }
}

static int find(const char *kind) {
  for (int i = 0; i < port_count; i++)
    if (strcmp(ports[i].kind, kind) == 0) return i;
  check_failed(__FILE__, __LINE__, kind);
}

int peer_port(const char *kind) { return ports[find(kind)].port; }

const char *peer_file(const char *kind) { return ports[find(kind)].file; }

const char *peer_url_at(const char *kind, const char *host, const char *path) {
  static _Thread_local char urls[8][512];
  static _Thread_local int next;
  char *url = urls[next++ % 8];
  const char *scheme = strncmp(kind, "wss", 3) == 0 ? "wss" : "ws";
  snprintf(url, sizeof urls[0], "%s://%s:%d%s", scheme, host, peer_port(kind), path);
  return url;
}

const char *peer_url(const char *kind, const char *path) { return peer_url_at(kind, "127.0.0.1", path); }

const char *peer_ca(void) { return peer_file("wss"); }
