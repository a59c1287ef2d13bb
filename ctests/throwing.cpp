// A C++ callback may throw through ws_poll() and ws_wait_status(): its event counts as delivered, later ones stay. What
// throws on a thread of the library is not called again, and all goes on.
#include "check.h"
#include "peer.h"
#include "record.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

struct refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Counts its constructions and destructions on the stack of a callback.
struct guard {
  static int alive;
  guard() { alive++; }
  ~guard() { alive--; }
};
int guard::alive = 0;

void throw_always(ws_id, const ws_event *event, void *) {
  guard here;
  throw refusal(std::to_string(event->type));
}

// Polls once; true if a callback threw.
bool throws(ws_queue queue = 0, int timeout_ms = PATIENCE_MS) {
  try {
    ws_poll(queue, timeout_ms, 0);
    return false;
  } catch (const refusal &) {
    CHECK_INT(guard::alive, 0);
    return true;
  }
}

void every_callback_may_throw() {
  record r = {};
  r.hook = throw_always;
  record_open(&r, peer_url("ws", "/flood?n=3&size=5"), nullptr);
  for (int i = 0; i < 4; i++) CHECK(throws());
  CHECK_STR(r.order, "OMMM");
  CHECK_INT(ws_ping(r.ws, "x", 1), HOSTWS_OK);
  CHECK(throws());
  CHECK_INT(ws_terminate(r.ws, 0, nullptr), HOSTWS_OK);
  CHECK(throws());
  CHECK_STR(r.order, "OMMMPT");
  CHECK_INT(ws_status(r.ws), HOSTWS_CLOSED);
  CHECK_INT(ws_poll(0, -1, 0), HOSTWS_E_IDLE);
  CHECK_INT(ws_data_type(r.ws), HOSTWS_E_CLOSED);
  record_clear(&r);
  r.hook = throw_always;
  record_open(&r, peer_url("closed", "/"), nullptr);
  CHECK(throws());
  CHECK(throws());
  CHECK_STR(r.order, "ET");
  record_clear(&r);
}

void throw_at_each_tenth(ws_id, const ws_event *event, void *user_data) {
  record *r = static_cast<record *>(user_data);
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  CHECK_INT(std::atoi(event->data), r->messages - 1);
  if (r->messages % 10 == 0) throw refusal(event->data);
}

void the_rest_of_a_batch_is_delivered_in_order() {
  record r = {};
  r.hook = throw_at_each_tenth;
  record_open(&r, peer_url("ws", "/flood?n=1000&size=5"), nullptr);
  AWAIT(ws_pending(0) == 1001);
  int thrown = 0;
  while (r.messages < 1000) thrown += throws();
  CHECK_INT(thrown, 100);
  CHECK_INT(ws_pending(0), 0);
  r.hook = nullptr;
  record_close(&r);
  record_clear(&r);
}

void a_throw_leaves_the_counts_right() {
  record r = {};
  r.hook = throw_at_each_tenth;
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), nullptr);
  int fd = static_cast<int>(ws_queue_fd(0));
  CHECK(fd >= 0);
  AWAIT(ws_pending(0) == 101);
  CHECK(throws());
  CHECK_INT(r.messages, 10);
  CHECK_INT(ws_pending(0), 90);
  CHECK_INT(ws_wait(0, 0), 90);
  ws_stats stats = {};
  stats.struct_size = sizeof stats;
  CHECK_INT(ws_get_stats(r.ws, &stats), HOSTWS_OK);
  CHECK_INT(stats.messages_received, 100);
  CHECK_INT(ws_terminate(r.ws, 0, nullptr), HOSTWS_OK);
  PUMP(r.terminates);
  CHECK_INT(r.messages, 10);
  record_clear(&r);
}

