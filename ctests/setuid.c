/* A program with more rights than the user who started it ignores the user's environment. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* ---- the program: a copy of this one, run with another user's rights ---- */

static int ask_nothing(const char *plain, const char *secure) {
  if (!getauxval(AT_SECURE)) return SKIPPED;
  CHECK(getenv("http_proxy") != NULL && getenv("HOSTWS_LOG") != NULL && getenv("SSL_CERT_FILE") != NULL);
  record r = {0};
  record_open(&r, plain, NULL); /* no proxy */
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 0);
  record_close(&r);
  record_clear(&r);
  record_open(&r, secure, NULL); /* no authority */
  PUMP(r.opens || r.errors);
  CHECK_INT(r.errors, 1);
  CHECK_INT(r.stack[1].code, HOSTWS_E_TLS);
  return 0;
}

/* ---- the test ---- */

static char program[1024];

static void copy_with_rights(void) {
  char folder[] = "/tmp/hostws-setuid-XXXXXX", command[4096], self[1024];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  CHECK(length > 0);
  self[length] = 0;
  CHECK(mkdtemp(folder) != NULL);
  CHECK_INT(chmod(folder, 0755), 0);
  snprintf(program, sizeof program, "%s/program", folder);
  snprintf(command, sizeof command, "cp '%s' '%s'", self, program);
  CHECK_INT(system(command), 0);
  CHECK_INT(chown(program, NOBODY, NOBODY), 0);
  CHECK_INT(chmod(program, 04755), 0);
}

static int run_with_rights(void) {
  char plain[128], secure[128];
  strcpy(plain, peer_url("ws", "/echo"));
  strcpy(secure, peer_url("wss", "/echo"));
  char *arguments[] = {"setuid", plain, secure, NULL};
  int words[2], pid = 0;
  CHECK_INT(pipe2(words, O_CLOEXEC), 0);
  CHECK((pid = fork()) >= 0);
  if (pid == 0) {
    dup2(words[1], 2);
    unsetenv("no_proxy");
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("HOSTWS_LOG", "debug", 1);
    setenv("SSL_CERT_FILE", peer_ca() + 1, 1);
    execv(program, arguments);
    _exit(SKIPPED);
  }
  close(words[1]);
  char said[4096];
  ssize_t length = 0, more;
  while ((more = read(words[0], said + length, sizeof said - 1 - (size_t)length)) > 0) length += more;
  said[length] = 0;
  close(words[0]);
  int status = 0;
  CHECK_INT(waitpid(pid, &status, 0), pid);
  CHECK(WIFEXITED(status));
  if (WEXITSTATUS(status) == SKIPPED) return skipped("the file system or a sandbox gives no such rights");
  CHECK_STR(said, "");
  CHECK_INT(WEXITSTATUS(status), 0);
  return 0;
}

int main(int count, char **arguments) {
  if (count > 2) return ask_nothing(arguments[1], arguments[2]);
  if (geteuid() != 0) return skipped("it needs root");
  peer_start();
  copy_with_rights();
  int result = run_with_rights();
  unlink(program);
  rmdir(dirname(program));
  return result;
}
