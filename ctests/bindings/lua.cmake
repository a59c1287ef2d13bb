set(lua "${hostws_bindings}/lua")
set(lua_sh "${CMAKE_CURRENT_SOURCE_DIR}/lua.sh")

hostws_test(bindings.lua.rock sh "${lua_sh}" rock "${lua}" "${hostws_shared_library}" "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.lua.rock PROPERTIES FIXTURES_SETUP bindings.lua)
hostws_test(bindings.lua.source sh "${lua_sh}" source "${lua}" "${HOSTWS_INCLUDE_DIR}" "${HOSTWS_LIBRARY_DIR}"
  "${CMAKE_CURRENT_BINARY_DIR}")

# LuaJIT goes through its FFI, the others through the module in C.
foreach(interpreter "luajit:5.1:LuaJIT" "lua5.1:5.1:Lua 5.1" "lua5.3:5.3:Lua 5.3" "lua5.4:5.4:Lua 5.4")
  string(REPLACE ":" ";" words "${interpreter}")
  list(GET words 0 name)
  list(GET words 1 version)
  list(GET words 2 language)
  set(run sh "${lua_sh}" run ${name} ${version} "${CMAKE_CURRENT_BINARY_DIR}")
  hostws_test(bindings.lua.${name} sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh" sh "${lua_sh}" - run ${name} ${version}
    "${CMAKE_CURRENT_BINARY_DIR}" "${lua}/tests/test_hostws.lua")
  set_tests_properties(bindings.lua.${name} PROPERTIES FIXTURES_REQUIRED bindings.lua)
  # In Lua 5.1 itself a coroutine cannot wait inside pcall(), by which the driver calls its commands; 5.3 is as 5.4.
  if(name MATCHES "lua5[.][13]")
    continue()
  endif()
  foreach(way blocking coroutines)
    hostws_conformance(lua.${name}.${way} "${language} (${way})" bindings.lua
      ${run} "${hostws_bindings}/conformance/drivers/driver.lua" ${way})
  endforeach()
endforeach()

hostws_test(bindings.lua.states sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh" sh "${lua_sh}" - states
  "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.lua.states PROPERTIES FIXTURES_REQUIRED bindings.lua)

find_program(HOSTWS_LUAJIT luajit)
find_program(HOSTWS_LUAROCKS luarocks)
if(HOSTWS_LUAJIT AND HOSTWS_LUAROCKS)
  hostws_autobahn(lua.luajit bindings.lua sh "${lua_sh}" run luajit 5.1 "${CMAKE_CURRENT_BINARY_DIR}"
    "${hostws_bindings}/conformance/drivers/driver.lua" blocking)
endif()