void ws_wait_status_lets_it_through() {
  record r = {};
  r.hook = throw_always;
  record_open(&r, peer_url("ws", "/echo"), nullptr);
  bool thrown = false;
  try {
    ws_wait_status(r.ws, HOSTWS_CONNECTED, PATIENCE_MS);
  } catch (const refusal &) {
    thrown = true;
  }
  CHECK(thrown);
  CHECK_STR(r.order, "O");
  CHECK_INT(ws_wait_status(r.ws, HOSTWS_CONNECTED, PATIENCE_MS), HOSTWS_OK); // it counts as told
  r.hook = nullptr;
  record_close(&r);
  record_clear(&r);
}

void poll_the_other(ws_id, const ws_event *event, void *user_data) {
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  record *other = static_cast<record *>(static_cast<record *>(user_data)->extra);
  ws_send(other->ws, "x", 1, 0);
  for (;;) ws_poll(0, PATIENCE_MS, 0);
}

void it_passes_through_nested_polls() {
  record inner = {}, outer = {};
  inner.hook = throw_at_each_tenth;
  record_open(&inner, peer_url("ws", "/echo"), nullptr);
  PUMP(inner.opens);
  inner.hook = throw_always;
  outer.hook = poll_the_other;
  outer.extra = &inner;
  record_open(&outer, peer_url("ws", "/flood?n=100&size=5"), nullptr);
  AWAIT(ws_pending(0) == 101);
  for (int i = 1; i <= 50; i++) {
    CHECK(throws());
    CHECK_INT(inner.messages, i);
    CHECK_INT(outer.messages, i);
  }
  outer.hook = inner.hook = nullptr;
  PUMP(outer.messages == 100);
  record_close(&outer);
  record_close(&inner);
  CHECK_INT(outer.messages, 100);
  record_clear(&inner);
  record_clear(&outer);
}

void catch_inside(ws_id, const ws_event *event, void *user_data) {
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  record *other = static_cast<record *>(static_cast<record *>(user_data)->extra);
  int before = other->messages;
  ws_send(other->ws, "x", 1, 0);
  while (other->messages == before) CHECK(throws());
}

void it_can_be_caught_in_the_outer_callback() {
  record inner = {}, outer = {};
  record_open(&inner, peer_url("ws", "/echo"), nullptr);
  PUMP(inner.opens);
  inner.hook = throw_always;
  outer.hook = catch_inside;
  outer.extra = &inner;
  record_open(&outer, peer_url("ws", "/flood?n=100&size=5"), nullptr);
  PUMP(outer.messages == 100);
  CHECK_INT(inner.messages, 100);
  inner.hook = nullptr;
  record_close(&outer);
  record_close(&inner);
  record_clear(&inner);
  record_clear(&outer);
}

// Polls from this much deeper on the stack.
__attribute__((noinline)) bool throws_deeper(ws_queue queue, int levels) {
  volatile char space[4096];
  space[0] = static_cast<char>(levels);
  bool thrown = levels == 0 ? throws(queue) : throws_deeper(queue, levels - 1);
  return space[0] == static_cast<char>(levels) && thrown;
}

void the_next_poll_may_come_from_deeper_in_the_stack() {
  record r = {};
  r.hook = throw_at_each_tenth;
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), nullptr);
  AWAIT(ws_pending(0) == 101);
  for (int i = 0; i < 10; i++) {
    CHECK(throws_deeper(0, i));
    CHECK_INT(r.messages, 10 * (i + 1));
  }
  r.hook = nullptr;
  record_close(&r);
  record_clear(&r);
}

void *poll_here(void *argument) {
  record *r = static_cast<record *>(argument);
  PUMP_QUEUE(ws_queue_of(r->ws), r->messages == 100);
  return nullptr;
}

