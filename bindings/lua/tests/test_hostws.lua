-- The package as it was installed, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens.

local hostws = require "hostws"
local native = require "hostws.native"

local WS = assert(os.getenv "HOSTWS_WS")
local NOBODY = assert(os.getenv "HOSTWS_NOBODY")
local FOLDER = arg[0]:match "^(.*)tests/[^/]*$" or "./"
local INTERPRETER = arg[-1]
-- For a test that looks at the end: a server that is slow is no server that does not answer.
local PATIENT = { close_timeout_ms = 60000 }
-- Only Lua 5.1 itself cannot yield inside pcall() and the iterator of a for loop.
local yields_anywhere = jit or _VERSION ~= "Lua 5.1"

local tests = {}

local function same(given, wanted)
  if given ~= wanted then error(("%s, not %s"):format(tostring(given), tostring(wanted)), 2) end
end

local function raises(kind, words, f, ...)
  local fine, err = pcall(f, ...)
  if fine then error("no error was raised", 2) end
  same(type(err), "table")
  same(err.kind, kind)
  if not tostring(err):find(words, 1, true) then error(("%q lacks %q"):format(tostring(err), words), 2) end
end

local function connect(path, options)
  return assert(hostws.connect(WS .. path, options))
end

-- Takes `count` messages, which `check(message, number)` knows by their numbers from 1, though receive() raises in between;
-- `check_failure` gets what it raises.
local function take_through_failures(ws, count, check, check_failure)
  local number, failed = 0, 0
  while number < count do
    local fine, message = pcall(ws.receive, ws, 30)
    if fine then
      number = number + 1
      check(message, number)
    else
      check_failure(message)
      failed = failed + 1
    end
  end
  assert(failed > 0)
  ws:close()
end

-- Another interpreter that runs that text with the arguments: its output.
local function program(text, ...)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen(table.concat({ INTERPRETER, path, ... }, " ") .. " 2>&1"))
  local output = pipe:read "*a"
  pipe:close()
  os.remove(path)
  return output
end

-- ---- reading and sending

function tests.messages_come_back_as_they_were_sent()
  local ws = connect("/echo", PATIENT)
  local messages = { { "h\195\169llo", "text" }, { "a\0b\255", "blob" }, { "", "text" }, { ("x"):rep(1024 * 1024), "blob" } }
  for _, each in ipairs(messages) do
    assert(ws:send(each[1], each[2]))
    local message, kind = ws:receive(30)
    assert(message == each[1])
    same(kind, each[2])
  end
  same(ws:close(), true)
  same(ws:close(), true)
end

function tests.a_table_is_sent_as_an_object()
  local ws = connect("/echo", { data_type = "object" })
  assert(ws:send { price = 1.5, names = hostws.array {}, none = hostws.null })
  local message, kind = ws:receive(30)
  same(kind, "object")
  same(message.price, 1.5)
  same(message.none, hostws.null)
  same(hostws.json.encode(message.names), "[]")
  assert(ws:send '{"as": "text"}')
  same(ws:receive(30).as, "text")
  ws:close()
  ws = connect "/echo"
  raises("option", "object", ws.send, ws, {})
  ws:close()
end

function tests.another_json_can_be_named()
  local function encode(value) return '{"said":"' .. value.word .. '"}' end
  local function decode(text) return { text = text } end
  local ws = connect("/echo", { data_type = "object", encode = encode, decode = decode })
  assert(ws:send { word = "x" })
  same(ws:receive(30).text, '{"said":"x"}')
  ws:close()
end

function tests.what_cannot_be_sent_is_told()
  local ws = connect("/echo", { send_queue_max = 1000 })
  local sent, err = ws:send "\255"
  same(sent, nil)
  same(err.kind, "message")
  same(select(2, ws:send(("x"):rep(2000))).kind, "message")
  same(select(2, ws:send("{", "object")).kind, "message")
  raises("option", "kind", ws.send, ws, "x", "tekst")
  raises("option", "1000", ws.close, ws, 999)
  assert(ws:send "still open")
  same(ws:receive(30), "still open")
  ws:close()
  same(select(2, ws:send "x").kind, "closed")
end

function tests.the_iteration_ends_with_the_connection()
  local count = 0
  for _ in connect("/close?code=1000"):messages() do count = count + 1 end
  same(count, 0)
  raises("closed", "1006", function()
    for _ in connect("/drop"):messages() do count = count + 1 end
  end)
end

