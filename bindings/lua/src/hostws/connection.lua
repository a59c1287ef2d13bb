-- One connection: what has come and was not read yet, its handlers, and the ways to read and send.

local native = require "hostws.native"
local abi = require "hostws.abi"
local errors = require "hostws.errors"
local json = require "hostws.json"
local loop = require "hostws.loop"

local LITTLE = 256 * 1024
-- The close code of RFC 6455.
local MESSAGE_TOO_BIG = 1009

local KINDS = { [abi.TEXT] = "text", [abi.BLOB] = "blob", [abi.OBJECT] = "object" }
local DATA_TYPES = { text = abi.TEXT, blob = abi.BLOB, object = abi.OBJECT }
local EVENTS = {
  open = true, message = true, error = true, terminate = true, drain = true, pong = true, warning = true,
  reconnecting = true, reconnected = true, ask = true, sent = true, expired = true,
}

-- Lua 5.1 has no coroutine for the main program.
local MAIN = {}
local WEAK = { __mode = "k" }

local Connection = { __name = "hostws.connection" }
Connection.__index = Connection

local function refuse(words)
  error(errors.new("option", words), 0)
end

-- C ends a text at a NUL, and the library would never see the rest.
local function no_nul(name, value)
  if type(value) ~= "string" then refuse(name .. " is no string") end
  if value:find("\0", 1, true) then refuse(name .. " contains a NUL") end
  return value
end

-- C would take the lower 32 bits, or what is before the point.
local function int(name, value)
  if type(value) ~= "number" or value % 1 ~= 0 or value < -0x80000000 or value > 0x7fffffff then
    refuse(name .. " is no whole number of 32 bits")
  end
  return value
end

local function deadline_of(timeout)
  if timeout ~= timeout then refuse("the time limit is no number") end
  return timeout and loop.now() + timeout or math.huge
end

-- ---- opening

-- Options of this package are taken out; the others are the library's, which knows their names.
local function json_options(options, own)
  local given = {}
  for name, value in pairs(options) do
    if own[name] == nil then given[name] = value end
  end
  if given.stream_threshold then refuse "stream_threshold: this package delivers whole messages only" end
  if given.headers and next(given.headers) == nil then given.headers = nil end
  if options.reconnect and not given.reconnect_max then
    given.reconnect_max = options.reconnect == true and -1 or options.reconnect
  end
  given.queue = loop.queue()
  local fine, text = pcall(json.encode, given)
  if not fine then refuse("options: " .. tostring(text)) end
  return text
end

local OWN = { encode = true, decode = true, reconnect = true, on = true }

function Connection.open(url, options)
  if type(url) ~= "string" then refuse "the URL is not a string" end
  options = options or {}
  local self = setmetatable({
    -- What came, from `head` to before `tail`: a message and its type, or an event and 0.
    items = {}, types = {}, head = 1, tail = 1, bytes = 0,
    data_type = DATA_TYPES[options.data_type] or abi.TEXT,
    encode = options.encode or json.encode, decode = options.decode or json.decode,
    errors = {}, drained = 0,
    -- The coroutines that wait for an event, and those that wait for room in the send queue; one that is gone does not count.
    waiters = setmetatable({}, WEAK), senders = setmetatable({}, WEAK),
  }, Connection)
  local id, words = native.open(no_nul("the URL", url), json_options(options, OWN))
  if id == abi.E_JSON or id == abi.E_UTF8 then refuse(words) end
  if id < 0 then error(errors.of(id, words), 0) end
  self.id = id
  loop.add(self)
  for event, handler in pairs(options.on or {}) do self:on(event, handler) end
  return self
end

-- Waits until the connection is open: it, or nil and why it is not.
function Connection:wait_open(timeout)
  local deadline = deadline_of(timeout)
  while true do
    self:_handle_events()
    if self.is_open then return self end
    if self.ended then return nil, self.ended end
    if not loop.wait(self, deadline) then return nil, errors.TIMEOUT end
  end
end

-- ---- handlers

-- Calls f(connection, event), or f(connection, message, kind) for "message". One function for each event; nil removes it.
function Connection:on(event, f)
  if not EVENTS[event] then refuse("there is no event " .. tostring(event)) end
  if f ~= nil and type(f) ~= "function" then refuse("the handler of " .. event .. " is not a function") end
  if not self.handlers then
    self.handlers = {}
    if not self.ended then loop.listen(1) end
  end
  self.handlers[event] = f
  if self.head < self.tail then loop.handle(self) end
  return self
