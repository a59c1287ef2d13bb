-- The functions of the library as hostws uses them: through LuaJIT's FFI, or else through the module in C.

local has_ffi, door = pcall(require, "hostws.ffi")
if has_ffi then return door end

local major, minor = _VERSION:match "(%d+)%.(%d+)"
local found, core = pcall(require, ("hostws.core%d0%d"):format(major, minor))
if found then return core end
local alone, plain = pcall(require, "hostws.core")
if alone then return plain end
error(table.concat({ "hostws cannot be loaded", tostring(door), tostring(core), tostring(plain) }, "\n"), 0)
