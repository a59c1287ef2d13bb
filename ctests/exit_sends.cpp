// Functions that exit() calls on the main thread can still send: handlers, destructors of globals and thread_locals.
#include "check.h"
#include "peer.h"
#include "record.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

// ---- the program that ends: this one, run again with who says goodbye, and the URL

static ws_id ws;
static const char *who = "";

// Ends the program at once: with 7 if all went well.
static void say_goodbye(const char *me) {
  if (std::strcmp(who, me) != 0) return;
  if (ws_send(ws, "farewell", -1, 0) != HOSTWS_OK) _exit(1);
  // The echo arrives, so the message has left.
  for (int64_t end = now_ms() + PATIENCE_MS; now_ms() < end;) {
    const ws_event *event = ws_next(0, 100);
    if (event != nullptr && event->type == HOSTWS_EVENT_MESSAGE) {
      if (std::strcmp(static_cast<const char *>(event->data), "farewell") != 0) _exit(2);
      if (ws_shutdown(PATIENCE_MS) != HOSTWS_OK) _exit(3);
      _exit(7);
    }
    if (event != nullptr && event->type != HOSTWS_EVENT_OPEN) _exit(4);
  }
  _exit(5);
}

struct Speaker {
  const char *name;
  ~Speaker() { say_goodbye(name); }
};

static Speaker global{"global"};
static thread_local Speaker local{"thread_local"};

static int live_and_end(const char *way, const char *url) {
  who = way;
  local.name = "thread_local"; // it exists from here on, before the library
  std::atexit([] { say_goodbye("handler"); });
  ws = ws_open(url, nullptr, nullptr);
  CHECK(ws > 0);
  CHECK(ws_next(0, PATIENCE_MS) != nullptr);
  std::exit(9);
}

// ---- the test

static void it_says_goodbye(const char *way) {
  std::printf("- %s\n", way);
  char url[128], name[] = "exit_sends", mode[32];
  std::strcpy(url, peer_url("ws", "/echo"));
  std::strcpy(mode, way);
  char *arguments[] = {name, mode, url, nullptr};
  check_other_self(arguments, 7);
}

int main(int count, char **arguments) {
  if (count > 2) return live_and_end(arguments[1], arguments[2]);
  peer_start();
  it_says_goodbye("handler");
  it_says_goodbye("global");
  it_says_goodbye("thread_local");
  return 0;
}
