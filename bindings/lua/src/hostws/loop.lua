-- Who waits, and for what: one queue for all connections of this Lua state, their events sorted, coroutines resumed.

local native = require "hostws.native"
local abi = require "hostws.abi"
local errors = require "hostws.errors"

local loop = {}

-- A connection with more unread bytes than this is paused, so that its server waits and nothing piles up.
local MUCH = 1024 * 1024
local LINGER_SECONDS = 2
-- What a turn takes at most, so that a flood does not keep it from returning.
local BATCHES = 64

local queue
-- By id, until the end has come.
local connections = {}
-- Connections with handlers, until their end has been handled.
local listening = 0
local batch = {}
-- Where in the batch the events are that are not sorted yet, and its end. When Lua's memory runs out in the middle, the next
-- turn goes on there: each step below changes nothing before it has what it needs.
local at, stop = 1, 0
local is_sorted = true
-- The connections of the last batch.
local touched = {}

local now, huge, ceil = native.now, math.huge, math.ceil
local unpack = table.unpack or unpack
local function pack(...) return { n = select("#", ...), ... } end
loop.now = now

-- ---- lists

local function list()
  return { first = 1, last = 0 }
end

local function put(to, entry)
  to[to.last + 1] = entry
  to.last = to.last + 1
end

local function take(from)
  local entry = from[from.first]
  if entry == nil then
    from.first, from.last = 1, 0
    return nil
  end
  from[from.first] = nil
  from.first = from.first + 1
  return entry
end

-- Connections with something for their handlers, coroutines that can go on.
local to_handle, to_resume = list(), list()

-- ---- events

function loop.queue()
  if not queue then
    queue = native.queue_new()
    if queue < 0 then
      local code = queue
      queue = nil
      error(errors.of(code), 0)
    end
  end
  return queue
end

function loop.add(connection)
  connections[connection.id] = connection
end

function loop.listen(change)
  listening = listening + change
end

-- Its handlers get what has come, in the next turn.
function loop.handle(connection)
  if not connection.is_to_handle then
    put(to_handle, connection)
    connection.is_to_handle = true
  end
end

local resumed_with, waiting, deadlines = {}, {}, {}
-- No deadline is before this; those that were met may have been.
local earliest = huge

local function wake(co, result)
  resumed_with[co] = result
  put(to_resume, co)
  waiting[co], deadlines[co] = nil, nil
end

