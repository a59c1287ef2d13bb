/*
 * hostws for C++17: the interface of hostws.h with C++ types. It adds no features. You can also
 * use the functions of hostws.h beside it; their behaviour is documented there.
 *
 * Life of a connection: a hostws::connection is created with its handlers and closes when it is
 * destroyed. Handlers run inside hostws::poll() and connection::wait_status(). They belong to
 * the connection, and are destroyed when on_terminate has returned or when the connection is
 * destroyed, whichever comes first.
 *
 * Destruction: no handler starts once the connection's destructor has begun, so objects that
 * its handlers refer to may be destroyed after it. A handler may destroy its own connection; it
 * still runs to its end. The connection closes politely in the background and calls no handler.
 *
 * Threads: as in hostws.h. Several threads may call the const functions of one connection object
 * at once, as with any object. All functions are const except moving and destroying. Move and
 * destroy a connection only on the thread that polls its queue: on another thread, a handler may
 * still be running when the destructor returns.
 *
 * Errors: a call that fails throws hostws::error. Network errors are passed to handlers. An
 * exception that leaves a handler passes through hostws::poll(). The event then counts as
 * delivered, and the next call continues after it.
 *
 * Memory: the arguments of a handler, including string_view, are valid until the handler returns;
 * the results of next() and next_batch() until the next next(), next_batch(), next_json() or
 * discard() on that queue, and until the queue is freed.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef HOSTWS_HPP
#define HOSTWS_HPP

#include <hostws.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hostws {

/** The type of a message. In handlers: how messages are delivered, and sent unless send() says otherwise. */
enum class data_type : std::int32_t {
  text = HOSTWS_TEXT,
  blob = HOSTWS_BLOB,
  object = HOSTWS_OBJECT,
};

/** The status of a connection. */
enum class status : std::int32_t {
  connecting = HOSTWS_CONNECTING,
  connected = HOSTWS_CONNECTED,
  closing = HOSTWS_CLOSING,
  closed = HOSTWS_CLOSED,
};

/** The type of an event. */
enum class event_type : std::int32_t {
  open = HOSTWS_EVENT_OPEN,
  message = HOSTWS_EVENT_MESSAGE,
  error = HOSTWS_EVENT_ERROR,
  terminate = HOSTWS_EVENT_TERMINATE,
  drain = HOSTWS_EVENT_DRAIN,
  pong = HOSTWS_EVENT_PONG,
  warning = HOSTWS_EVENT_WARNING,
  reconnecting = HOSTWS_EVENT_RECONNECTING,
  reconnected = HOSTWS_EVENT_RECONNECTED,
  ask = HOSTWS_EVENT_ASK,
  sent = HOSTWS_EVENT_SENT,
  expired = HOSTWS_EVENT_EXPIRED,
};

/** ws_status_name(), ws_event_name(), ws_data_type_name(): the name of a value. */
inline const char* name(status what) noexcept { return ws_status_name(static_cast<std::int32_t>(what)); }
inline const char* name(event_type what) noexcept { return ws_event_name(static_cast<std::int32_t>(what)); }
inline const char* name(data_type what) noexcept { return ws_data_type_name(static_cast<std::int32_t>(what)); }

/** Decisions that a program can make itself: constants to add for options::ask. */
enum class topic : std::uint32_t {
  certificate = HOSTWS_ASK_CERTIFICATE,
  credentials = HOSTWS_ASK_CREDENTIALS,
  reconnect = HOSTWS_ASK_RECONNECT,
};

/** Which checks the server's certificate must pass. */
enum class tls_verify : std::int32_t {
  full = HOSTWS_TLS_VERIFY_FULL,
  no_hostname = HOSTWS_TLS_VERIFY_NO_HOSTNAME,
  none = HOSTWS_TLS_VERIFY_NONE,
};

/** The oldest TLS version to accept. */
enum class tls_version : std::int32_t {
  standard = 0,
  tls_1_0 = HOSTWS_TLS_1_0,
  tls_1_1 = HOSTWS_TLS_1_1,
  tls_1_2 = HOSTWS_TLS_1_2,
  tls_1_3 = HOSTWS_TLS_1_3,
};

/** Which addresses to use. */
enum class ip_family : std::int32_t {
  any = HOSTWS_IP_ANY,
  v4 = HOSTWS_IP_V4,
  v6 = HOSTWS_IP_V6,
};

/** A timeout that never ends. A negative timeout has already passed, as everywhere in C++. */
inline constexpr std::chrono::milliseconds forever = (std::chrono::milliseconds::max)();
/** Switches an option off. */
inline constexpr std::chrono::milliseconds off{-1};

/** Thrown by a call that failed. The call had no effect. */
class error : public std::runtime_error {
 public:
  error(std::int32_t code, const std::string& message) : std::runtime_error(message), code_(code) {}

  /** A HOSTWS_E_ code. */
  std::int32_t code() const noexcept { return code_; }

 private:
  std::int32_t code_;
};

/** The errors of an event: the general error first, then its cause. Refers to the event. */
class error_stack {
 public:
  error_stack(const ws_error* errors, std::size_t count) noexcept : errors_(errors), count_(count) {}