function tests.what_is_refused_is_raised()
  raises("option", "tls_cat", hostws.connect, WS, { tls_cat = 1 })
  raises("option", "ws://", hostws.connect, "nowhere")
  raises("option", "NUL", hostws.connect, WS .. "/\0")
  raises("option", "data_type", hostws.connect, WS, { data_type = "blub" })
  raises("option", "stream_threshold", hostws.connect, WS, { stream_threshold = 2000 })
  raises("option", "function", hostws.connect, WS, { proxy = print })
  raises("option", "colour", hostws.connect, WS, { on = { colour = print } })
  raises("option", "function", hostws.connect, WS, { on = { message = "f" } })
end

function tests.an_opening_that_fails_says_why()
  local ws, err = hostws.connect(NOBODY)
  same(ws, nil)
  same(err.kind, "open")
  same(err.status, nil)
  same(err.errors[1].component, "ws")
  assert(tostring(err):find "refused")
  err = select(2, hostws.connect(WS .. "/no-such-path"))
  same(err.status, 404)
  same(err.body, "there is nothing here")
end

function tests.a_time_limit_passes()
  local ws = connect "/echo"
  local message, err = ws:receive(0.02)
  same(message, nil)
  same(err.kind, "timeout")
  ws:abort()
  same(select(2, ws:receive(30)).code, 1006)
end

