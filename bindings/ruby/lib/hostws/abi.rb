# frozen_string_literal: true

# Written by bindings/generate.py; do not edit.

module Hostws
  # The constants and structs of hostws.h.
  module ABI
    VERSION_NUMBER = 256
    OK = 0
    E_ARGUMENT = -1
    E_URL = -2
    E_OPTION = -3
    E_STRUCT = -4
    E_NO_SUCH_ID = -5
    E_CLOSED = -6
    E_AGAIN = -7
    E_TOO_BIG = -8
    E_UTF8 = -9
    E_JSON = -10
    E_TIMEOUT = -11
    E_IDLE = -12
    E_BUSY = -13
    E_WRONG_THREAD = -14
    E_REENTRANT = -15
    E_FORKED = -16
    E_SHUTDOWN = -17
    E_RESOURCES = -18
    E_INTERNAL = -19
    E_NOT_FOUND = -20
    E_DNS = -21
    E_TCP = -22
    E_TLS = -23
    E_HTTP = -24
    E_PROTOCOL = -25
    E_OPEN = -26
    E_LOST = -27
    E_PROXY = -28
    CONNECTING = 0
    CONNECTED = 1
    CLOSING = 2
    CLOSED = 3
    TEXT = 1
    BLOB = 2
    OBJECT = 3
    EVENT_OPEN = 1
    EVENT_MESSAGE = 2
    EVENT_ERROR = 3
    EVENT_TERMINATE = 4
    EVENT_DRAIN = 5
    EVENT_PONG = 6
    EVENT_WARNING = 7
    EVENT_RECONNECTING = 8
    EVENT_RECONNECTED = 9
    EVENT_ASK = 10
    EVENT_SENT = 11
    EVENT_EXPIRED = 12
    FIRST = 1
    LAST = 2
    ASK_CERTIFICATE = 1
    ASK_CREDENTIALS = 2
    ASK_RECONNECT = 4
    MORE = 1
    NO_COMPRESS = 2
    NOTIFY = 4
    TLS_VERIFY_FULL = 0
    TLS_VERIFY_NO_HOSTNAME = 1
    TLS_VERIFY_NONE = -1
    TLS_1_0 = 10
    TLS_1_1 = 11
    TLS_1_2 = 12
    TLS_1_3 = 13
    IP_ANY = 0
    IP_V4 = 4
    IP_V6 = 6
    RECONNECT_LOST = 0
    RECONNECT_ANY = 1
    LOG_OFF = 0
    LOG_ERROR = 1
    LOG_WARNING = 2
    LOG_INFO = 3
    LOG_DEBUG = 4
    LOG_TRACE = 5

    ERROR_FORMAT = "lxxxxJJ"
    ERROR_SIZE = 24
    EVENT_FORMAT = "LlllJqJllJlLQJQq"
    EVENT_SIZE = 96
  end
end