  const ws_error* begin() const noexcept { return errors_; }
  const ws_error* end() const noexcept { return errors_ + count_; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  const ws_error& operator[](std::size_t index) const noexcept { return errors_[index]; }

 private:
  const ws_error* errors_;
  std::size_t count_;
};

/** Something that happened on a connection. Values that a type of event does not use are empty or 0. */
class event {
 public:
  explicit event(const ws_event& raw) noexcept : raw_(&raw) {}

  event_type type() const noexcept { return static_cast<event_type>(raw_->type); }
  /** The connection's id. */
  ws_id id() const noexcept { return raw_->ws; }
  /** message, pong: the payload; ask: the facts, a JSON object. A NUL follows it, which its size does not count. */
  std::string_view data() const noexcept {
    return {raw_->data == nullptr ? "" : raw_->data, static_cast<std::size_t>(raw_->length)};
  }
  /** message: the type of the payload. */
  hostws::data_type data_type() const noexcept { return static_cast<hostws::data_type>(raw_->data_type); }
  /** ask: what it is about. */
  hostws::topic topic() const noexcept { return static_cast<hostws::topic>(raw_->flags); }
  /** error, warning, reconnecting, ask: the errors. */
  error_stack errors() const noexcept { return {raw_->errors, static_cast<std::size_t>(raw_->error_count)}; }
  /**
   * terminate: the close code, see ws_event. reconnecting, reconnected: the number of the attempt.
   * ask: that of the question. sent, expired: that of the message, see connection::send_ex().
   */
  int code() const noexcept { return raw_->code; }
  /** terminate: the server's reason. */
  std::string_view reason() const noexcept { return raw_->reason == nullptr ? "" : raw_->reason; }
  /** terminate: whether both sides exchanged close frames. */
  bool was_clean() const noexcept { return raw_->was_clean != 0; }
  /** message: whether this is the start of a message; false only for later parts above stream_threshold. */
  bool is_first() const noexcept { return (raw_->flags & HOSTWS_FIRST) != 0; }
  /** message: whether this is the end of a message. */
  bool is_last() const noexcept { return (raw_->flags & HOSTWS_LAST) != 0; }
  /** pong: the time since the ping was sent. */
  std::chrono::microseconds round_trip() const noexcept { return std::chrono::microseconds(raw_->round_trip_us); }
  /** reconnecting, ask about an attempt: the time until the attempt. */
  std::chrono::milliseconds delay() const noexcept { return std::chrono::milliseconds(raw_->delay_ms); }
  /** When it happened or was read. */
  std::chrono::system_clock::time_point time() const noexcept {
    using std::chrono::system_clock;
    return system_clock::time_point(
        std::chrono::duration_cast<system_clock::duration>(std::chrono::microseconds(raw_->time_us)));
  }

