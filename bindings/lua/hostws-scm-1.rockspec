-- From this folder, over a library that is installed: luarocks make. rock.py makes rocks with the library inside.
rockspec_format = "3.0"
package = "hostws"
version = "scm-1"

source = {
  url = "file://.",
}

description = {
  summary = "WebSocket client over libhostws",
  detailed = "Blocking, in coroutines or by handlers, with reconnecting, proxies, client certificates, compression and " ..
    "back-pressure. Over LuaJIT's FFI, or a module in C for Lua 5.1 to 5.4.",
  license = "MIT OR Apache-2.0",
  labels = { "websocket", "client", "network" },
}

dependencies = {
  "lua >= 5.1, < 5.5",
}

external_dependencies = {
  HOSTWS = { header = "hostws.h", library = "hostws" },
}

build = {
  type = "builtin",
  modules = {
    hostws = "src/hostws.lua",
    ["hostws.abi"] = "src/hostws/abi.lua",
    ["hostws.connection"] = "src/hostws/connection.lua",
    ["hostws.errors"] = "src/hostws/errors.lua",
    ["hostws.ffi"] = "src/hostws/ffi.lua",
    ["hostws.json"] = "src/hostws/json.lua",
    ["hostws.loop"] = "src/hostws/loop.lua",
    ["hostws.native"] = "src/hostws/native.lua",
    ["hostws.core"] = {
      sources = { "src/hostws/core.c" },
      libraries = { "hostws" },
      incdirs = { "$(HOSTWS_INCDIR)" },
      libdirs = { "$(HOSTWS_LIBDIR)" },
    },
  },
}