void a_queue_is_free_for_another_poller_after_it() {
  ws_queue queue = ws_queue_new();
  ws_options options = default_options();
  options.queue = queue;
  record r = {};
  r.any_thread = 1;
  r.hook = throw_at_each_tenth;
  record_open(&r, peer_url("ws", "/flood?n=100&size=5"), &options);
  CHECK_INT(ws_queue_of(r.ws), queue);
  AWAIT(ws_pending(queue) == 101);
  CHECK(throws(queue));
  CHECK_INT(ws_pending(queue), 90); /* until then this thread is still its poller */
  r.hook = nullptr;
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, nullptr, poll_here, &r), 0);
  pthread_join(thread, nullptr);
  CHECK_INT(r.messages, 100);
  CHECK_INT(ws_queue_free(queue), HOSTWS_OK);
  record_clear(&r);
}

std::atomic<int> wakeups;

void throw_in_a_wakeup(void *) {
  wakeups++;
  throw refusal("a wake-up");
}

void a_wakeup_function_that_throws_is_not_called_again_and_all_goes_on() {
  record r = {};
  CHECK_INT(ws_queue_on_wakeup(0, throw_in_a_wakeup, nullptr), HOSTWS_OK);
  record_open(&r, peer_url("ws", "/echo"), nullptr);
  AWAIT(wakeups == 1);
  PUMP(r.opens);
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  PUMP(r.messages);
  CHECK_INT(wakeups, 1);
  record_close(&r);
  record_clear(&r);
}

std::thread::id main_thread;
std::atomic<int> lines;

void throw_in_the_log(int32_t, const char *, void *) {
  if (std::this_thread::get_id() == main_thread) return;
  lines++;
  throw refusal("a line");
}

void converse() {
  record r = {};
  record_open(&r, peer_url("ws", "/echo"), nullptr);
  PUMP(r.opens);
  CHECK_INT(ws_send(r.ws, "x", 1, 0), HOSTWS_OK);
  PUMP(r.messages);
  record_close(&r);
  record_clear(&r);
}

void so_it_is_with_a_log_function() {
  CHECK_INT(ws_set_log(HOSTWS_LOG_DEBUG, throw_in_the_log, nullptr), HOSTWS_OK);
  converse();
  AWAIT(lines == 1);
  converse();
  CHECK_INT(lines, 1);
  CHECK_INT(ws_set_log(HOSTWS_LOG_OFF, nullptr, nullptr), HOSTWS_OK);
}

std::atomic<int> sockets;

int32_t throw_at_a_socket(ws_id, intptr_t, const char *, void *) {
  sockets++;
  throw refusal("a socket");
}

void a_socket_whose_function_throws_is_refused_and_so_are_later_ones() {
  ws_options options = default_options();
  options.on_socket = throw_at_a_socket;
  for (int i = 0; i < 2; i++) {
    record r = {};
    record_open(&r, peer_url("ws", "/echo"), &options);
    PUMP(r.terminates);
    CHECK_INT(r.opens, 0);
    CHECK_HAS(r.stack[r.error_count - 1].message, "on_socket threw an exception");
    record_clear(&r);
  }
  CHECK_INT(sockets, 1);
  converse();
}

} // namespace

int main() {
  main_thread = std::this_thread::get_id();
  peer_start();
  int threads = thread_count(), fds = fd_count();
  RUN(every_callback_may_throw);
  RUN(the_rest_of_a_batch_is_delivered_in_order);
  RUN(ws_wait_status_lets_it_through);
  RUN(it_passes_through_nested_polls);
  RUN(it_can_be_caught_in_the_outer_callback);
  check_nothing_is_left(threads, fds);
  RUN(a_throw_leaves_the_counts_right);
  RUN(the_next_poll_may_come_from_deeper_in_the_stack);
  RUN(a_queue_is_free_for_another_poller_after_it);
  check_nothing_is_left(threads, fds + 2);
  RUN(a_wakeup_function_that_throws_is_not_called_again_and_all_goes_on);
  RUN(so_it_is_with_a_log_function);
  RUN(a_socket_whose_function_throws_is_refused_and_so_are_later_ones);
  return 0;
}