 private:
  const ws_event* raw_;
};

/**
 * The handlers of a connection. Each may be empty. If all are empty, fetch the events with
 * next(); otherwise poll() delivers them.
 */
struct handlers {
  /** How messages are delivered and how send() sends them. */
  hostws::data_type data_type = hostws::data_type::text;
  /** The connection is open. Called once. */
  std::function<void()> on_open;
  /** A message arrived. */
  std::function<void(std::string_view data, hostws::data_type type)> on_message;
  /** A part of a message above stream_threshold arrived; if empty, on_message gets it. */
  std::function<void(const event& part)> on_part;
  /** An error ended the connection; on_terminate follows. At most once. */
  std::function<void(const error_stack& errors)> on_error;
  /** The connection has ended. Last, once. */
  std::function<void(int code, std::string_view reason, bool was_clean)> on_terminate;
  /** All other events: drain, pong, warning, reconnecting, reconnected, ask. */
  std::function<void(const event& event)> on_event;
};

/** Compression of messages: permessage-deflate (RFC 7692). */
struct deflate {
  /** Messages with fewer bytes are not compressed. */
  std::int32_t threshold = 0;
  /** Asks the server to compress each message by itself. A server that does not agree is refused. */
  bool server_no_context_takeover = false;
  /** Messages to the server are compressed each by itself. */
  bool client_no_context_takeover = false;
  /** 9 to 15. A server that does not agree is refused. */
  std::int32_t server_max_window_bits = 0;
  std::int32_t client_max_window_bits = 0;
};

/** Which ends of a connection lead to another attempt. */
enum class reconnect_on : std::int32_t {
  lost = HOSTWS_RECONNECT_LOST,
  any = HOSTWS_RECONNECT_ANY,
};

/** How a lost connection is reopened. */
struct reconnect {
  /** Attempts in a row; -1: no limit; 0: never. */
  std::int32_t max = -1;
  /** The minimum and maximum delay before an attempt; 0: the defaults of ws_options. */
  std::chrono::milliseconds min_delay{0};
  std::chrono::milliseconds max_delay{0};
  /** Which ends lead to another attempt. */
  reconnect_on on = reconnect_on::lost;
  /** Exceptions: close codes and HTTP statuses that lead to another attempt; a negative one does not. */
  std::vector<std::int32_t> codes;
};

/**
 * How a connection is opened and maintained. What you do not set has its default, see ws_options;
 * where that documents -1, use hostws::off or -1.
 */
struct options {
  /** The queue that gets the events; 0: the calling thread's own. Accepts a hostws::queue. */
  ws_queue queue = 0;
  /** Headers of the upgrade request, name and value, in this order; a name may repeat. */
  std::vector<std::pair<std::string, std::string>> headers;
  /** Subprotocols to offer, the preferred one first: "a,b". */
  std::optional<std::string> subprotocols;
  /** Certificate authorities to trust in addition to the system's: PEM text, or "@" and a path. See tls_ca_only. */
  std::optional<std::string> tls_ca;
  /** The name to send (SNI) and to expect in the certificate, if not the URL's host. */
  std::optional<std::string> tls_server_name;
  hostws::tls_verify tls_verify = hostws::tls_verify::full;
  tls_version tls_min_version = tls_version::standard;
  /** The time limit of the whole opening, from DNS to the upgrade. */
  std::chrono::milliseconds open_timeout{0};
  /** The time limit of the closing handshake. */
  std::chrono::milliseconds close_timeout{0};
  /** A ping is sent after this much silence. */
  std::chrono::milliseconds ping_interval{0};
  /** The connection is lost after this much silence following the ping. */
  std::chrono::milliseconds ping_timeout{0};
  /** The connection is lost if the server takes no data that waits to be sent for this long. */
  std::chrono::milliseconds write_timeout{0};
  /** The largest message to accept, in bytes. */
  std::int64_t max_message = 0;
  /** The number of bytes, as framed, that may wait to be sent. */
  std::int64_t send_queue_max = 0;
  /** The number of bytes of messages that may wait for you. */
  std::int64_t receive_queue_max = 0;
  /** A message with more bytes than this is delivered in parts of this size; with handlers, to on_part. */
  std::int64_t stream_threshold = 0;
  /** Offers to compress messages. */
  std::optional<hostws::deflate> deflate;
  /** "http://", "https://", "socks5://" or "socks5h://"; unset: from the environment; "": no proxy. */
  std::optional<std::string> proxy;
  /** Which addresses to use; with a proxy, for the proxy. */
  hostws::ip_family ip_family = hostws::ip_family::any;
  /** How many redirects to follow. */
  std::int32_t max_redirects = 0;
  /** The client's certificate and the certificates above it: PEM text, or "@" and a path. */
  std::optional<std::string> tls_cert;
  /** The private key of tls_cert: PEM text, or "@" and a path. */
  std::optional<std::string> tls_key;
  /** The password of an encrypted tls_key. */
  std::optional<std::string> tls_key_password;
  /** Pins: "sha256/BASE64;sha256/BASE64". The server must have one of these public keys. */
  std::optional<std::string> tls_pins;
  /** Trusts the authorities in tls_ca instead of the system's. */
  bool tls_ca_only = false;
  /** Reopens the connection when it is lost. */
  std::optional<hostws::reconnect> reconnect;
  /** The local addresses that connections come from, used in turn: "192.0.2.7,192.0.2.8" or "if!eth1". */
  std::optional<std::string> local_address;
  /** Where to connect instead: "example.com:443=192.0.2.1,[2001:db8::1]:8443;...". */
  std::optional<std::string> connect_to;
  /** The system asks for a sign of life after this much silence; 0: never. */
  std::chrono::milliseconds tcp_keepalive{0};
  /** The system ends the connection when sent data is not acknowledged for this long; 0: its default. */
  std::chrono::milliseconds tcp_user_timeout{0};
  /** The sizes of the socket's buffers in bytes; 0: the system's default. */
  std::int32_t tcp_send_buffer = 0;
  std::int32_t tcp_receive_buffer = 0;
  /** Writes TLS keys to the file that SSLKEYLOGFILE names, for debugging: whoever has it can read everything. */
  bool tls_key_log = false;
  /** Whether TLS sessions of earlier connections are resumed. */
  bool tls_resume = true;
  /** What to ask you about: a sum of HOSTWS_ASK_CERTIFICATE, HOSTWS_ASK_CREDENTIALS and HOSTWS_ASK_RECONNECT. */
  std::int64_t ask = 0;
  /** How long a message may wait before it begins to leave; 0: no limit. Then an expired event names it. */
  std::chrono::milliseconds message_ttl{0};
  /** A connected stream socket to open the connection on; the connection owns it from then on. 0: none. */
  std::int64_t fd = 0;
  /** Is shown each socket before it connects, ON A THREAD OF THE LIBRARY: see ws_socket_function. It must not throw. */
  ws_socket_function on_socket = nullptr;
  void* on_socket_data = nullptr;
};

/** Internal. */
namespace detail {

[[noreturn]] inline void fail() { throw error(ws_last_error(), ws_last_error_message()); }

/** Returns a result that is not negative; throws otherwise. */
template <typename Number>
Number check(Number result) {
  if (result < 0) fail();
  return result;
}

/** Returns false for `code` and true for success; throws otherwise. */
inline bool check_unless(std::int32_t code, std::int32_t result) { return result != code && check(result) >= 0; }

/** Milliseconds, limited to the range of int32. */
inline std::int32_t count(std::chrono::milliseconds time) {
  using limits = std::numeric_limits<std::int32_t>;
  if (time.count() < (limits::min)()) return (limits::min)();
  if (time.count() > (limits::max)()) return (limits::max)();
  return static_cast<std::int32_t>(time.count());
}

inline std::int32_t timeout(std::chrono::milliseconds time) {
  if (time == forever) return -1;
  return time.count() < 0 ? 0 : count(time);
}

inline std::int32_t number(std::optional<hostws::data_type> type) {
  return type ? static_cast<std::int32_t>(*type) : 0;
}

inline std::int64_t length(std::string_view data) { return static_cast<std::int64_t>(data.size()); }

/** A string for C, where a NUL inside it would end it. */
inline const char* text(const std::string& string) {
  if (string.find('\0') != std::string::npos) throw error(HOSTWS_E_ARGUMENT, "a string must not contain a NUL");
  return string.c_str();
}

inline const char* text(const std::optional<std::string>& string) { return string ? text(*string) : nullptr; }

/** The text that a getter of the library copies out. */
template <typename Getter>
std::string copy_out(Getter get) {
  std::string copy;
  // Another thread may make the text longer between two calls.
  for (;;) {
    const auto needed = static_cast<std::size_t>(check(get(copy.data(), static_cast<std::int64_t>(copy.size() + 1))));
    const bool fits = needed <= copy.size();
    copy.resize(needed);
    if (fits) return copy;
  }
}

/**
 * The handlers of all connections. The library gets a key instead of a pointer, so that a late
 * callback finds nothing.
 */
class registry {
 public:
  using entry = std::shared_ptr<const handlers>;

