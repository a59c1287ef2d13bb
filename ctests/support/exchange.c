#include "exchange.h"

#include "check.h"
#include "peer.h"
#include "record.h"

#include <string.h>

void exchange(void) {
  static char text[100000];
  record r[2] = {0};
  ws_options options = default_options();
  options.tls_ca = peer_ca();
  options.deflate = 1;
  record_open(&r[0], peer_url("ws", "/echo"), &options);
  record_open(&r[1], peer_url("wss", "/echo"), &options);
  memset(text, 'x', sizeof text);
  for (int i = 0; i < 2; i++) CHECK_INT(ws_send(r[i].ws, text, sizeof text, 0), HOSTWS_OK);
  PUMP(r[0].messages && r[1].messages);
  for (int i = 0; i < 2; i++) record_close(&r[i]), record_clear(&r[i]);
}
