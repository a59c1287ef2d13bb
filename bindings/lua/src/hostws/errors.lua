-- What can go wrong, as tables. A function returns nil and one of these; what the program itself got wrong is raised.
--
--   kind     "option" (raised: the URL, an option or an argument is refused), "open", "closed", "timeout", "message"
--            (cannot be sent as it is), "cancelled" (raised), "library"
--   message  one line, also what tostring() gives
--   errors   the stack: each has code, component and message
--   closed:  code, reason, was_clean
--   open:    status, headers, body of the answer with which the server refused

local native = require "hostws.native"
local abi = require "hostws.abi"

local errors = {}

local Error = { __name = "hostws.error" }
Error.__index = Error

function Error:__tostring()
  return self.message
end

function errors.new(kind, message, fields)
  fields = fields or {}
  fields.kind, fields.message = kind, message
  return setmetatable(fields, Error)
end

errors.TIMEOUT = errors.new("timeout", "the time is up")
errors.CANCELLED = errors.new("cancelled", "the coroutine was cancelled")

local KINDS = {
  [abi.E_URL] = "option", [abi.E_OPTION] = "option", [abi.E_ARGUMENT] = "option", [abi.E_JSON] = "message",
  [abi.E_UTF8] = "message", [abi.E_TOO_BIG] = "message", [abi.E_CLOSED] = "closed",
}

-- What a negative result of the library means: raises it if the program could have known, else returns it.
function errors.of(code, words)
  local kind = KINDS[code] or "library"
  local err = errors.new(kind, words or native.last_words(), { code = code })
  if kind == "option" then error(err, 0) end
  return err
end

local function messages(stack)
  local lines = {}
  for i, entry in ipairs(stack) do lines[i] = entry.message end
  return table.concat(lines, ": ")
end

function errors.closed(event, stack)
  local words = "closed with " .. event.code
  if event.reason ~= "" then words = words .. " (" .. event.reason .. ")" end
  if #stack > 0 then words = words .. ": " .. messages(stack) end
  return errors.new("closed", words,
    { code = event.code, reason = event.reason, was_clean = event.was_clean, errors = stack })
end

-- Only inside the turn that brought the end: later the library has forgotten the answer.
function errors.open(id, event, stack)
  local words = #stack > 0 and messages(stack) or "the connection could not be opened"
  local status = native.response_status(id)
  return errors.new("open", words, {
    code = event.code, errors = stack, status = status > 0 and status or nil,
    headers = native.response_headers(id), body = native.response_body(id) or "",
  })
end

return errors