end

function Connection:_pop()
  local head = self.head
  local item, data_type = self.items[head], self.types[head]
  self.items[head] = nil
  head = head + 1
  if head == self.tail then
    self.head, self.tail = 1, 1
  else
    self.head = head
  end
  if data_type ~= 0 then
    self.bytes = self.bytes - #item
    if self.is_paused and self.bytes < LITTLE then self:_resume() end
  end
  return item, data_type
end

function Connection:_decoded(item, data_type)
  if data_type == abi.OBJECT then item = self.decode(item) end
  return item, KINDS[data_type]
end

-- The events before the next message: how many.
function Connection:_handle_events()
  local done = 0
  while self.head < self.tail and self.types[self.head] == 0 do
    local event = self:_pop()
    local handler = self.handlers and self.handlers[event.type]
    if handler then handler(self, event) end
    done = done + 1
  end
  return done
end

local function handle(self)
  local done = 0
  while true do
    done = done + self:_handle_events()
    local handler = self.handlers.message
    if not handler or self.head == self.tail then return done end
    handler(self, self:_decoded(self:_pop()))
    done = done + 1
  end
end

-- A turn inside a handler calls no other handler of its connection. How much was done; and { error }, the first that a
-- handler has raised. The others are called all the same.
function Connection:_handle()
  if self.is_handling then return 0 end
  local raised
  self.is_handling = true
  local fine, result = pcall(handle, self)
  while not fine do
    raised = raised or { result }
    fine, result = pcall(handle, self)
  end
  self.is_handling = false
  return result, raised
end

-- ---- what the loop brings

function Connection:_push(message, data_type)
  if self.lack then return end
  local tail = self.tail
  self.items[tail], self.types[tail] = message, data_type
  self.tail = tail + 1
  self.bytes = self.bytes + #message
end

function Connection:_push_event(event)
  local tail = self.tail
  self.items[tail], self.types[tail] = event, 0
  self.tail = tail + 1
end

-- There is no memory for a message: the connection ends, as it does in the library. Of what comes behind it only the end
-- is looked at.
function Connection:_lack(bytes)
  if self.lack then return end
  self.lack = ("there is no memory for a message of %d bytes"):format(bytes)
  native.abort(self.id)
end

-- Keeps what the event says of the connection: true if it was the last.
function Connection:_on_event(event)
  local kind = event.type
  if self.lack then
    if kind ~= "terminate" then return false end
    self.errors = { { code = abi.E_RESOURCES, component = "ws", message = self.lack } }
    event.code = MESSAGE_TOO_BIG
  end
  if kind == "error" then
    -- Its handler is told with the end, when all is known that belongs to it.
    self.errors = event.errors
    return false
  elseif kind == "open" then
    self.is_open = true
  elseif kind == "drain" then
    self.drained = self.drained + 1
  elseif kind == "terminate" then
    -- The library knows it until the end.
    self.last = {
      url = self:url(), subprotocol = self:subprotocol(), response_headers = self:response_headers(),
      buffered_amount = self:buffered_amount(),
    }
    self.ended = self.is_open and errors.closed(event, self.errors) or errors.open(self.id, event, self.errors)
    self.ended.type = "error"
    if #self.errors > 0 then self:_push_event(self.ended) end
  end
  self:_push_event(event)
  if self.ended and self.handlers then loop.listen(-1) end
  return self.ended ~= nil
end

function Connection:_pause()
  if not self.is_paused and not next(self.senders) and not self.ended then
    self.is_paused = true
    native.pause(self.id, 1)
  end
end

function Connection:_resume()
  self.is_paused = false
  native.pause(self.id, 0)
end

-- ---- reading

-- The next message and its kind; or nil and an error: the time is up, or the connection has ended.
function Connection:receive(timeout)
  local deadline
  while true do
    if self.head < self.tail then
      if self.types[self.head] ~= 0 then
        return self:_decoded(self:_pop())
      end
      self:_handle_events()
    elseif self.ended then
      return nil, self.ended
    else
      deadline = deadline or deadline_of(timeout)
      if not loop.wait(self, deadline) then return nil, errors.TIMEOUT end
    end
  end
end

local function next_message(self)
  local message, kind = self:receive()
  if message == nil and not self.ended.was_clean then error(kind, 0) end
  return message, kind