  /** The registry of the process. Never destroyed, because connections may be static. */
  static registry& instance() {
    static registry& only = *new registry;
    return only;
  }

  std::uintptr_t add(entry added) {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.emplace(++last_, std::move(added));
    return last_;
  }

  entry find(std::uintptr_t key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
  }

  entry take(std::uintptr_t key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    entry taken = std::move(found->second);
    entries_.erase(found);
    return taken;
  }

 private:
  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::map<std::uintptr_t, entry> entries_;
};

// The callbacks. Each keeps the handlers alive while it runs.

inline registry::entry find(void* key) { return registry::instance().find(reinterpret_cast<std::uintptr_t>(key)); }

inline void on_open(ws_id, const ws_event*, void* key) {
  if (const auto found = find(key)) found->on_open();
}

inline void on_message(ws_id, const ws_event* raw, void* key) {
  const event event(*raw);
  const auto found = find(key);
  if (!found) return;
  if (found->on_part && !(event.is_first() && event.is_last())) return found->on_part(event);
  if (found->on_message) found->on_message(event.data(), event.data_type());
}

inline void on_error(ws_id, const ws_event* raw, void* key) {
  if (const auto found = find(key)) found->on_error(event(*raw).errors());
}

inline void on_event(ws_id, const ws_event* raw, void* key) {
  if (const auto found = find(key)) found->on_event(event(*raw));
}

inline void on_terminate(ws_id, const ws_event* raw, void* key) {
  const auto taken = registry::instance().take(reinterpret_cast<std::uintptr_t>(key));
  const event event(*raw);
  if (taken && taken->on_terminate) taken->on_terminate(event.code(), event.reason(), event.was_clean());
}

}  // namespace detail

/**
 * A connection, or none. A default-constructed or moved-from object has id 0, and every function
 * except id() and the destructor throws HOSTWS_E_NO_SUCH_ID or _ARGUMENT.
 */
class connection {
 public:
  connection() noexcept = default;

  /**
   * ws_new(): creates a connection and begins to open it. Returns at once.
   *
   * @param url       ws:// or wss://, or ws+unix:// or wss+unix:// for a Unix socket
   * @param handlers  the handlers of the events; if there are none, fetch the events with next()
   * @param options   how the connection is opened and maintained
   *
   * Threads: any; the events go to the calling thread's own queue unless `options` names one.
   */
  explicit connection(const std::string& url, handlers handlers = {}, const options& options = {}) {
    ws_handler raw{};
    raw.struct_size = sizeof raw;
    raw.data_type = static_cast<std::int32_t>(handlers.data_type);
    const bool has_message = handlers.on_message || handlers.on_part;
    if (handlers.on_open || has_message || handlers.on_error || handlers.on_terminate || handlers.on_event) {
      if (handlers.on_open) raw.on_open = detail::on_open;
      if (has_message) raw.on_message = detail::on_message;
      if (handlers.on_error) raw.on_error = detail::on_error;
      if (handlers.on_event) raw.on_event = detail::on_event;
      raw.on_terminate = detail::on_terminate;
      // Before ws_new(): another thread may be polling the queue.
      key_ = detail::registry::instance().add(std::make_shared<const hostws::handlers>(std::move(handlers)));
      raw.user_data = reinterpret_cast<void*>(key_);
    }
    try {
      id_ = create(url, raw, options);
    } catch (...) {
      detail::registry::instance().take(key_);
      throw;
    }
  }

  connection(connection&& other) noexcept
      : id_(std::exchange(other.id_, 0)), key_(std::exchange(other.key_, 0)) {}

