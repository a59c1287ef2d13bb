/* The path of a file in an option is resolved in ws_new(), even if the host changes its working directory later. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void a_relative_name_stays_what_it_is(void) {
  char path[1024], folder[1024], name[1024], relative[1026], before[1024];
  CHECK(getcwd(before, sizeof before) != NULL);
  strcpy(path, peer_ca() + 1);
  strcpy(folder, path);
  strcpy(name, path);
  snprintf(relative, sizeof relative, "@%s", basename(name));
  ws_options options = default_options();
  options.tls_ca = relative;
  CHECK_INT(chdir(dirname(folder)), 0);
  record r = {0};
  record_open(&r, peer_url("wss", "/echo"), &options);
  CHECK_INT(chdir("/"), 0);
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  record_close(&r);
  record_clear(&r);
  CHECK_INT(chdir(before), 0);
}

int main(void) {
  peer_start();
  RUN(a_relative_name_stays_what_it_is);
  return 0;
}
