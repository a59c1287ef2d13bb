/* The C++ header: the promises of the C header in terms of C++, and its own. */
#include "check.h"
#include "descriptor.h"
#include "peer.h"

#include <hostws.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds patience{PATIENCE_MS};

/* Polls this thread's queue until the condition holds. */
#define POLL_UNTIL(condition) \
  do { \
    int64_t end_ = now_ms() + PATIENCE_MS; \
    while (!(condition)) { \
      if (now_ms() > end_) check_failed(__FILE__, __LINE__, "in time: " #condition); \
      hostws::poll(20ms); \
    } \
  } while (0)

/* The call throws hostws::error with that code and a message. */
#define CHECK_THROWS(call, expected) \
  do { \
    int32_t code_ = 0; \
    try { \
      static_cast<void>(call); \
    } catch (const hostws::error& error) { \
      code_ = error.code(); \
      CHECK(error.what()[0] != 0); \
    } \
    CHECK_INT(code_, expected); \
  } while (0)

/* Waits for events that are still on their way to destroyed connections. */
void drain() {
  while (hostws::poll()) {
  }
  while (hostws::next()) {
  }
}

void a_connection_talks() {
  std::string order, text;
  int code = 0;
  bool clean = false;
  hostws::connection ws;
  hostws::handlers handlers;
  handlers.on_open = [&] {
    order += 'O';
    ws.send("Gr\xc3\xbc\xc3\x9f Gott");
    ws.send(std::string_view("\0\1\2", 3), hostws::data_type::blob);
    ws.pause();
    ws.resume();
    ws.ping("tick");
  };
  handlers.on_message = [&](std::string_view data, hostws::data_type type) {
    order += type == hostws::data_type::text ? 'T' : 'B';
    text += data;
  };
  handlers.on_event = [&](const hostws::event& event) {
    CHECK(event.type() == hostws::event_type::pong);
    CHECK(event.data() == "tick" && event.id() == ws.id());
    CHECK(event.round_trip() > 0us && event.round_trip() < 1min);
    CHECK(event.time() > std::chrono::system_clock::now() - 1min);
    order += 'P';
    CHECK(ws.terminate(3333, "enough"));
  };
  handlers.on_error = [&](const hostws::error_stack&) { order += 'E'; };
  handlers.on_terminate = [&](int the_code, std::string_view reason, bool was_clean) {
    order += 'X';
    code = the_code;
    clean = was_clean;
    CHECK(reason == "enough");
    CHECK(ws.stats().messages_received == 2 && ws.buffered_amount() == 0);
  };
  ws = hostws::connection(peer_url("ws", "/echo"), std::move(handlers));
  CHECK(ws.status() <= hostws::status::connected);
  CHECK(ws.url() == peer_url("ws", "/echo"));
  POLL_UNTIL(order.find('X') != std::string::npos);
  CHECK_STR(order.c_str(), "OTBPX");
  CHECK(text == std::string("Gr\xc3\xbc\xc3\x9f Gott\0\1\2", 14));
  CHECK_INT(code, 3333);
  CHECK(clean && ws.status() == hostws::status::closed);
  CHECK(!ws.terminate() && !ws.abort());
  CHECK_THROWS(ws.send("late"), HOSTWS_E_CLOSED);
  CHECK_THROWS(ws.url(), HOSTWS_E_CLOSED);
  CHECK(!hostws::poll());
}

void options_are_what_c_gets() {
  hostws::options options;
  options.headers = {{"X-One", "1"}, {"X-Two", "a"}, {"X-Two", "b"}};
  options.subprotocols = "soup,salad";
  options.tls_ca = peer_ca();
  options.open_timeout = patience;
  options.proxy = "";
  options.ip_family = hostws::ip_family::v4;
  options.max_redirects = 1;
  hostws::handlers handlers;
  handlers.data_type = hostws::data_type::object;
  std::string got;
  handlers.on_message = [&](std::string_view data, hostws::data_type) { got = data; };
  handlers.on_error = [&](const hostws::error_stack& errors) {
    CHECK_STR(errors.begin() == errors.end() ? "" : errors[0].message, "");
  };
  hostws::connection ws(peer_url("wss", "/headers?choose=salad"), std::move(handlers), options);
  POLL_UNTIL(!got.empty());
  CHECK(ws.data_type() == hostws::data_type::object && ws.subprotocol() == "salad");
  CHECK_INT(ws.response_status(), 101);
  CHECK(hostws::metrics().find("\nhostws_connections{status=\"connected\"} 1\n") != std::string::npos);
  CHECK(hostws::json_get(ws.explain(), "/attempts/0/result") == "open");
  CHECK(ws.response_header("sec-websocket-protocol") == "salad" && !ws.response_header("X-Not-There"));
  const std::pair<std::string, std::string> chosen("Sec-WebSocket-Protocol", "salad");
  const auto headers = ws.response_headers();
  CHECK(std::count(headers.begin(), headers.end(), chosen) == 1 && headers.size() > 3);
  CHECK(hostws::json_get(got, "/x-two/1") == "b" && !hostws::json_get(got, "/x-three"));
  CHECK_THROWS(ws.send("no object"), HOSTWS_E_JSON);
  CHECK_THROWS(hostws::json_get("{", ""), HOSTWS_E_JSON);
}

void tls_is_what_c_gets() {
  hostws::options options;
  options.tls_ca = peer_ca();
  options.tls_ca_only = true;
  CHECK(hostws::build_info() == ws_build_info());
  if (hostws::build_info().find("OpenSSL") != std::string::npos) {
    options.tls_cert = options.tls_key = peer_file("wss-encrypted");
    options.tls_key_password = "open sesame";
    options.tls_key_log = true;
    options.tls_resume = false;
  } else {
    options.tls_cert = options.tls_key = peer_file("wss-mutual");
    options.tls_key_log = true;
    CHECK_THROWS(hostws::connection("wss://localhost/", {}, options), HOSTWS_E_OPTION);
    options.tls_key_log = false;
    options.tls_resume = false;
    CHECK_THROWS(hostws::connection("wss://localhost/", {}, options), HOSTWS_E_OPTION);
    options.tls_resume = true;
  }
  std::string got;
  hostws::handlers handlers;
  handlers.on_message = [&](std::string_view data, hostws::data_type) { got = data; };
  hostws::connection ws(peer_url("wss-mutual", "/client"), std::move(handlers), options);
  CHECK(!ws.peer_certificate());
  POLL_UNTIL(!got.empty());
  CHECK(got == "test client");
  const auto certificate = ws.peer_certificate();
  CHECK(certificate && certificate->size() > 200 && certificate->front() == 0x30);
  options.tls_pins = "sha256/?";
  CHECK_THROWS(hostws::connection("wss://localhost/", {}, options), HOSTWS_E_OPTION);
}

void calls_that_fail_throw_their_code() {
  CHECK_THROWS(hostws::connection("http://localhost/"), HOSTWS_E_URL);
  CHECK_THROWS(hostws::connection(std::string("ws://localhost/\0x", 17)), HOSTWS_E_ARGUMENT);
  hostws::options options;
  options.headers = {{"Sec-WebSocket-Key", "mine"}};
  CHECK_THROWS(hostws::connection("ws://localhost/", {}, options), HOSTWS_E_OPTION);
  options.headers = {{"X", std::string("a\0b", 3)}};
  CHECK_THROWS(hostws::connection("ws://localhost/", {}, options), HOSTWS_E_ARGUMENT);
  options.headers.clear();
  options.proxy = "gopher://localhost";
  CHECK_THROWS(hostws::connection("ws://localhost/", {}, options), HOSTWS_E_OPTION);
  options.proxy.reset();
  options.close_timeout = -2ms;
  CHECK_THROWS(hostws::connection("ws://localhost/", {}, options), HOSTWS_E_OPTION);
  CHECK_THROWS(hostws::poll(0ms, -1), HOSTWS_E_ARGUMENT);
  CHECK_THROWS(hostws::poll(0ms, 0, 99999), HOSTWS_E_NO_SUCH_ID);
  CHECK_THROWS(hostws::next(0ms, 99999), HOSTWS_E_NO_SUCH_ID);

  /* The handlers of a connection that was not created are destroyed. */
  auto token = std::make_shared<int>(1);
  {
    hostws::handlers handlers;
    handlers.on_open = [token] {};
    CHECK_THROWS(hostws::connection("nowhere", std::move(handlers)), HOSTWS_E_URL);
  } /* What has been moved from may still hold a copy. */
  CHECK_INT(token.use_count(), 1);

  hostws::connection ws(peer_url("ws", "/sink"));
  CHECK_THROWS(ws.terminate(1001), HOSTWS_E_ARGUMENT);
  CHECK_THROWS(ws.terminate(1000, std::string(124, 'x')), HOSTWS_E_ARGUMENT);
  CHECK_THROWS(ws.ping(std::string(126, 'x')), HOSTWS_E_ARGUMENT);
  CHECK_THROWS(ws.send("\xff"), HOSTWS_E_UTF8);
  CHECK(ws.wait_status(hostws::status::connected, patience));
  CHECK(!ws.wait_status(hostws::status::closed, 20ms));

  const hostws::connection none;
  CHECK_INT(none.id(), 0);
  CHECK_THROWS(none.send("x"), HOSTWS_E_NO_SUCH_ID);
  CHECK_THROWS(none.status(), HOSTWS_E_NO_SUCH_ID);
}

void a_send_that_does_not_fit_is_false() {
  hostws::options options;
  options.send_queue_max = 1000;
  /* Nobody answers, so the first message has not left when the second is sent. */
  hostws::connection ws(peer_url("blackhole", "/"), {}, options);
  const std::string message(600, 'x');
  CHECK(ws.try_send(message));
  CHECK(!ws.try_send(message));
  CHECK_THROWS(ws.send(message), HOSTWS_E_AGAIN);
  CHECK_THROWS(ws.try_send(std::string(2000, 'x')), HOSTWS_E_TOO_BIG);
  CHECK(ws.abort());
}

void huge_messages_go_in_fragments_and_come_in_parts() {
  const std::string piece(3000, 'x');
  std::string received;
  int firsts = 0, lasts = 0, whole = 0;
  hostws::handlers handlers;
  handlers.on_part = [&](const hostws::event& part) {
    CHECK(part.data().size() <= 2048 && part.data_type() == hostws::data_type::blob);
    received += part.data();
    firsts += part.is_first();
    lasts += part.is_last();
  };
  handlers.on_message = [&](std::string_view, hostws::data_type) { whole++; };
  hostws::options options;
  options.stream_threshold = 2048;
  options.deflate.emplace();
  hostws::connection ws(peer_url("ws", "/echo"), std::move(handlers), options);
  ws.send_ex(piece, HOSTWS_MORE, hostws::data_type::blob);
  CHECK_THROWS(ws.send("in between"), HOSTWS_E_BUSY);
  CHECK(ws.try_send_ex(piece, 0));
  CHECK(ws.send_ex("small", HOSTWS_NO_COMPRESS) == 0);
  while (whole == 0) CHECK(hostws::poll(patience));
  CHECK(received == piece + piece && firsts == 1 && lasts == 1);
  options.deflate->client_max_window_bits = 8;
  CHECK_THROWS(hostws::connection(peer_url("ws", "/echo"), {}, options), HOSTWS_E_OPTION);
  CHECK(ws.abort());
}

void a_lost_connection_is_opened_again() {
  int losses = 0, returns = 0;
  hostws::handlers handlers;
  handlers.on_event = [&](const hostws::event& event) {
    if (event.type() == hostws::event_type::reconnecting) {
      CHECK(event.delay() >= 1ms && event.code() > 0 && event.errors()[0].code == HOSTWS_E_LOST);
      losses++;
    }
    returns += event.type() == hostws::event_type::reconnected;
  };
  hostws::options options;
  options.reconnect.emplace();
  options.reconnect->min_delay = 1ms;
  options.reconnect->max_delay = 5ms;
  hostws::connection ws(peer_url("ws", "/drop"), std::move(handlers), options);
  ws.set_header("X-Token", "fresh");
  ws.set_header("X-Token", std::nullopt);
  CHECK_THROWS(ws.set_header("Upgrade", "x"), HOSTWS_E_ARGUMENT);
  while (returns < 2) CHECK(hostws::poll(patience));
  CHECK(losses >= 2 && ws.stats().reconnects >= 2);
  options.reconnect->max = -2;
  CHECK_THROWS(hostws::connection(peer_url("ws", "/drop"), {}, options), HOSTWS_E_OPTION);
  CHECK(ws.abort());
}

void questions_are_answered() {
  int asked = 0, status = 0;
  const hostws::connection* self = nullptr;
  hostws::handlers handlers;
  handlers.on_event = [&](const hostws::event& event) {
    if (event.type() != hostws::event_type::ask || event.topic() != hostws::topic::credentials) return;
    CHECK(event.data().find("\"status\":401") != std::string_view::npos);
    CHECK_THROWS(self->answer(event.code() + 1, "x"), HOSTWS_E_NOT_FOUND);
    CHECK_THROWS(self->answer(event.code(), "x\n"), HOSTWS_E_ARGUMENT);
    self->answer(event.code(), ++asked == 1 ? "Basic d3Jvbmc=" : "");
  };
  handlers.on_error = [&](const hostws::error_stack& errors) { status = errors[1].code; };
  hostws::options options;
  options.ask = HOSTWS_ASK_CREDENTIALS;
  const hostws::connection ws(peer_url("raw", "/status/401"), std::move(handlers), options);
  self = &ws;
  while (status == 0) CHECK(hostws::poll(patience));
  CHECK(asked == 2 && status == 401);
}

void where_and_after_what_it_is_opened_again() {
  int losses = 0, opens = 0, code = 0;
  hostws::handlers handlers;
  handlers.on_open = [&] { opens++; };
  handlers.on_event = [&](const hostws::event& event) {
    losses += event.type() == hostws::event_type::reconnecting;
  };
  handlers.on_terminate = [&](int last, std::string_view, bool) { code = last; };
  hostws::options options;
  options.reconnect.emplace();
  options.reconnect->min_delay = 1ms;
  options.reconnect->max_delay = 5ms;
  options.reconnect->on = hostws::reconnect_on::any;
  options.reconnect->codes = {401, -4001};
  hostws::connection ws(peer_url("ws", "/close?code=1000"), std::move(handlers), options);
  while (losses < 2) CHECK(hostws::poll(patience));
  ws.set_url(peer_url("ws", "/close?code=4001"));
  CHECK(ws.url() == peer_url("ws", "/close?code=4001"));
  CHECK_THROWS(ws.set_url("http://h"), HOSTWS_E_URL);
  while (code == 0) CHECK(hostws::poll(patience));
  CHECK(code == 4001 && opens == 1);
  options.reconnect->codes = {99};
  CHECK_THROWS(hostws::connection(peer_url("ws", "/echo"), {}, options), HOSTWS_E_OPTION);
}

void a_moved_connection_keeps_its_handlers() {
  int messages = 0, terminates = 0;
  const auto make = [&] {
    hostws::handlers handlers;
    handlers.on_message = [&](std::string_view, hostws::data_type) { messages++; };
    handlers.on_terminate = [&](int, std::string_view, bool) { terminates++; };
    return hostws::connection(peer_url("ws", "/echo"), std::move(handlers));
  };
  std::vector<hostws::connection> all;
  for (int i = 0; i < 5; i++) {
    all.push_back(make());
    all.back().send("hello");
  }
  hostws::connection taken = std::move(all[2]);
  CHECK_INT(all[2].id(), 0);
  CHECK(taken.id() > 0);
  POLL_UNTIL(messages == 5);

  /* The replaced connection is closed, and has no more callbacks. */
  const ws_id replaced = all[0].id();
  all[0] = std::move(taken);
  CHECK_INT(taken.id(), 0);
  CHECK(ws_status(replaced) >= HOSTWS_CLOSING);
  auto& same = all[0];
  all[0] = std::move(same);
  CHECK(all[0].status() == hostws::status::connected);
  for (auto& ws : all) {
    if (ws.id() != 0) ws.terminate();
  }
  POLL_UNTIL(terminates == 4);
  drain();
  CHECK_INT(terminates, 4);
}

/* A connection that is destroyed in the first call of a handler ends, and no other handler is called. */
void destroyed_in(char where, const char* kind, const char* path) {
  std::string order;
  std::optional<hostws::connection> ws;
  auto token = std::make_shared<std::string>("alive");
  const std::weak_ptr<std::string> alive = token;
  const auto called = [&, token](char handler) {
    order += handler;
    if (handler != where) return;
    ws.reset();
    CHECK(!alive.expired() && *token == "alive"); /* what the handler holds is still there */
  };
  hostws::handlers handlers;
  handlers.on_open = [&ws, called] {
    called('O');
    if (ws) ws->send("hello");
  };
  handlers.on_message = [called](std::string_view data, hostws::data_type) {
    called('M');
    CHECK(data == "hello");
  };
  handlers.on_error = [called](const hostws::error_stack& errors) {
    called('E');
    CHECK(errors.size() > 0 && errors[0].message[0] != 0);
  };
  handlers.on_terminate = [called](int, std::string_view, bool) { called('X'); };
  ws.emplace(peer_url(kind, path), std::move(handlers));
  POLL_UNTIL(order.find(where) != std::string::npos);
  drain();
  CHECK_INT(order.back(), where);
}

void a_handler_may_destroy_its_connection() {
  destroyed_in('O', "ws", "/echo");
  destroyed_in('M', "ws", "/echo");
  destroyed_in('E', "closed", "/");
  destroyed_in('X', "closed", "/");
}

void handlers_go_with_the_end_or_the_connection() {
  auto token = std::make_shared<int>(1);
  const auto make = [&] {
    hostws::handlers handlers;
    handlers.on_message = [token](std::string_view, hostws::data_type) {};
    return hostws::connection(peer_url("ws", "/sink"), std::move(handlers));
  };
  {
    const hostws::connection ws = make();
    CHECK(ws.wait_status(hostws::status::connected, patience));
    CHECK_INT(token.use_count(), 2);
    ws.terminate();
    CHECK(ws.wait_status(hostws::status::closed, patience));
    CHECK_INT(token.use_count(), 1);
  }
  {
    const hostws::connection ws = make();
    CHECK_INT(token.use_count(), 2);
  }
  CHECK_INT(token.use_count(), 1);
  drain();
}

void an_exception_passes_through_poll() {
  std::string got;
  bool open_throws = true, end_throws = true;
  hostws::handlers handlers;
  handlers.on_open = [&] {
    if (open_throws) throw std::runtime_error("open");
  };
  handlers.on_message = [&](std::string_view data, hostws::data_type) {
    got += data;
    if (data == "b") throw std::logic_error("b");
  };
  handlers.on_terminate = [&](int, std::string_view, bool) {
    if (end_throws) throw 4711;
  };
  const hostws::connection ws(peer_url("ws", "/echo"), std::move(handlers));
  std::string caught;
  try {
    ws.wait_status(hostws::status::connected, patience);
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  CHECK_STR(caught.c_str(), "open");
  for (const char* message : {"a", "b", "c"}) ws.send(message);
  int thrown = 0;
  while (got != "abc") {
    try {
      CHECK(hostws::poll(patience));
    } catch (const std::logic_error&) {
      thrown++;
    }
  }
  CHECK_INT(thrown, 1);
  ws.terminate();
  int number = 0;
  try {
    drain();
  } catch (int the_number) {
    number = the_number;
  }
  CHECK_INT(number, 4711);
  CHECK(!hostws::poll() && ws.status() == hostws::status::closed);
}

/* poll() at a much greater depth of the stack than its caller. */
std::optional<int> poll_deep_down(int depth) {
  volatile char room[4096] = {};
  const auto polled = depth > 0 ? poll_deep_down(depth - 1) : hostws::poll(patience);
  room[0] = room[1];
  return polled;
}

void after_an_exception_any_depth_of_the_stack_may_poll() {
  int messages = 0;
  hostws::handlers handlers;
  handlers.on_message = [&](std::string_view, hostws::data_type) {
    if (messages++ == 0) throw std::runtime_error("first");
  };
  const hostws::connection ws(peer_url("ws", "/echo"), std::move(handlers));
  ws.send("first");
  ws.send("second");
  try {
    while (hostws::poll(patience)) {
    }
  } catch (const std::runtime_error&) {
  }
  CHECK_INT(messages, 1);
  while (messages < 2) CHECK(poll_deep_down(8));
}

void a_queue_can_be_freed_after_an_exception() {
  hostws::options options;
  hostws::queue queue;
  const ws_queue id = queue;
  options.queue = queue;
  hostws::handlers handlers;
  handlers.on_open = [] { throw std::runtime_error("open"); };
  const hostws::connection ws(peer_url("ws", "/sink"), std::move(handlers), options);
  bool thrown = false;
  try {
    hostws::poll(patience, 0, queue);
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  CHECK(thrown);
  { const hostws::queue freed = std::move(queue); }
  CHECK_INT(queue.id(), 0);
  CHECK_THROWS(hostws::poll(0ms, 0, id), HOSTWS_E_NO_SUCH_ID);
}

void another_thread_may_poll_a_queue() {
  hostws::queue queue;
  hostws::options options;
  options.queue = queue;
  std::thread::id where;
  std::string got;
  hostws::handlers handlers;
  handlers.on_message = [&](std::string_view data, hostws::data_type) {
    where = std::this_thread::get_id();
    got = data;
  };
  const hostws::connection ws(peer_url("ws", "/echo"), std::move(handlers), options);
  ws.send("hello");
  std::thread poller([&] {
    while (got.empty()) CHECK(hostws::poll(patience, 0, queue));
  });
  const auto expected = poller.get_id();
  poller.join();
  CHECK(got == "hello" && where == expected);
  CHECK(hostws::fd(queue) >= 0);
}

void events_can_be_pulled() {
  drain();
  hostws::handlers object;
  object.data_type = hostws::data_type::object;
  const hostws::connection ws(peer_url("ws", "/object"), std::move(object));
  auto event = hostws::next(patience);
  CHECK(event && event->type() == hostws::event_type::open && event->id() == ws.id());
  CHECK(hostws::wait(patience) == 1 && hostws::pending() == 1);
  event = hostws::next(patience);
  CHECK(event && event->type() == hostws::event_type::message);
  CHECK(event->data_type() == hostws::data_type::object && event->data() == R"({"n":1,"price":1.10})");
  CHECK(!hostws::next(10ms));
  CHECK(!hostws::next(-1ms)); /* a time that has passed, and not for ever */
  CHECK_INT(ws_last_error(), HOSTWS_E_TIMEOUT);
  hostws::wake();
  CHECK(!hostws::next());
  CHECK_INT(ws_last_error(), HOSTWS_E_TIMEOUT);
  ws.terminate();
  event = hostws::next(patience);
  CHECK(event && event->type() == hostws::event_type::terminate && event->code() == 1000 && event->was_clean());
  CHECK(!hostws::next());
  ws_id gone;
  {
    const hostws::connection destroyed(peer_url("ws", "/sink"));
    gone = destroyed.id();
  }
  event = hostws::next(patience);
  CHECK(event && event->type() == hostws::event_type::terminate && event->id() == gone);
  CHECK(!hostws::next());
  CHECK_INT(ws_last_error(), HOSTWS_E_IDLE);
  CHECK_HAS(hostws::idle_reason().c_str(), "no connection is left");
  const hostws::connection pulled(peer_url("ws", "/sink"));
  CHECK(!hostws::poll());
  CHECK_HAS(hostws::idle_reason().c_str(), "its events come by ws_next()");
  event = hostws::next(patience); /* from here on nothing comes, and only the byte ends a wait */
  CHECK(event && event->type() == hostws::event_type::open && event->id() == pulled.id());
  CHECK_INT(write_byte(hostws::wake_fd()), 1);
  CHECK(hostws::wait() == std::optional<int>(0));
}

void several_events_can_be_pulled_at_once() {
  drain();
  hostws::busy_poll(20us);
  CHECK_THROWS(hostws::busy_poll(-1us), HOSTWS_E_ARGUMENT);
  CHECK_THROWS(hostws::busy_poll(10h), HOSTWS_E_ARGUMENT);
  const hostws::connection ws(peer_url("ws", "/flood?n=100&size=4"));
  ws_event events[16];
  int fetched = 0;
  while (fetched < 101) {
    const auto count = hostws::next_batch(events, patience);
    CHECK(count && *count >= 1 && *count <= 16);
    for (int i = 0; i < *count; i++, fetched++) {
      const hostws::event event(events[i]);
      CHECK(event.id() == ws.id());
      CHECK(event.type() == (fetched == 0 ? hostws::event_type::open : hostws::event_type::message));
    }
  }
  CHECK(hostws::next_batch(events, 0ms) == 0);
  ws.terminate();
  CHECK(hostws::next_batch(events, patience) == 1);
  CHECK(!hostws::next_batch(events));
  CHECK_THROWS(hostws::next_batch(events, 0ms, 99999), HOSTWS_E_NO_SUCH_ID);
  hostws::busy_poll(0us);
}

void events_can_be_pulled_as_json() {
  drain();
  const hostws::connection ws(peer_url("ws", "/echo"));
  auto event = hostws::next_json(patience);
  CHECK(event && event->find(R"({"type":"open","ws":)" + std::to_string(ws.id())) == 0);
  const std::string large(5000, 'x');
  ws.send(large);
  event = hostws::next_json(patience);
  CHECK(event && event->back() == '}' && event->find(R"("data":")" + large + '"') != std::string::npos);
  CHECK(!hostws::next_json(1ms));
  CHECK_THROWS(hostws::next_json(0ms, 99999), HOSTWS_E_NO_SUCH_ID);
  ws.terminate();
  event = hostws::next_json(patience);
  CHECK(event && event->find(R"("code":1000,"reason":"","was_clean":true})") != std::string::npos);
  CHECK(!hostws::next_json());
  CHECK_STR(hostws::name(hostws::event_type::message), "message");
  CHECK_STR(hostws::name(hostws::data_type::blob), "blob");
  CHECK_STR(hostws::name(ws.status()), "Closed");
}

void a_connection_may_outlive_the_library() {
  const hostws::connection ws(peer_url("ws", "/sink"));
  CHECK(ws.wait_status(hostws::status::connected, patience));
  CHECK(hostws::shutdown(patience));
  CHECK(ws.status() == hostws::status::closed && !ws.terminate());
}

}  // namespace

int main() {
  peer_start();
  const int threads = thread_count(), fds = fd_count();
  RUN(a_connection_talks);
  RUN(options_are_what_c_gets);
  RUN(tls_is_what_c_gets);
  RUN(calls_that_fail_throw_their_code);
  RUN(a_send_that_does_not_fit_is_false);
  RUN(huge_messages_go_in_fragments_and_come_in_parts);
  RUN(a_lost_connection_is_opened_again);
  RUN(questions_are_answered);
  RUN(where_and_after_what_it_is_opened_again);
  RUN(a_moved_connection_keeps_its_handlers);
  RUN(a_handler_may_destroy_its_connection);
  RUN(handlers_go_with_the_end_or_the_connection);
  RUN(an_exception_passes_through_poll);
  RUN(after_an_exception_any_depth_of_the_stack_may_poll);
  RUN(a_queue_can_be_freed_after_an_exception);
  RUN(another_thread_may_poll_a_queue);
  RUN(events_can_be_pulled);
  RUN(several_events_can_be_pulled_at_once);
  RUN(events_can_be_pulled_as_json);
  RUN(a_connection_may_outlive_the_library);
  drain(); /* an undelivered event still holds its connection */
  check_nothing_is_left(threads, fds + 2);  // this thread's wake descriptor
  return 0;
}
