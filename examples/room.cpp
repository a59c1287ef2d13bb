/*
 * room: says one line in a chat, and shows what is said there.
 *
 *     room URL NAME LINE [SECONDS]
 *
 * To try it, start the demo server, which says its ports:
 *
 *     cargo run --example demo-server
 *     room ws://127.0.0.1:PORT/chat Ann "Hello there" 10
 *
 * It leaves after so many seconds, 3 if it is not told. The exit status is 0 if the connection was
 * closed cleanly.
 */

#include <hostws.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

/* The connection is a member: when a visitor goes, no handler that knows it is called any more. */
class visitor {
 public:
  visitor(const std::string& url, const std::string& name, const std::string& line) {
    hostws::handlers handlers;
    handlers.on_open = [this, name, line] {
      ws_.send(name);
      ws_.send(line);
    };
    handlers.on_message = [](std::string_view said, hostws::data_type) { std::cout << said << std::endl; };
    handlers.on_error = [](const hostws::error_stack& errors) {
      for (const ws_error& error : errors) {
        std::cerr << "room: " << error.message << " (" << error.component << ' ' << error.code << ")\n";
      }
    };
    handlers.on_terminate = [this](int code, std::string_view reason, bool was_clean) {
      std::cout << "closed: " << code << ' ' << reason << '\n';
      was_clean_ = was_clean;
    };
    hostws::options options;
    options.open_timeout = std::chrono::seconds(10);
    ws_ = hostws::connection(url, std::move(handlers), options);
  }

  // The handlers hold `this`.
  visitor(const visitor&) = delete;
  visitor& operator=(const visitor&) = delete;

  void leave() { ws_.terminate(1000, "good night"); }

  bool was_clean() const { return was_clean_; }

 private:
  bool was_clean_ = false;
  hostws::connection ws_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: room URL NAME LINE [SECONDS]\n";
    return 1;
  }
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + std::chrono::seconds(argc == 5 ? std::atoi(argv[4]) : 3);

  try {
    visitor visitor(argv[1], argv[2], argv[3]);
    // The handlers run in poll(), which has nothing more to wait for once the connection is gone.
    while (clock::now() < end && hostws::poll(std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()))) {
    }
    visitor.leave();
    while (hostws::poll()) {
    }
    return visitor.was_clean() ? 0 : 1;
  } catch (const hostws::error& error) {
    std::cerr << "room: " << error.what() << '\n';
    return 1;
  }
}
