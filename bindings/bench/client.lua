-- The client of Lua for bench.py: client.lua MODE URL N SIZE.

local hostws = require "hostws"
local native = require "hostws.native"

local mode, url, count, size = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local now = os.getenv "BENCH_CPU" == "1" and os.clock or native.now
local is_flood = mode:find "^flood" ~= nil
local ws = assert(hostws.connect(is_flood and ("%s/%s/%d/%d"):format(url, mode, size, count) or url .. "/echo"))

local start = now()
if is_flood then
  assert(ws:send "go")
  for _ in ws:messages() do
    count = count - 1
    if count == 0 then break end
  end
else
  local message = ("x"):rep(size)
  local ahead = mode == "flight" and 128 or 1
  for _ = 1, ahead do assert(ws:send(message, "blob")) end
  for _ = 1, count - ahead do
    assert(ws:receive())
    assert(ws:send(message, "blob"))
  end
  for _ = 1, ahead do assert(ws:receive()) end
end
print(("%.6f"):format(now() - start))
ws:abort()
