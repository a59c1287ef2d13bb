-- The library through LuaJIT's FFI. core.c is the same for other Luas: the same functions, the same results.

local ffi = require "ffi"
local abi = require "hostws.abi"

-- The program may know the header already.
if not pcall(ffi.typeof, "ws_event") then ffi.cdef(abi.DECLARATIONS) end

local NAME = ({ Windows = "hostws.dll", OSX = "libhostws.0.dylib" })[ffi.os] or "libhostws.so.0"

-- Beside this module, as the rock has it, or where the system looks.
local function load()
  for template in (package.cpath .. ";" .. package.path):gmatch "[^;]+" do
    local folder = template:match "^(.-)%?"
    local path = folder and folder .. "hostws/" .. NAME
    local file = path and io and io.open(path, "rb")
    if file then
      file:close()
      return ffi.load(path)
    end
  end
  return ffi.load(NAME)
end

local library = load()
local native = {}

-- ---- time

if ffi.os == "Windows" then
  pcall(ffi.cdef, "uint64_t GetTickCount64(void);")
  function native.now()
    return tonumber(ffi.C.GetTickCount64()) / 1000
  end
else
  pcall(ffi.cdef, "struct hostws_timespec { long seconds, nanoseconds; };")
  pcall(ffi.cdef, "int clock_gettime(int clock, void *time);")
  local time = ffi.new "struct hostws_timespec"
  -- The program may have declared it with a type of its own.
  local clock_gettime = ffi.cast("int (*)(int, void *)", ffi.C.clock_gettime)
  local MONOTONIC = ffi.os == "OSX" and 6 or 1
  function native.now()
    clock_gettime(MONOTONIC, time)
    return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
  end
end

-- ---- calls

local words = ffi.new("char[?]", 1024)

function native.last_words()
  return ffi.string(library.ws_last_error_message())
end

function native.open(url, options)
  local id = library.ws_open_ex(url, options, nil, words, 1024)
  return id, ffi.string(words)
end

function native.send(id, data, data_type)
  return library.ws_send(id, data, #data, data_type)
end

function native.ping(id, data)
  return library.ws_ping(id, data, #data)
end

function native.answer(id, question, value)
  return library.ws_answer(id, question, value, #value)
end

function native.status(id)
  return ffi.string(library.ws_status_name(library.ws_status(id)))
end

function native.buffered_amount(id)
  return tonumber(library.ws_buffered_amount(id))
end

function native.fd(queue)
  return tonumber(library.ws_queue_fd(queue))
end

function native.library_version()
  return ffi.string(library.ws_version())
end

function native.pause(id, paused) return library.ws_pause(id, paused) end
function native.terminate(id, code, reason) return library.ws_terminate(id, code, reason) end
function native.abort(id) return library.ws_abort(id) end
function native.set_header(id, name, value) return library.ws_set_header(id, name, value) end
function native.set_url(id, url) return library.ws_set_url(id, url) end
function native.response_status(id) return library.ws_response_status(id) end
function native.queue_new() return library.ws_queue_new() end
function native.queue_free(queue) return library.ws_queue_free(queue) end

-- ---- texts

for _, name in ipairs { "url", "subprotocol", "explain", "response_body" } do
  local copy = library["ws_" .. name]
  native[name] = function(id)
    local size = 1024
    while true do
      local buffer = ffi.new("char[?]", size)
      local length = tonumber(copy(id, buffer, size))
      if length < 0 then return nil end
      if length < size then return ffi.string(buffer, length) end
      size = length + 1
    end
  end
end

function native.response_headers(id)
  local name, value = ffi.new("char[?]", 256), ffi.new("char[?]", 65536)
  local headers = {}
  while true do
    local length = tonumber(library.ws_response_header_at(id, #headers, name, 256, value, 65536))
    if length < 0 then return headers end
    headers[#headers + 1] = { ffi.string(name), ffi.string(value, math.min(length, 65535)) }
  end
end

-- ---- events

local CAPACITY = 256
local EVENT_SIZE = ffi.sizeof "ws_event"
local EVENT_MESSAGE = abi.EVENT_MESSAGE
local events = ffi.new("ws_event[?]", CAPACITY)
native.CAPACITY = CAPACITY

local function table_of(event)
  local stack = {}
  for i = 0, event.error_count - 1 do
    local entry = event.errors[i]
    stack[i + 1] = {
      code = entry.code, component = ffi.string(entry.component), message = ffi.string(entry.message),
    }
  end
  return {
    type = ffi.string(library.ws_event_name(event.type)),
    code = event.code,
    reason = event.reason ~= nil and ffi.string(event.reason) or "",
    was_clean = event.was_clean ~= 0,
    errors = stack,
    delay = tonumber(event.delay_ms) / 1000,
    round_trip = tonumber(event.round_trip_us) / 1e6,
    data = event.data ~= nil and ffi.string(event.data, tonumber(event.length)) or "",
    flags = event.flags,
  }
end

-- How many were fetched, and how many of them are in the batch.
local fetched, copied = 0, 0

local function copy_events(batch)
  while copied < fetched do
    local event, at = events[copied], 3 * copied
    batch[at + 1] = event.ws
    if event.type == EVENT_MESSAGE then
      batch[at + 2] = ffi.string(event.data, tonumber(event.length))
      batch[at + 3] = event.data_type
    else
      batch[at + 2] = table_of(event)
      batch[at + 3] = 0
    end
    copied = copied + 1
  end
end

local NO_MEMORY = { ["not enough memory"] = true, ["string length overflow"] = true }

-- Waits for events, and puts three values for each into `batch`: the id; the message, or a table; the message's data
-- type, or 0. For a message for which there is no memory they are the id, its size and -1. Returns their number, or a
-- negative code. After an error the next call goes on where this one was.
function native.receive(queue, timeout_ms, batch)
  if copied == fetched then
    events[0].struct_size = EVENT_SIZE
    local count = library.ws_next_batch(queue, events, CAPACITY, timeout_ms)
    fetched, copied = math.max(0, count), 0
    if count <= 0 then return count end
  end
  while copied < fetched do
    local fine, problem = pcall(copy_events, batch)
    if not fine then
      local event, at = events[copied], 3 * copied
      if not NO_MEMORY[problem] or event.type ~= EVENT_MESSAGE then error(problem, 0) end
      batch[at + 2], batch[at + 3] = tonumber(event.length), -1
      copied = copied + 1
    end
  end
  return fetched
end

-- Compiled code sees no signal (Ctrl-C), and this is where a program waits.
jit.off(native.receive)

return native