function tests.a_full_send_queue_waits_and_then_times_out()
  local ws = connect("/silent", { send_queue_max = 200000 })
  local message, sent, err = ("x"):rep(100000), true, nil
  for _ = 1, 1000 do
    if sent then sent, err = ws:send(message, "blob", 0.2) end
  end
  same(sent, nil)
  same(err.kind, "timeout")
  ws:abort()
  ws = connect("/echo", { send_queue_max = 200000 })
  for _ = 1, 100 do assert(ws:send(message, "blob", 60)) end
  for _ = 1, 100 do same(#ws:receive(60), 100000) end
  ws:close()
end

function tests.a_connection_that_nobody_reads_is_paused()
  local slow = connect "/flood?n=1000000&size=1000"
  local quick = connect "/echo"
  for _ = 1, 50 do
    assert(quick:send "x")
    same(quick:receive(30), "x")
    hostws.sleep(0.01)
  end
  -- It is paused above 1 MiB. What the library had then, up to receive_queue_max, still comes.
  assert(slow.bytes < 20 * 1024 * 1024, slow.bytes)
  for expected = 0, 50000 do same(tonumber(slow:receive(30):match "%d+"), expected) end
  slow:abort()
  quick:close()
end

function tests.a_program_that_only_waits_keeps_nothing()
  local ws = connect("/echo", { on = { reconnected = function() end } })
  local function round_trips(count)
    for _ = 1, count do
      assert(ws:send "x")
      assert(ws:receive(30) == "x")
    end
    collectgarbage()
    collectgarbage()
    return collectgarbage "count"
  end
  local before = round_trips(2000)
  local after = round_trips(8000)
  assert(after - before < 50, after - before)
  ws:close()
end

function tests.facts()
  local ws = connect("/sub?choose=chat", { subprotocols = "v2,chat", headers = { ["X-Test"] = { "one", "two" } } })
  same(ws:status(), "Connected")
  same(ws:subprotocol(), "chat")
  same(ws:url(), WS .. "/sub?choose=chat")
  same(ws:explain().id, ws.id)
  same(ws:buffered_amount(), 0)
  local function has_upgrade()
    for _, header in ipairs(ws:response_headers()) do
      if header[1]:lower() == "upgrade" then return true end
    end
  end
  assert(has_upgrade())
  ws:close()
  same(ws:status(), "Closed")
  same(ws:subprotocol(), "chat")
  same(ws:url(), WS .. "/sub?choose=chat")
  assert(has_upgrade())
  ws = connect("/silent", { send_queue_max = 200000 })
  repeat local sent = ws:send(("x"):rep(100000), "blob", 0) until not sent
  ws:abort()
  same(select(2, ws:receive(60)).kind, "closed")
  assert(ws:buffered_amount() > 0)
end

-- ---- handlers

function tests.handlers_are_called_in_order()
  local seen = {}
  local function note(name)
    return function(_, event) seen[#seen + 1] = name .. " " .. tostring(event.kind or event.type) end
  end
  local ws = hostws.open(WS .. "/close?code=4001&reason=late")
  ws:on("open", note "open"):on("error", note "error"):on("terminate", function(_, event)
    seen[#seen + 1] = event.code .. event.reason .. tostring(event.was_clean)
  end)
  hostws.run()
  same(table.concat(seen, ","), "open open,4001latetrue")
  seen = {}
  hostws.open(NOBODY, { on = { error = note "error", terminate = note "terminate" } })
  hostws.run()
  same(table.concat(seen, ","), "error open,terminate terminate")
  seen = {}
  hostws.open(WS .. "/drop", { on = { error = note "error", terminate = note "terminate" } })
  hostws.run()
  same(table.concat(seen, ","), "error closed,terminate terminate")
  same(hostws.poll(), nil)
end

function tests.a_handler_that_fails_loses_nothing()
  local next_number = 0
  local ws = hostws.open(WS .. "/flood?n=5000&size=16")
  ws:on("message", function(_, message)
    same(tonumber(message:match "%d+"), next_number)
    next_number = next_number + 1
    if next_number % 1000 == 0 then error "on purpose" end
  end)
  local failed = 0
  while next_number < 5000 do
    local fine, err = pcall(hostws.poll, 30)
    if not fine then
      assert(tostring(err):find "on purpose", err)
      failed = failed + 1
    end
    -- Nothing waits here, where the descriptor does not tell of it.
    same(ws.head, ws.tail)
  end
  assert(failed > 0 and failed <= 5, failed)
  ws:close()
end

function tests.a_coroutine_that_fails_leaves_the_others_their_turn()
  local told = {}
  for i = 1, 3 do
    hostws.spawn(function()
      told[#told + 1] = i
      error("number " .. i)
    end)
  end
  local _, err = pcall(hostws.poll)
  assert(tostring(err):find "number 1", err)
  same(table.concat(told, ","), "1,2,3")
end

function tests.a_handler_that_fails_while_a_message_is_awaited_loses_nothing()
  local ws = connect("/echo", { on = { pong = function() error "on purpose" end } })
  for i = 1, 50 do
    assert(ws:send(tostring(i)))
    ws:ping "p"
  end
  take_through_failures(ws, 50, function(message, number) same(message, tostring(number)) end, function() end)
end

function tests.handlers_of_a_connection_do_not_nest()
  local depth, deepest, count = 0, 0, 0
  local other = connect "/echo"
  local ws = hostws.open(WS .. "/flood?n=1000&size=16")
  ws:on("message", function()
    depth, count = depth + 1, count + 1
    deepest = math.max(deepest, depth)
    if count % 100 == 0 then
      assert(other:send "x")
      same(other:receive(30), "x")
      hostws.poll()
    end
    depth = depth - 1
  end)
  while count < 1000 do hostws.poll(30) end
  same(deepest, 1)
  ws:close()
  other:close()
end

function tests.a_turn_takes_all_that_has_come()
  local ws = hostws.open(WS .. "/flood?n=100000&size=16")
  ws:on("message", function() end)
  local most = 0
  local deadline = native.now() + 60
  while most <= 2 * native.CAPACITY and native.now() < deadline do
    os.execute "sleep 0.1"
    most = math.max(most, hostws.poll())
  end
  assert(most > 2 * native.CAPACITY, most)
  ws:abort()
  hostws.run()
end

function tests.close_drops_messages_and_tells_the_end()
  local told = {}
  local on = { terminate = function(_, event) told[#told + 1] = event.code end }
  local ws = connect("/flood?n=1000&size=16", { close_timeout_ms = 60000, on = on })
  same(ws:receive(30):match "^%d+", "0")
  assert(ws:close())
  same(table.concat(told, ","), "1000")
  same(select(2, ws:receive(0)).kind, "closed")
end

function tests.a_variable_that_goes_closes_its_connection()
  -- Lua 5.4 alone has such variables.
  if _VERSION ~= "Lua 5.4" then return end
  local ws = load [[local ws <close> = ... return ws]](connect "/echo")
  same(ws:status(), "Closed")
end

function tests.it_reconnects_and_tells()
  local told = {}
  local on = {
    reconnecting = function(_, event) told[#told + 1] = "reconnecting " .. #event.errors end,
    reconnected = function(ws)
      told[#told + 1] = "reconnected"
      assert(ws:send "again")
    end,
  }
  local ws = connect("/late-close",
    { reconnect = true, reconnect_codes = "4001", reconnect_min_ms = 1, reconnect_max_ms = 2, on = on })
  assert(ws:send "first")
  local deadline = native.now() + 30
  while #told < 4 and native.now() < deadline do ws:receive(0.02) end
  same(table.concat(told, ",", 1, 4), "reconnecting 1,reconnected,reconnecting 1,reconnected")
  ws:abort()
end

function tests.a_question_is_answered()
  local asked
  local ws = connect("/late-close", { reconnect = true, reconnect_codes = "4001", ask = 4, on = {
    ask = function(ws, event)
      asked = hostws.json.decode(event.data).ask
      assert(ws:answer(event.code, "refuse"))
    end,
  } })
  assert(ws:send "x")
  local _, err = ws:receive(30)
  same(err.code, 4001)
  same(asked, "reconnect")
end

function tests.ping()
  local pong
  local ws = connect("/echo", { on = { pong = function(_, event) pong = event end } })
  assert(ws:ping "p")
  local deadline = native.now() + 30
  while not pong and native.now() < deadline do ws:receive(0.02) end
  same(pong.data, "p")
  assert(pong.round_trip > 0)
  ws:close()
end

-- ---- coroutines

function tests.coroutines_wait_beside_each_other()
  local answers = {}
  local function one(number)
    local ws = connect "/echo"
    assert(ws:send(tostring(number)))
    answers[number] = ws:receive(30)
    ws:close()
  end
  for number = 1, 20 do hostws.spawn(one, number) end
  same(hostws.run(function(...) return select("#", ...) end, nil, nil), 2)
  hostws.run()
  for number = 1, 20 do same(answers[number], tostring(number)) end
end

function tests.sleepers_wake_and_a_yield_goes_on()
  local awake = 0
  for _, ms in ipairs { 30, 10, 20 } do
    hostws.spawn(function()
      hostws.sleep(ms / 1000)
      awake = awake + 1
    end)
  end
  hostws.spawn(function()
    coroutine.yield()
    awake = awake + 1
  end)
  hostws.run()
  same(awake, 4)
end

function tests.an_error_in_a_coroutine_comes_out_of_run()
  local fine, err = pcall(hostws.run, function() error "on purpose" end)
  same(fine, false)
  assert(err:find "on purpose" and err:find "traceback", err)
  fine, err = pcall(hostws.run, function() hostws.connect("nowhere") end)
  same(fine, false)
  same(err.kind, "option")
end

function tests.a_coroutine_is_cancelled()
  local ws, reached = connect "/echo", false
  local waiting = hostws.spawn(function()
    ws:receive()
    reached = true
  end)
  hostws.run(hostws.sleep, 0.02)
  hostws.cancel(waiting)
  hostws.run()
  same(coroutine.status(waiting), "dead")
  same(reached, false)
  assert(ws:send "still open")
  same(ws:receive(30), "still open")
  ws:close()
end

function tests.a_sender_that_was_cancelled_and_goes_on_does_not_keep_the_connection_from_pausing()
  if not yields_anywhere then return end
  local ws = connect("/silent", { send_queue_max = 200000 })
  local kind
  local sending = hostws.spawn(function()
    local message = ("x"):rep(50000)
    local fine, err = pcall(function() while true do ws:send(message) end end)
    kind = not fine and err.kind
    hostws.sleep(60)
  end)
  for _ = 1, 3000 do
    if next(ws.senders) then break end
    hostws.run(hostws.sleep, 0.01)
  end
  hostws.cancel(sending)
  for _ = 1, 3000 do
    if kind then break end
    hostws.run(hostws.sleep, 0.01)
  end
  same(kind, "cancelled")
  same(next(ws.senders), nil)
  hostws.cancel(sending)
  ws:abort()
  hostws.run()
end

function tests.arguments_that_c_would_misunderstand_are_refused()
  local ws = connect("/echo", { reconnect = true })
  for _, code in ipairs { 1000.5, 2 ^ 32 + 4000, "4000", 0 / 0, {} } do raises("option", "code", ws.close, ws, code) end
  raises("option", "reason", ws.close, ws, 4000, "a\0b")
  raises("option", "reason", ws.close, ws, 4000, {})
  raises("option", "name", ws.set_header, ws, 5, "b")
  raises("option", "value", ws.set_header, ws, "a", {})
  raises("option", "URL", ws.set_url, ws, nil)
  raises("option", "question", ws.answer, ws, 1.5, "x")
  raises("option", "time limit", ws.receive, ws, 0 / 0)
  same(ws:status(), "Connected")
  assert(ws:send "x")
  same(ws:receive(math.huge), "x")
  ws:close()
end

function tests.a_coroutine_times_out()
  hostws.run(function()
    local ws = connect "/echo"
    same(select(2, ws:receive(0.02)).kind, "timeout")
    ws:close()
  end)
end

function tests.iteration_in_a_coroutine()
  if not yields_anywhere then return end
  local count = 0
  hostws.run(function()
    for message in connect("/flood?n=20000&size=16"):messages() do
      same(tonumber(message:match "%d+"), count)
      count = count + 1
      if count == 20000 then break end
    end
  end)
  same(count, 20000)
end

-- ---- JSON

function tests.json_both_ways()
  local json = hostws.json
  for _, text in ipairs {
    '{"a":[1,-2.5,1e+30,true,false,null],"b":{},"c":[],"d":"\\"\\\\\\n\\u0001/"}', "[]", '"\195\169"', "0", "[[[]]]",
    "[9007199254740991,0.1,1e-07]",
  } do
    same(json.encode(json.decode(text)), text)
  end
  same(json.decode '"\\ud83d\\ude00\\u00e9\\/\\ud800x"', "\240\159\152\128\195\169/\239\191\189x")
  same(json.decode ' { "a" : [ 1 , 2 ] } '.a[2], 2)
  for _, text in ipairs { "", "{", "[1,]", "{1:2}", '"a', '"\\x"', "nul", "1 2", "-", '{"a" 1}', ("["):rep(1000) } do
    same(pcall(json.decode, text), false)
  end
  local circle = {}
  circle[1] = circle
  for _, value in ipairs { circle, { [true] = 1 }, print, 0 / 0, 1 / 0 } do
    same(pcall(json.encode, value), false)
  end
end

-- ---- programs

function tests.the_programs_of_the_readme()
  local file = assert(io.open(FOLDER .. "README.md"))
  local text = file:read "*a"
  file:close()
  local count = 0
  for block in text:gmatch "```lua\n(.-)```" do
    if block:find("arg[1]", 1, true) then
      local _, lines = block:gsub("[^\n]+", "")
      assert(lines <= 15, block)
      local output = program(block, WS .. "/echo")
      assert(output:find "^hello\n" and not output:find "traceback", output)
      count = count + 1
    end
  end
  same(count, 3)
end

function tests.what_was_sent_leaves_at_the_end_of_the_program()
  local output = program([[
    local hostws = require "hostws"
    local ws = assert(hostws.connect(arg[1]))
    for i = 1, 100 do assert(ws:send(("x"):rep(10000))) end
    print "done"
  ]], WS .. "/sink")
  same(output, "done\n")
  local found
  local deadline = native.now() + 30
  -- The server answers a close frame before it takes note of it.
  while not found and native.now() < deadline do
    for _, each in ipairs(hostws.json.decode((connect("/closes"):receive(30)))) do
      found = found or each[1] == "/sink" and each[2] == 1000
    end
  end
  assert(found, "the connection of the other program was not closed")
end

function tests.a_message_for_which_there_is_no_memory_ends_its_connection_and_no_other()
  if not io.open "/proc/self/statm" then return end
  local output = program([[
    local hostws = require "hostws"
    local function said(path, pattern) return io.open(path):read("*a"):match(pattern) end
    local other = assert(hostws.connect(arg[1] .. "/echo"))
    -- The library needs it once, and the program as much again.
    local size = 50000000
    local limit = said("/proc/self/status", "VmSize:%s*(%d+)") * 1024 + 1.5 * size
    os.execute(("prlimit --pid %d --as=%d"):format(said("/proc/self/stat", "%d+"), limit))
    local ws = assert(hostws.connect(("%s/flood?n=1&size=%d"):format(arg[1], size)))
    local message, err = ws:receive(30)
    print(message, err.code, err.was_clean, err.errors[1].code == require "hostws.abi".E_RESOURCES, err.errors[1].message)
    assert(other:send("on"))
    print(other:receive(30))
  ]], WS)
  same(output, "nil\t1009\tfalse\ttrue\tthere is no memory for a message of 50000000 bytes\non\ttext\n")
end

function tests.memory_that_runs_out_while_events_are_sorted_loses_nothing()
  local ws = connect "/flood?n=3000&size=16"
  local push, calls = ws._push, 0
  ws._push = function(...)
    calls = calls + 1
    if calls % 100 == 0 then error("not enough memory", 0) end
    return push(...)
  end
  take_through_failures(ws, 3000, function(message, number) same(tonumber(message:match "%d+"), number - 1) end,
    function(words) same(words, "not enough memory") end)
end

function tests.an_error_that_nobody_catches_has_its_words()
  -- The interpreter of Lua 5.1 shows texts only.
  if _VERSION == "Lua 5.1" and not jit then return end
  local output = program([[require "hostws".connect("nowhere")]])
  assert(output:find("ws://", 1, true), output)
end

-- ---- all of them

local names = {}
for name in pairs(tests) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  local fine, err = xpcall(tests[name], function(err) return debug.traceback(tostring(err)) end)
  print((fine and "ok   " or "FAIL ") .. name .. (fine and "" or "\n" .. err))
  -- What it has left open, the next would wait for.
  if not fine then os.exit(1) end
end
print(("%d tests, %s, hostws %s"):format(#names, jit and jit.version or _VERSION, hostws.library_version()))