  /** Closes the connection that this object had before, as the destructor does. */
  connection& operator=(connection&& other) noexcept {
    connection moved(std::move(other));
    std::swap(id_, moved.id_);
    std::swap(key_, moved.key_);
    return *this;
  }

  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /**
   * Closes the connection as terminate() does; no handler runs any more. Never blocks: messages sent
   * before still leave in the background, if the connection was open and the process goes on. Call
   * abort() before if it should end at once; call shutdown() after to wait until everything is
   * closed. Without handlers, next() still returns the terminate event.
   */
  ~connection() {
    if (id_ == 0) return;
    detail::registry::instance().take(key_);
    ws_terminate(id_, 0, nullptr);
  }

  /** The id, for the functions of hostws.h; 0: no connection. */
  ws_id id() const noexcept { return id_; }

  hostws::status status() const { return static_cast<hostws::status>(detail::check(ws_status(id_))); }

  /** ws_url(): the URL, without its user and password. Until on_terminate has returned. */
  std::string url() const {
    return detail::copy_out([this](char* buffer, std::int64_t size) { return ws_url(id_, buffer, size); });
  }

  hostws::data_type data_type() const { return static_cast<hostws::data_type>(detail::check(ws_data_type(id_))); }

  /** ws_send(): queues one message of the connection's data type. */
  void send(std::string_view data) const { detail::check(ws_send(id_, data.data(), detail::length(data), 0)); }

  /** The same for a message of another type. */
  void send(std::string_view data, hostws::data_type type) const {
    detail::check(ws_send(id_, data.data(), detail::length(data), static_cast<std::int32_t>(type)));
  }

  /** send(), but returns false instead of throwing HOSTWS_E_AGAIN; a drain event follows when there is room. */
  [[nodiscard]] bool try_send(std::string_view data) const {
    return detail::check_unless(HOSTWS_E_AGAIN, ws_send(id_, data.data(), detail::length(data), 0));
  }

  [[nodiscard]] bool try_send(std::string_view data, hostws::data_type type) const {
    return detail::check_unless(
        HOSTWS_E_AGAIN, ws_send(id_, data.data(), detail::length(data), static_cast<std::int32_t>(type)));
  }

  /**
   * ws_send_ex(): a fragment with HOSTWS_MORE, or a message with HOSTWS_NO_COMPRESS or HOSTWS_NOTIFY.
   * Returns the message's number with HOSTWS_NOTIFY, otherwise 0.
   */
  std::int32_t send_ex(std::string_view data, std::uint32_t flags, std::optional<hostws::data_type> type = {}) const {
    return detail::check(ws_send_ex(id_, data.data(), detail::length(data), detail::number(type), flags));
  }

  /** send_ex(), but returns false instead of throwing HOSTWS_E_AGAIN; a drain event follows when there is room. */
  [[nodiscard]] bool try_send_ex(std::string_view data, std::uint32_t flags,
                                 std::optional<hostws::data_type> type = {}) const {
    return detail::check_unless(HOSTWS_E_AGAIN,
                                ws_send_ex(id_, data.data(), detail::length(data), detail::number(type), flags));
  }

  /** ws_set_header(): sets a header for the next attempts to open the connection; no value removes it. */
  void set_header(const std::string& name, const std::optional<std::string>& value) const {
    detail::check(ws_set_header(id_, detail::text(name), detail::text(value)));
  }

  /** ws_set_url(): sets the URL for the next attempts to open the connection. */
  void set_url(const std::string& url) const { detail::check(ws_set_url(id_, detail::text(url))); }

  /** ws_ping(): sends a ping; on_event gets the pong. */
  void ping(std::string_view data = {}) const {
    // The library refuses every size above 125; this one fits into an int32.
    const std::size_t size = data.size() < 126 ? data.size() : 126;
    detail::check(ws_ping(id_, data.data(), static_cast<std::int32_t>(size)));
  }

  /** ws_answer(): answers the question that an ask event asked, by its code(). */
  void answer(int question, std::string_view value) const {
    detail::check(ws_answer(id_, question, value.data(), detail::length(value)));
  }

  /** ws_pause(): stops reading; what is in the queue is still delivered. Throws HOSTWS_E_CLOSED from Closing on. */
  void pause() const { detail::check(ws_pause(id_, 1)); }

  /** ws_pause(): goes on reading. */
  void resume() const { detail::check(ws_pause(id_, 0)); }

  /**
   * ws_terminate(): closes the connection. While connecting, messages that wait to be sent are
   * dropped. False if it was already closed.
   */
  bool terminate(int code = 1000, const std::string& reason = {}) const {
    return detail::check_unless(HOSTWS_E_CLOSED, ws_terminate(id_, code, detail::text(reason)));
  }

  /** ws_abort(): drops the connection and the messages that wait to be sent. False if it was already closed. */
  bool abort() const { return detail::check_unless(HOSTWS_E_CLOSED, ws_abort(id_)); }

  /**
   * ws_wait_status(): waits until the connection has reached a status, and meanwhile calls
   * handlers as poll() does. False if the time is up or the status can no longer be reached.
   */
  bool wait_status(hostws::status status, std::chrono::milliseconds timeout = forever) const {
    const auto result = ws_wait_status(id_, static_cast<std::int32_t>(status), detail::timeout(timeout));
    return result != HOSTWS_E_TIMEOUT && detail::check_unless(HOSTWS_E_CLOSED, result);
  }

