-- The driver for Lua: driver.lua blocking|coroutines. ../README.md says what it is told, and what it answers.

local hostws = require "hostws"
local native = require "hostws.native"

local in_coroutine = arg[1] == "coroutines"
local connections, events, objects = {}, {}, {}
local EVENTS = { "reconnecting", "reconnected", "pong", "drain", "warning" }

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function bytes_of(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function components(err)
  local names = {}
  for i, cause in ipairs(err.errors or {}) do names[i] = cause.component end
  return table.concat(names, ",")
end

local function value(headers, name)
  for _, header in ipairs(headers) do
    if header[1]:lower() == name then return header[2] end
  end
  return ""
end

local function told(err)
  if type(err) ~= "table" then return "error", tostring(err) end
  if err.kind == "option" or err.kind == "message" then return "refused", err.message end
  if err.kind == "open" then
    return "failed", err.status or 0, components(err), hex(err.body), err.message, value(err.headers, "www-authenticate")
  end
  if err.kind == "closed" then
    return "closed", err.code, err.was_clean and "yes" or "no", hex(err.reason), components(err)
  end
  if err.kind == "timeout" then return "timeout" end
  return "error", err.message
end

local function ended(name)
  local message, kind
  repeat message, kind = connections[name]:receive() until message == nil
  return told(kind)
end

local commands = {}

function commands.open(name, url, ...)
  local options, headers, on = {}, {}, {}
  for _, option in ipairs { ... } do
    local key, sign, value = option:match "^([%w_]+)([=:])(.*)$"
    if key == "headers" then
      local header, text = value:match "^(.-): (.*)$"
      headers[header] = headers[header] or {}
      table.insert(headers[header], text)
    else
      options[key] = sign == "=" and tonumber(value) or value
    end
  end
  events[name], objects[name] = {}, options.data_type == "object"
  for _, event in ipairs(EVENTS) do
    on[event] = function() table.insert(events[name], event) end
  end
  options.headers, options.on = headers, on
  local ws, err = hostws.connect(url, options)
  if not ws then return told(err) end
  connections[name] = ws
  return "open"
end

function commands.send(name, kind, payload)
  local data = bytes_of(payload)
  local sent, err = connections[name]:send(kind == "object" and hostws.json.decode(data) or data, kind)
  if sent then return "sent" end
  return told(err)
end

function commands.recv(name, ms)
  local message, kind = connections[name]:receive(ms / 1000)
  if message == nil then return told(kind) end
  return kind, hex(kind == "object" and hostws.json.encode(message) or message)
end

function commands.echo(name, kind, size)
  local message = ("abcdefghijklmnopqrstuvw"):rep(math.floor(size / 23) + 1):sub(1, tonumber(size))
  local sent, err = connections[name]:send(message, kind)
  if not sent then return told(err) end
  local answer, answer_kind = connections[name]:receive(30)
  if answer == nil then return told(answer_kind) end
  return answer == message and answer_kind == kind and "same" or "different"
end

function commands.flood(name, count)
  for expected = 0, count - 1 do
    local message, err = connections[name]:receive()
    if message == nil then return told(err) end
    local number = message:match "^(%d+):"
    if tonumber(number) ~= expected then return "different", number .. " instead of " .. expected end
  end
  return "ordered"
end

function commands.mirror(name)
  local ws = connections[name]
  while true do
    local message, kind = ws:receive()
    if message == nil then return told(kind) end
    if not ws:send(message, kind) then return ended(name) end
  end
end

function commands.close(name, code, reason)
  connections[name]:close(tonumber(code), bytes_of(reason))
  return ended(name)
end

function commands.abort(name)
  connections[name]:abort()
  return ended(name)
end

function commands.await(name, event, ms)
  local deadline = native.now() + ms / 1000
  while native.now() < deadline do
    for i, seen in ipairs(events[name]) do
      if seen == event then
        table.remove(events[name], i)
        return event
      end
    end
    connections[name]:receive(0.01)
  end
  return "timeout"
end

function commands.ping(name, payload)
  connections[name]:ping(bytes_of(payload))
  return "sent"
end

function commands.get(name, fact)
  local wanted = fact:match "^header:(.*)"
  if not wanted then return connections[name][fact](connections[name]) or "" end
  return value(connections[name]:response_headers(), wanted)
end

-- In coroutines, turns of the loop go on meanwhile.
function commands.sleep(ms)
  hostws.sleep(ms / 1000)
  return "slept"
end

function commands.cancel(name)
  if not in_coroutine then return "unsupported" end
  local reason
  local waiting = hostws.spawn(function()
    local _, err = pcall(connections[name].receive, connections[name])
    reason = err.kind
  end)
  hostws.sleep(0.05)
  hostws.cancel(waiting)
  hostws.sleep(0.001)
  return reason or "waiting"
end

function commands.interrupt(name)
  print "waiting"
  local _, err = connections[name]:receive()
  return told(err)
end

local function answer(line)
  local fields = {}
  for field in (line .. "\t"):gmatch "([^\t]*)\t" do fields[#fields + 1] = field end
  local command = commands[table.remove(fields, 1)]
  if not command then return "unsupported" end
  local results = { pcall(command, (table.unpack or unpack)(fields)) }
  if table.remove(results, 1) then return (table.unpack or unpack)(results) end
  if tostring(results[1]):find "interrupted!" then os.exit(130) end
  return told(results[1])
end

local function serve()
  for line in io.lines() do
    if line == "exit" then return end
    local results = { answer(line) }
    for i = 1, #results do results[i] = (tostring(results[i]):gsub("%s+", " ")) end
    print(table.concat(results, "\t"))
  end
end

io.stdout:setvbuf "line"
if in_coroutine then hostws.run(serve) else serve() end
