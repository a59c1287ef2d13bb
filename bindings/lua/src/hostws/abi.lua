-- The declarations and constants of hostws.h. Written by bindings/generate.py; do not edit.

return {
  VERSION = "0.1.0",
  DECLARATIONS = [[
typedef int32_t ws_id;
typedef int32_t ws_queue;
typedef struct ws_error { int32_t code; const char *message; const char *component; } ws_error;
typedef struct ws_event { uint32_t struct_size; int32_t type; ws_id ws; int32_t data_type; const char *data; int64_t length; const struct ws_error *errors; int32_t error_count; int32_t code; const char *reason; int32_t was_clean; uint32_t flags; uint64_t time_us; void *user_data; uint64_t round_trip_us; int64_t delay_ms; } ws_event;
ws_id ws_open_ex(const char *url, const char *options_json, void *user_data, char *words, int64_t size);
int32_t ws_send(ws_id ws, const void *data, int64_t length, int32_t data_type);
int32_t ws_ping(ws_id ws, const void *data, int32_t length);
int32_t ws_pause(ws_id ws, int32_t paused);
int32_t ws_answer(ws_id ws, int32_t question, const char *value, int64_t length);
int32_t ws_terminate(ws_id ws, int32_t code, const char *reason);
int32_t ws_abort(ws_id ws);
int32_t ws_status(ws_id ws);
const char *ws_status_name(int32_t status);
int64_t ws_buffered_amount(ws_id ws);
int32_t ws_set_header(ws_id ws, const char *name, const char *value);
int32_t ws_set_url(ws_id ws, const char *url);
int64_t ws_url(ws_id ws, char *buffer, int64_t size);
int64_t ws_subprotocol(ws_id ws, char *buffer, int64_t size);
int32_t ws_response_status(ws_id ws);
int64_t ws_response_header_at(ws_id ws, int32_t index, char *name, int64_t name_size, char *value, int64_t value_size);
int64_t ws_response_body(ws_id ws, char *buffer, int64_t size);
int64_t ws_explain(ws_id ws, char *buffer, int64_t size);
int32_t ws_next_batch(ws_queue queue, struct ws_event *events, int32_t capacity, int32_t timeout_ms);
ws_queue ws_queue_new(void);
int32_t ws_queue_free(ws_queue queue);
intptr_t ws_queue_fd(ws_queue queue);
const char *ws_event_name(int32_t type);
const char *ws_last_error_message(void);
const char *ws_version(void);
]],
  VERSION_NUMBER = 256,
  OK = 0,
  E_ARGUMENT = -1,
  E_URL = -2,
  E_OPTION = -3,
  E_STRUCT = -4,
  E_NO_SUCH_ID = -5,
  E_CLOSED = -6,
  E_AGAIN = -7,
  E_TOO_BIG = -8,
  E_UTF8 = -9,
  E_JSON = -10,
  E_TIMEOUT = -11,
  E_IDLE = -12,
  E_BUSY = -13,
  E_WRONG_THREAD = -14,
  E_REENTRANT = -15,
  E_FORKED = -16,
  E_SHUTDOWN = -17,
  E_RESOURCES = -18,
  E_INTERNAL = -19,
  E_NOT_FOUND = -20,
  E_DNS = -21,
  E_TCP = -22,
  E_TLS = -23,
  E_HTTP = -24,
  E_PROTOCOL = -25,
  E_OPEN = -26,
  E_LOST = -27,
  E_PROXY = -28,
  CONNECTING = 0,
  CONNECTED = 1,
  CLOSING = 2,
  CLOSED = 3,
  TEXT = 1,
  BLOB = 2,
  OBJECT = 3,
  EVENT_OPEN = 1,
  EVENT_MESSAGE = 2,
  EVENT_ERROR = 3,
  EVENT_TERMINATE = 4,
  EVENT_DRAIN = 5,
  EVENT_PONG = 6,
  EVENT_WARNING = 7,
  EVENT_RECONNECTING = 8,
  EVENT_RECONNECTED = 9,
  EVENT_ASK = 10,
  EVENT_SENT = 11,
  EVENT_EXPIRED = 12,
  FIRST = 1,
  LAST = 2,
  ASK_CERTIFICATE = 1,
  ASK_CREDENTIALS = 2,
  ASK_RECONNECT = 4,
  MORE = 1,
  NO_COMPRESS = 2,
  NOTIFY = 4,
  TLS_VERIFY_FULL = 0,
  TLS_VERIFY_NO_HOSTNAME = 1,
  TLS_VERIFY_NONE = -1,
  TLS_1_0 = 10,
  TLS_1_1 = 11,
  TLS_1_2 = 12,
  TLS_1_3 = 13,
  IP_ANY = 0,
  IP_V4 = 4,
  IP_V6 = 6,
  RECONNECT_LOST = 0,
  RECONNECT_ANY = 1,
  LOG_OFF = 0,
  LOG_ERROR = 1,
  LOG_WARNING = 2,
  LOG_INFO = 3,
  LOG_DEBUG = 4,
  LOG_TRACE = 5,
}