  /** ws_buffered_amount(): the number of bytes that the operating system has not taken yet. */
  std::int64_t buffered_amount() const { return detail::check(ws_buffered_amount(id_)); }

  /** ws_subprotocol(): the subprotocol that the server chose, or "". */
  std::string subprotocol() const {
    return detail::copy_out([this](char* buffer, std::int64_t size) { return ws_subprotocol(id_, buffer, size); });
  }

  /** ws_response_status(): the HTTP status, such as 101 or 401; 0 if there is no answer yet. */
  int response_status() const { return detail::check(ws_response_status(id_)); }

  /** ws_response_header(): a header of the server's answer, if there is one. */
  std::optional<std::string> response_header(const std::string& name) const {
    const char* const wanted = detail::text(name);
    if (!detail::check_unless(HOSTWS_E_NOT_FOUND, outcome(ws_response_header(id_, wanted, nullptr, 0)))) return {};
    return detail::copy_out(
        [this, wanted](char* buffer, std::int64_t size) { return ws_response_header(id_, wanted, buffer, size); });
  }

  /** ws_response_header_at(): all headers of the server's answer, in order, one entry for each value. */
  std::vector<std::pair<std::string, std::string>> response_headers() const {
    std::vector<std::pair<std::string, std::string>> headers;
    for (;;) {
      const auto index = static_cast<std::int32_t>(headers.size());
      char name[256];
      if (!detail::check_unless(HOSTWS_E_NOT_FOUND,
                                outcome(ws_response_header_at(id_, index, name, sizeof name, nullptr, 0))))
        return headers;
      auto value = detail::copy_out([this, index](char* buffer, std::int64_t size) {
        return ws_response_header_at(id_, index, nullptr, 0, buffer, size);
      });
      headers.emplace_back(name, std::move(value));
    }
  }

  /** ws_response_body(): the body of the answer with which the server refused, at most 64 KiB. */
  std::string response_body() const {
    return detail::copy_out([this](char* buffer, std::int64_t size) { return ws_response_body(id_, buffer, size); });
  }

  /** ws_peer_certificate(): the server's certificate in DER, if there is one. */
  std::optional<std::string> peer_certificate() const {
    if (!detail::check_unless(HOSTWS_E_NOT_FOUND, outcome(ws_peer_certificate(id_, nullptr, 0)))) return {};
    return detail::copy_out(
        [this](char* buffer, std::int64_t size) { return ws_peer_certificate(id_, buffer, size); });
  }

  /** ws_explain(): all that happened to the connection, as a JSON object; also after its end. */
  std::string explain() const {
    return detail::copy_out([this](char* buffer, std::int64_t size) { return ws_explain(id_, buffer, size); });
  }

  /** ws_get_stats(): the statistics of the connection. */
  ws_stats stats() const {
    ws_stats stats{};
    stats.struct_size = sizeof stats;
    detail::check(ws_get_stats(id_, &stats));
    return stats;
  }

 private:
  static ws_id create(const std::string& url, const ws_handler& handler, const options& options) {
    std::vector<ws_header> headers;
    for (const auto& [name, value] : options.headers) headers.push_back({detail::text(name), detail::text(value)});
    ws_options raw{};
    raw.struct_size = sizeof raw;
    raw.queue = options.queue;
    raw.headers = headers.data();
    raw.header_count = static_cast<std::int32_t>(headers.size());
    raw.tls_verify = static_cast<std::int32_t>(options.tls_verify);
    raw.subprotocols = detail::text(options.subprotocols);
    raw.tls_ca = detail::text(options.tls_ca);
    raw.tls_server_name = detail::text(options.tls_server_name);
    raw.tls_min_version = static_cast<std::int32_t>(options.tls_min_version);
    raw.open_timeout_ms = detail::count(options.open_timeout);
    raw.close_timeout_ms = detail::count(options.close_timeout);
    raw.ping_interval_ms = detail::count(options.ping_interval);
    raw.ping_timeout_ms = detail::count(options.ping_timeout);
    raw.write_timeout_ms = detail::count(options.write_timeout);
    raw.max_message = options.max_message;
    raw.send_queue_max = options.send_queue_max;
    raw.receive_queue_max = options.receive_queue_max;
    raw.stream_threshold = options.stream_threshold;
    if (options.deflate) {
      raw.deflate = 1;
      raw.deflate_threshold = options.deflate->threshold;
      raw.deflate_server_no_context_takeover = options.deflate->server_no_context_takeover ? 1 : 0;
      raw.deflate_client_no_context_takeover = options.deflate->client_no_context_takeover ? 1 : 0;
      raw.deflate_server_max_window_bits = options.deflate->server_max_window_bits;
      raw.deflate_client_max_window_bits = options.deflate->client_max_window_bits;
    }
    raw.proxy = detail::text(options.proxy);
    raw.ip_family = static_cast<std::int32_t>(options.ip_family);
    raw.max_redirects = options.max_redirects;
    raw.tls_cert = detail::text(options.tls_cert);
    raw.tls_key = detail::text(options.tls_key);
    raw.tls_key_password = detail::text(options.tls_key_password);
    raw.tls_pins = detail::text(options.tls_pins);
    raw.ask = options.ask;
    raw.tls_ca_only = options.tls_ca_only ? 1 : 0;
    std::string codes;
    if (options.reconnect) {
      for (const std::int32_t code : options.reconnect->codes) {
        codes += (codes.empty() ? "" : ",") + std::to_string(code);
      }
      raw.reconnect_on = static_cast<std::int32_t>(options.reconnect->on);
      raw.reconnect_codes = codes.c_str();
      raw.reconnect_max = options.reconnect->max;
      raw.reconnect_min_ms = detail::count(options.reconnect->min_delay);
      raw.reconnect_max_ms = detail::count(options.reconnect->max_delay);
    }
    raw.local_address = detail::text(options.local_address);
    raw.connect_to = detail::text(options.connect_to);
    raw.tcp_keepalive_ms = detail::count(options.tcp_keepalive);
    raw.tcp_user_timeout_ms = detail::count(options.tcp_user_timeout);
    raw.tcp_send_buffer = options.tcp_send_buffer;
    raw.tcp_receive_buffer = options.tcp_receive_buffer;
    raw.tls_key_log = options.tls_key_log ? 1 : 0;
    raw.tls_resume = options.tls_resume ? 0 : -1;
    raw.message_ttl_ms = detail::count(options.message_ttl);
    raw.fd = options.fd;
    raw.on_socket = options.on_socket;
    raw.on_socket_data = options.on_socket_data;
    return detail::check(ws_new(detail::text(url), &handler, &raw));
  }

