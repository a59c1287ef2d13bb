-- hostws from LuaJIT. Without callbacks: C must not call back into code that the JIT has compiled.

local ffi = require "ffi"
local EVENTS, SECONDS = 1000000, 60

local file = assert(io.open(os.getenv "HOSTWS_DECLARATIONS"))
ffi.cdef(file:read "*a")
file:close()
local hostws = ffi.load(os.getenv "HOSTWS_SHARED_LIBRARY")

local function why()
  return ffi.string(hostws.ws_last_error_message())
end

local function open(url, options)
  local ws = hostws.ws_open(url, options, nil)
  assert(ws > 0, why())
  return ws
end

local function next_event(ws, kind)
  local event = hostws.ws_next(0, 10000)
  if event == nil then error(why()) end
  assert(event.ws == ws and event.type == kind)
  return event
end

local function data(event)
  return ffi.string(event.data, tonumber(event.length))
end

-- Open, messages, close.
local ws = open(os.getenv "HOSTWS_WS" .. "/echo", '{"headers": {"X-Test": ["one", "two"]}}')
assert(next_event(ws, hostws.HOSTWS_EVENT_OPEN).struct_size == ffi.sizeof "ws_event")
local messages = {
  { "h\195\169llo", hostws.HOSTWS_TEXT },
  { "a\0b\255", hostws.HOSTWS_BLOB },
  { "", hostws.HOSTWS_TEXT },
}
for _, message in ipairs(messages) do
  local sent, data_type = message[1], message[2]
  assert(hostws.ws_send(ws, sent, #sent, data_type) == hostws.HOSTWS_OK, why())
  local event = next_event(ws, hostws.HOSTWS_EVENT_MESSAGE)
  assert(data(event) == sent and event.data_type == data_type)
end
assert(hostws.ws_terminate(ws, 0, "bye") == hostws.HOSTWS_OK)
local event = next_event(ws, hostws.HOSTWS_EVENT_TERMINATE)
assert(event.code == 1000 and ffi.string(event.reason) == "bye" and event.was_clean == 1)
assert(hostws.ws_status(ws) == hostws.HOSTWS_CLOSED)

-- Nobody is there.
ws = open(os.getenv "HOSTWS_NOBODY", nil)
event = next_event(ws, hostws.HOSTWS_EVENT_ERROR)
assert(event.error_count > 1 and event.errors[0].code == hostws.HOSTWS_E_OPEN)
assert(ffi.string(event.errors[0].component) == "ws")
assert(next_event(ws, hostws.HOSTWS_EVENT_TERMINATE).code == 1006)

-- A call that fails says why.
assert(hostws.ws_open("ws://127.0.0.1", '{"tls_cat": 1}', nil) == hostws.HOSTWS_E_OPTION)
assert(why():find "tls_cat")

-- A million events, in order. Each begins with its number and a colon.
assert(jit.status(), "the JIT is off")
ws = open(os.getenv "HOSTWS_WS" .. "/flood?n=" .. EVENTS .. "&size=32", nil)
local began = next_event(ws, hostws.HOSTWS_EVENT_OPEN).time_us
for expected = 0, EVENTS - 1 do
  event = next_event(ws, hostws.HOSTWS_EVENT_MESSAGE)
  local number, at = 0, 0
  while event.data[at] ~= 58 do
    number, at = number * 10 + event.data[at] - 48, at + 1
  end
  if number ~= expected then error("message " .. number .. " instead of " .. expected) end
end
assert(require "jit.util".traceinfo(1), "the JIT has compiled nothing")
assert(hostws.ws_terminate(ws, 0, nil) == hostws.HOSTWS_OK)
event = next_event(ws, hostws.HOSTWS_EVENT_TERMINATE)
assert(event.code == 1000 and event.was_clean == 1)

local seconds = tonumber(event.time_us - began) / 1e6
print(("%d events in %.2f s"):format(EVENTS, seconds))
assert(seconds < SECONDS)
