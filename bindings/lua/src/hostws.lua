-- A WebSocket client over libhostws.
--
--   local hostws = require "hostws"
--   local ws = assert(hostws.connect("wss://quotes.example/stream"))
--   ws:send("subscribe")
--   for message in ws:messages() do print(message) end
--
-- Options have the names of ws_options in hostws.h. README.md has the rest.

local native = require "hostws.native"
local abi = require "hostws.abi"
local json = require "hostws.json"
local loop = require "hostws.loop"
local Connection = require "hostws.connection"

local hostws = {
  VERSION = abi.VERSION,
  json = json,
  -- JSON's null, and the mark of a table that is an array even if it is empty.
  null = json.null,
  array = json.array,
  library_version = native.library_version,
  -- A coroutine that run() or poll() drives: what it calls here waits without stopping the others.
  spawn = loop.spawn,
  -- Ends what a coroutine waits for, by an error of kind "cancelled" in it.
  cancel = loop.cancel,
  sleep = loop.sleep,
}

-- Begins to open a connection, and returns it at once.
hostws.open = Connection.open

-- Opens a connection and waits until it is open: it, or nil and an error. Raises what is wrong with an option.
function hostws.connect(url, options)
  return Connection.open(url, options):wait_open()
end

-- One turn: calls handlers, resumes coroutines. Waits up to `timeout` seconds (0) if there is nothing to do. Returns how
-- much was done; nil when no coroutine waits and no connection with handlers is left.
hostws.poll = loop.poll

-- Runs the function in a coroutine, and turns until it has ended: its results. Without one, turns until poll() has nothing
-- left to wait for.
hostws.run = loop.run

-- A descriptor for a loop of your own: readable while poll() has events. Do not read from it or close it.
function hostws.fd()
  return native.fd(loop.queue())
end

return hostws