end

-- `for message, kind in ws:messages() do`, until the connection ends; raises the error if that was not cleanly.
function Connection:messages()
  return next_message, self
end

-- ---- sending

-- `kind` is "text", "blob" or "object"; nil is the connection's own. An object is a table, or a string of JSON.
-- True; or nil and an error. Waits only while the send queue is full.
function Connection:send(data, kind, timeout)
  local data_type = self.data_type
  if kind ~= nil then
    data_type = DATA_TYPES[kind] or refuse("there is no kind of message " .. tostring(kind))
  end
  if type(data) ~= "string" then
    if data_type ~= abi.OBJECT then refuse("a message of type " .. type(data) .. " can only be sent as an object") end
    data = self.encode(data)
  end
  local result = native.send(self.id, data, data_type)
  if result == 0 then return true end
  if result == abi.E_AGAIN then
    local sender = coroutine.running() or MAIN
    self.senders[sender] = true
    result = self:_send_later(data, data_type, deadline_of(timeout))
    self.senders[sender] = nil
    if result == 0 then return true end
    if result == abi.E_AGAIN then return nil, errors.TIMEOUT end
  end
  return self:_failed(result)
end

function Connection:_send_later(data, data_type, deadline)
  -- What comes meanwhile is kept: an echo server reads no more until somebody reads.
  if self.is_paused then self:_resume() end
  while true do
    local drained = self.drained
    local result = native.send(self.id, data, data_type)
    if result ~= abi.E_AGAIN then return result end
    while self.drained == drained and not self.ended do
      if not loop.wait(self, deadline) then return result end
    end
  end
end

function Connection:_failed(result)
  if result == abi.E_CLOSED and self.ended then return nil, self.ended end
  return nil, errors.of(result)
end

function Connection:_checked(result)
  if result >= 0 then return true end
  return self:_failed(result)
end

-- The answer comes to the handler of "pong".
function Connection:ping(data)
  return self:_checked(native.ping(self.id, data or ""))
end

-- ---- the end

-- Closes politely: what was sent leaves, and the server answers. Returns when that is over: true, or nil and an error if
-- the server did not confirm it.
function Connection:close(code, reason)
  local result = native.terminate(self.id, int("the code", code or 1000), no_nul("the reason", reason or ""))
  if result < 0 and result ~= abi.E_CLOSED then error(errors.of(result), 0) end
  while not self.ended do loop.wait(self, math.huge) end
  -- No message is read after this; handlers still learn how it ended.
  while self.head < self.tail do
    if self.types[self.head] == 0 then self:_handle_events() else self:_pop() end
  end
  if self.ended.was_clean then return true end
  return nil, self.ended
end

Connection.__close = function(self)
  self:close()
end

-- Drops the connection and what waits to be sent.
function Connection:abort()
  native.abort(self.id)
  return true
end

-- ---- what it is

-- "Connecting", "Connected", "Closing" or "Closed".
function Connection:status()
  return native.status(self.id)
end

function Connection:url()
  if self.last then return self.last.url end
  return native.url(self.id)
end

-- The one that the server chose, or nil.
function Connection:subprotocol()
  if self.last then return self.last.subprotocol end
  local name = native.subprotocol(self.id)
  return name ~= "" and name or nil
end

-- Those of the server's answer to the upgrade: an array of { name, value }.
function Connection:response_headers()
  if self.last then return self.last.response_headers end
  return native.response_headers(self.id)
end

-- Bytes that were accepted and have not left; after the end, those that never left.
function Connection:buffered_amount()
  if self.last then return self.last.buffered_amount end
  return math.max(0, native.buffered_amount(self.id))
end

-- All that has happened to this connection, as a table.
function Connection:explain()
  local text = native.explain(self.id)
  return text and json.decode(text)
end

-- ---- of a connection with `reconnect` or `ask`

-- For the next attempt, such as a fresh token; nil removes it.
function Connection:set_header(name, value)
  return self:_checked(native.set_header(self.id, no_nul("the name", name), value and no_nul("the value", value)))
end

function Connection:set_url(url)
  return self:_checked(native.set_url(self.id, no_nul("the URL", url)))
end

-- Answers an event "ask"; `question` is its code.
function Connection:answer(question, value)
  return self:_checked(native.answer(self.id, int("the question", question), value))
end

return Connection
