-- JSON, as much as messages and options need. A connection can be given other functions: `encode`, `decode`.

local json = {}

-- Deeper than this is a table that contains itself, or text that nobody has written by hand.
local DEPTH = 200

json.null = setmetatable({}, { __tostring = function() return "null" end, __name = "hostws.null" })

local Array = { __name = "hostws.array" }

-- Marks a table as an array. One with entries from 1 on is taken for one anyway.
function json.array(entries)
  return setmetatable(entries or {}, Array)
end

-- ---- encode

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quoted(text)
  return '"' .. text:gsub('[%z\1-\31"\\\127]', function(character)
    return ESCAPES[character] or ("\\u%04x"):format(character:byte())
  end) .. '"'
end

local function number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    error("JSON has no number " .. tostring(value), 0)
  end
  if value % 1 == 0 and value > -2 ^ 53 and value < 2 ^ 53 or math.type and math.type(value) == "integer" then
    return ("%d"):format(value)
  end
  local text = ("%.15g"):format(value)
  if tonumber(text) ~= value then text = ("%.17g"):format(value) end
  -- In some countries a program's numbers have a comma.
  return (text:gsub(",", "."))
end

local encode

local function sorted_names(object)
  local names = {}
  for name in pairs(object) do
    if type(name) ~= "string" then error("a name in a JSON object is a " .. type(name), 0) end
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function encode_table(value, depth)
  if value == json.null then return "null" end
  if depth > DEPTH then error("the table is nested too deeply", 0) end
  local parts = {}
  if getmetatable(value) == Array or value[1] ~= nil then
    for i = 1, #value do parts[i] = encode(value[i], depth + 1) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for i, name in ipairs(sorted_names(value)) do
    parts[i] = quoted(name) .. ":" .. encode(value[name], depth + 1)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function encode(value, depth)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "table" then return encode_table(value, depth) end
  error("JSON has no " .. kind, 0)
end

-- The names of an object come in the order of the alphabet.
function json.encode(value)
  return encode(value, 0)
end

-- ---- decode

local function wrong(text, at)
  error(("not JSON: %q at position %d"):format(text:sub(at, at + 10), at), 0)
end

local function utf8_of(code)
  local char = string.char
  if code < 0x80 then return char(code) end
  local floor = math.floor
  if code < 0x800 then return char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  local last, middle = 0x80 + code % 64, 0x80 + floor(code / 64) % 64
  if code < 0x10000 then return char(0xE0 + floor(code / 4096), middle, last) end
  return char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64, middle, last)
end

local UNESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

-- `text` from `at` on is behind a backslash: what it stands for, and where the rest begins.
local function unescaped(text, at)
  local plain = UNESCAPES[text:sub(at, at)]
  if plain then return plain, at + 1 end
  local code = tonumber(text:match("^u(%x%x%x%x)", at), 16)
  if code >= 0xD800 and code < 0xDC00 then
    local low = tonumber(text:match("^\\u([dD][c-fC-F]%x%x)", at + 5) or "", 16)
    if low then return utf8_of(0x10000 + (code - 0xD800) * 1024 + low - 0xDC00), at + 11 end
  end
  if code >= 0xD800 and code < 0xE000 then code = 0xFFFD end
  return utf8_of(code), at + 5
end

local function string_at(text, at)
  local plain, after = text:match('^([^"\\%c]*)"()', at)
  if plain then return plain, after end
  local parts, start = {}, at
  while true do
    local chunk, mark, next_at = text:match('^([^"\\]*)(["\\])()', at)
    if not chunk then wrong(text, start - 1) end
    parts[#parts + 1] = chunk
    at = next_at
    if mark == '"' then return table.concat(parts), at end
    if not text:find('^["\\/bfnrt]', at) and not text:find("^u%x%x%x%x", at) then wrong(text, at - 1) end
    parts[#parts + 1], at = unescaped(text, at)
  end
end

local LITERALS = { t = { "true", true }, f = { "false", false }, n = { "null", json.null } }

local value_at

local function array_at(text, at, depth)
  local array = json.array()
  at = text:match("^%s*()", at)
  if text:sub(at, at) == "]" then return array, at + 1 end
  while true do
    array[#array + 1], at = value_at(text, at, depth)
    local mark, after = text:match("^%s*([,%]])()", at)
    if not mark then wrong(text, at) end
    at = after
    if mark == "]" then return array, at end
  end
end

local function object_at(text, at, depth)
  local object = {}
  local empty = text:match("^%s*}()", at)
  if empty then return object, empty end
  while true do
    local start = text:match('^%s*"()', at)
    if not start then wrong(text, at) end
    local name, behind = string_at(text, start)
    local after = text:match("^%s*:()", behind)
    if not after then wrong(text, behind) end
    object[name], at = value_at(text, after, depth)
    local mark, rest = text:match("^%s*([,}])()", at)
    if not mark then wrong(text, at) end
    at = rest
    if mark == "}" then return object, at end
  end
end

function value_at(text, at, depth)
  if depth > DEPTH then error("the JSON text is nested too deeply", 0) end
  at = text:match("^%s*()", at)
  local first = text:sub(at, at)
  if first == '"' then return string_at(text, at + 1) end
  if first == "{" then return object_at(text, at + 1, depth + 1) end
  if first == "[" then return array_at(text, at + 1, depth + 1) end
  local literal = LITERALS[first]
  if literal and text:sub(at, at + #literal[1] - 1) == literal[1] then return literal[2], at + #literal[1] end
  local digits, after = text:match("^(-?%d+%.?%d*[eE]?[+-]?%d*)()", at)
  local value = tonumber(digits)
  if not value then wrong(text, at) end
  return value, after
end

-- Raises an error if the text is not JSON. null is json.null; an array keeps its mark, so that an empty one stays one.
function json.decode(text)
  local value, at = value_at(text, 1, 0)
  if text:find("%S", at) then wrong(text, at) end
  return value
end

return json