local function sort()
  for i = at, stop, 3 do
    at = i
    local connection = connections[batch[i]]
    if connection then
      if not connection.is_touched then
        touched[#touched + 1] = connection
        connection.is_touched = true
      end
      local data_type = batch[i + 2]
      if data_type > 0 then
        connection:_push(batch[i + 1], data_type)
      elseif data_type < 0 then
        connection:_lack(batch[i + 1])
      elseif connection:_on_event(batch[i + 1]) then
        connections[connection.id] = nil
      end
    end
    batch[i + 1] = false
  end
  at = stop + 1
  for i = 1, #touched do
    local connection = touched[i]
    connection.is_touched = false
    if connection.handlers then loop.handle(connection) end
    local waiters = connection.waiters
    for co in pairs(waiters) do
      if waiting[co] then wake(co, true) end
      waiters[co] = nil
    end
  end
  is_sorted = true
end

local function milliseconds(deadline)
  if deadline == huge then return -1 end
  local left = ceil((deadline - now()) * 1000)
  if left <= 0 then return 0 end
  return left < 0x7fffffff and left or 0x7fffffff
end

-- Waits until then for events, and sorts them: their number.
local function pump(deadline)
  if not is_sorted then
    sort()
    return stop / 3
  end
  for i = #touched, 1, -1 do
    local connection = touched[i]
    touched[i] = nil
    if connection.bytes > MUCH then connection:_pause() end
  end
  local count = native.receive(loop.queue(), milliseconds(deadline), batch)
  if count < 0 then
    if count ~= abi.E_IDLE or deadline == huge then error(errors.of(count), 0) end
    return 0
  end
  at, stop, is_sorted = 1, 3 * count, false
  sort()
  return count
end

-- ---- coroutines

local driven = setmetatable({}, { __mode = "k" })

function loop.spawn(f, ...)
  local arguments = pack(...)
  local co = coroutine.create(function() f(unpack(arguments, 1, arguments.n)) end)
  driven[co] = true
  put(to_resume, co)
  return co
end

-- What the coroutine waits for raises an error of kind "cancelled" there, which ends it unless it is caught.
function loop.cancel(co)
  if waiting[co] then wake(co, errors.CANCELLED) end
end

-- Waits until something has happened to the connection, or that time has come: false. In a coroutine of spawn() others
-- run meanwhile; elsewhere it blocks.
function loop.wait(connection, deadline)
  local co = coroutine.running()
  if co and driven[co] then
    waiting[co] = true
    if deadline ~= huge then
      deadlines[co] = deadline
      if deadline < earliest then earliest = deadline end
    end
    if connection then connection.waiters[co] = true end
    local result = coroutine.yield()
    if result == errors.CANCELLED then
      if connection then connection.senders[co] = nil end -- who catches the error sends no more
      error(result, 0)
    end
    return result
  end
  return pump(deadline) > 0 or now() < deadline
end

function loop.sleep(seconds)
  local deadline = now() + seconds
  while now() < deadline do
    loop.wait(nil, deadline)
  end
end

-- { error } if it has raised one.
local function resume(co)
  local result = resumed_with[co]
  resumed_with[co] = nil
  local fine, problem = coroutine.resume(co, result)
  if not fine and problem ~= errors.CANCELLED then
    -- A host may leave out a library.
    if type(problem) == "string" and debug then problem = debug.traceback(co, problem) end
    return { problem }
  end
  -- A yield that is none of ours: it goes on in the next turn.
  if coroutine.status(co) == "suspended" and not waiting[co] then put(to_resume, co) end
end

-- ---- turns

local function wake_late()
  local time = now()
  earliest = huge
  for co, deadline in pairs(deadlines) do
    if deadline <= time then
      wake(co, false)
    elseif deadline < earliest then
      earliest = deadline
    end
  end
end

-- Calls handlers and resumes coroutines, those that are there now: how many. The first error is raised when all have had
-- their turn: what has left the queue makes its descriptor readable no more, so nobody would come back for the others.
local function serve()
  local done, raised = 0, nil
  for _ = to_handle.first, to_handle.last do
    local connection = take(to_handle)
    if connection then
      connection.is_to_handle = false
      local count, problem = connection:_handle()
      done, raised = done + count, raised or problem
    end
  end
  if earliest < huge and earliest <= now() then wake_late() end
  for _ = to_resume.first, to_resume.last do
    local co = take(to_resume)
    if co then
      local problem = resume(co)
      done, raised = done + 1, raised or problem
    end
  end
  if raised then error(raised[1], 0) end
  return done
end

-- One turn: how much was done, or nil if there is nothing left to wait for.
function loop.poll(timeout)
  local done = serve()
  if done == 0 and listening == 0 and not next(waiting) then return nil end
  local deadline = 0
  if done == 0 and timeout and timeout > 0 then deadline = math.min(now() + timeout, earliest) end
  local batches = 0
  repeat
    local count = pump(deadline)
    done = done + serve()
    deadline, batches = 0, batches + 1
  until count < native.CAPACITY or batches == BATCHES
  return done
end

-- Turns until the function has ended, which runs in a coroutine: its results. Without one, until nothing is left.
function loop.run(f, ...)
  local results
  if f then
    loop.spawn(function(...)
      results = pack(f(...))
    end, ...)
  end
  repeat local done = loop.poll(huge) until results or not done
  if results then return unpack(results, 1, results.n) end
end

-- ---- the end of the Lua state

-- What was sent leaves, then the connections close, all in two seconds at most.
local function leave()
  if not queue then return end
  local deadline = now() + LINGER_SECONDS
  local function pass(over)
    while next(connections) and now() < deadline do
      local is_over = true
      for id in pairs(connections) do
        if not over(id) then is_over = false end
      end
      if is_over or native.receive(queue, 20, batch) < 0 then return end
    end
  end
  pass(function(id) return native.buffered_amount(id) <= 0 end)
  for id in pairs(connections) do native.terminate(id, 1000, "") end
  pass(function(id) return native.status(id) == "Closed" end)
  native.queue_free(queue)
  queue = nil
end

if newproxy then
  loop.sentinel = newproxy(true)
  getmetatable(loop.sentinel).__gc = leave
else
  loop.sentinel = setmetatable({}, { __gc = leave })
end

return loop