  /** A length becomes HOSTWS_OK. */
  static std::int32_t outcome(std::int64_t result) {
    return result < 0 ? static_cast<std::int32_t>(result) : HOSTWS_OK;
  }

  ws_id id_ = 0;
  std::uintptr_t key_ = 0;
};

/**
 * A queue that belongs to no thread, from ws_queue_new() to ws_queue_free(). You can pass it wherever
 * a ws_queue is expected. Destroy it after its connections, when no thread polls it any more:
 * messages that they sent while they were open still leave.
 */
class queue {
 public:
  queue() : id_(detail::check(ws_queue_new())) {}
  queue(queue&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  queue& operator=(queue&& other) noexcept {
    queue moved(std::move(other));
    std::swap(id_, moved.id_);
    return *this;
  }
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;
  ~queue() {
    if (id_ != 0) ws_queue_free(id_);
  }

  /** The queue, for the functions of hostws.h; 0 if moved from. */
  ws_queue id() const noexcept { return id_; }
  operator ws_queue() const noexcept { return id_; }

 private:
  ws_queue id_;
};

// Below, `queue` 0 is the calling thread's own queue.

/**
 * Why the calling thread's last wait found no connection to wait for, for example "1 connection
 * belongs to another thread's queue". "" if its last error is a different one.
 */
inline std::string idle_reason() { return ws_last_error() == HOSTWS_E_IDLE ? ws_last_error_message() : ""; }

/**
 * ws_poll(): calls the handlers for the events that wait. If there are none, waits for the first.
 * `while (hostws::poll()) {}` is a complete main loop.
 *
 * @param timeout     how long to wait for the first event
 * @param max_events  how many events to deliver at most; 0: all that wait when the call begins
 * @return the number of events delivered, 0 also if a signal handler ran or wake() was called. No
 *         value if there is nothing to deliver and no connection is left that could get an event.
 *         idle_reason() then says which connections there are, and which call would fetch their
 *         events
 */
inline std::optional<int> poll(std::chrono::milliseconds timeout = forever, int max_events = 0, ws_queue queue = 0) {
  const std::int32_t delivered = ws_poll(queue, detail::timeout(timeout), max_events);
  if (delivered == HOSTWS_E_IDLE) return {};
  return detail::check(delivered);
}

/**
 * ws_next(): the next event of the connections without handlers. If there is none, waits for one.
 *
 * @return the event, valid until the next next() or next_batch() on this queue. No value if the time
 *         is up, or if no connection is left that could get an event: ws_last_error() is then
 *         HOSTWS_E_IDLE
 */
inline std::optional<event> next(std::chrono::milliseconds timeout = forever, ws_queue queue = 0) {
  if (const ws_event* const raw = ws_next(queue, detail::timeout(timeout))) return event(*raw);
  const std::int32_t code = ws_last_error();
  if (code == HOSTWS_E_TIMEOUT || code == HOSTWS_E_IDLE) return {};
  detail::fail();
}

/**
 * ws_next_batch(): several events of the connections without handlers at once. If there are none,
 * waits for the first.
 *
 * @param events  gets the events, which are valid until the next next() or next_batch() on this queue
 * @return the number of events, 0 if the time is up. No value if no connection is left that could
 *         get an event
 */
template <std::size_t Capacity>
std::optional<int> next_batch(ws_event (&events)[Capacity], std::chrono::milliseconds timeout = forever,
                              ws_queue queue = 0) {
  static_assert(Capacity <= (std::numeric_limits<std::int32_t>::max)(), "more than can be asked for");
  events[0].struct_size = sizeof(ws_event);
  const auto capacity = static_cast<std::int32_t>(Capacity);
  const std::int32_t fetched = ws_next_batch(queue, events, capacity, detail::timeout(timeout));
  if (fetched == HOSTWS_E_IDLE) return {};
  return detail::check(fetched);
}

/**
 * ws_next_json(): the next event of the connections without handlers as a JSON object. If there is
 * none, waits for one.
 *
 * @return the JSON text. No value if the time is up, or if no connection is left that could get an
 *         event: ws_last_error() is then HOSTWS_E_IDLE
 */
inline std::optional<std::string> next_json(std::chrono::milliseconds timeout = forever, ws_queue queue = 0) {
  std::string text(1024, '\0');
  for (;;) {
    const auto size = static_cast<std::int64_t>(text.size());
    const std::int64_t length = ws_next_json(queue, detail::timeout(timeout), &text[0], size);
    if (length == HOSTWS_E_TIMEOUT || length == HOSTWS_E_IDLE) return {};
    if (length < 0) detail::fail();
    text.resize(static_cast<std::size_t>(length) + (length < size ? 0 : 1));
    if (length < size) return text;
  }
}

/** ws_queue_busy_poll(): how long a waiting thread checks repeatedly before it sleeps. */
inline void busy_poll(std::chrono::microseconds most, ws_queue queue = 0) {
  constexpr std::int64_t largest = (std::numeric_limits<std::int32_t>::max)();
  const std::int64_t count = most.count() > largest ? largest : most.count() < 0 ? -1 : most.count();
  detail::check(ws_queue_busy_poll(queue, static_cast<std::int32_t>(count)));
}

/** ws_wait(): waits until an event can be delivered, and delivers nothing. Returns what poll() would. */
inline std::optional<int> wait(std::chrono::milliseconds timeout = forever, ws_queue queue = 0) {
  const std::int32_t waiting = ws_wait(queue, detail::timeout(timeout));
  if (waiting == HOSTWS_E_IDLE) return {};
  return detail::check(waiting);
}

/** ws_queue_discard(): drops the events in a queue, and all further events of connections that are ending. */
inline void discard(ws_queue queue = 0) { detail::check(ws_queue_discard(queue)); }

/** ws_wake(): ends one wait on a queue. May be called from any thread. */
inline void wake(ws_queue queue = 0) { detail::check(ws_wake(queue)); }

/**
 * ws_wake_fd(): a descriptor to write to. A byte written to it has the effect of wake(), even in a
 * signal handler.
 */
inline std::intptr_t wake_fd(ws_queue queue = 0) { return detail::check(ws_wake_fd(queue)); }

/** ws_pending(): the number of events that can be delivered now. */
inline int pending(ws_queue queue = 0) { return detail::check(ws_pending(queue)); }

/** ws_queue_fd(): a descriptor that is readable exactly while an event can be delivered. */
inline std::intptr_t fd(ws_queue queue = 0) { return detail::check(ws_queue_fd(queue)); }
/** ws_queue_loop_fd(): the same, for shorter round trips; it may also be readable when a poll finds nothing. */
inline std::intptr_t loop_fd(ws_queue queue = 0) { return detail::check(ws_queue_loop_fd(queue)); }
/** ws_queue_handle(): Windows' HANDLE of an event object that is set exactly while an event can be delivered. */
inline void* handle(ws_queue queue = 0) {
  void* const handle = ws_queue_handle(queue);
  if (handle == nullptr) detail::fail();
  return handle;
}
/** ws_queue_post_message(): posts a message to a window (HWND) when there is something to deliver; only on Windows. */
inline void post_message(ws_queue queue, void* window, std::uint32_t message) {
  detail::check(ws_queue_post_message(queue, window, message));
}

/** ws_queue_of(0): the calling thread's own queue, for use by other threads. */
inline ws_queue this_thread() { return detail::check(ws_queue_of(0)); }

/**
 * ws_shutdown(): closes every connection after the messages sent on it have left. False if a message
 * was dropped or the time was up; ws_last_error_message() describes it.
 *
 * @param timeout  the time limit of the whole call; forever: each connection has its own limits
 */
inline bool shutdown(std::chrono::milliseconds timeout = forever) {
  return detail::check_unless(HOSTWS_E_TIMEOUT, ws_shutdown(detail::timeout(timeout)));
}

/** ws_build_info(): version, TLS library and target of the library in use. */
inline std::string build_info() { return ws_build_info(); }

/** ws_metrics(): metrics of the process, as OpenMetrics text. */
inline std::string metrics() { return detail::copy_out(ws_metrics); }

/** ws_network_changed(): the network of the machine has changed; every connection looks whether it still works. */
inline void network_changed() { detail::check(ws_network_changed()); }

/** ws_json_get(): the value at an RFC 6901 pointer in a JSON text, if there is one. */
inline std::optional<std::string> json_get(std::string_view json, const std::string& pointer) {
  const char* const wanted = detail::text(pointer);
  const auto get = [=](char* buffer, std::int64_t size) {
    return ws_json_get(json.data(), detail::length(json), wanted, buffer, size);
  };
  if (get(nullptr, 0) == HOSTWS_E_NOT_FOUND) return {};
  return detail::copy_out(get);
}

}  // namespace hostws

#endif  // HOSTWS_HPP
