set(python "${hostws_bindings}/python")

hostws_test(bindings.python.wheels sh "${CMAKE_CURRENT_SOURCE_DIR}/python.sh" install "${python}"
  "${hostws_shared_library}" "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.python.wheels PROPERTIES FIXTURES_SETUP bindings.python TIMEOUT 900)
foreach(kind abi3 none)
  hostws_test(bindings.python.${kind} sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh"
    "${CMAKE_CURRENT_BINARY_DIR}/python-${kind}/bin/python" "${python}/tests/test_hostws.py")
  set_tests_properties(bindings.python.${kind} PROPERTIES FIXTURES_REQUIRED bindings.python)
  set_property(TEST bindings.python.${kind} APPEND PROPERTY ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
# Other interpreters, where they are: the oldest, the newest and PyPy, and with `ctest -C All` those between.
foreach(version 3.9 3.10 3.12 3.13 3.14 pypy3)
  file(GLOB interpreters "$ENV{HOME}/.pyenv/versions/${version}.*/bin/python${version}" "/usr/bin/python${version}"
    "/usr/local/bin/python${version}" "/usr/bin/${version}")
  if(interpreters)
    list(GET interpreters 0 interpreter)
    set(kind abi3)
    if(version STREQUAL "pypy3")
      set(kind none)
    endif()
    set(when)
    if(version MATCHES "^3\\.1[0-2]$")
      set(when CONFIGURATIONS All)
    endif()
    hostws_test(bindings.python.${version} sh "${CMAKE_CURRENT_SOURCE_DIR}/python.sh" with "${interpreter}" ${kind} "${python}"
      "${CMAKE_CURRENT_BINARY_DIR}" ${when})
    set_tests_properties(bindings.python.${version} PROPERTIES FIXTURES_REQUIRED bindings.python)
    set_property(TEST bindings.python.${version} APPEND PROPERTY ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  endif()
endforeach()

foreach(what trio types)
  hostws_test(bindings.python.${what} sh "${CMAKE_CURRENT_SOURCE_DIR}/python.sh" ${what} "${python}"
    "${CMAKE_CURRENT_BINARY_DIR}")
  # One environment, into which both install.
  set_tests_properties(bindings.python.${what} PROPERTIES FIXTURES_REQUIRED bindings.python TIMEOUT 600
    RESOURCE_LOCK bindings.python)
  set_property(TEST bindings.python.${what} APPEND PROPERTY ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()

set(driver "${hostws_bindings}/conformance/drivers/driver.py")
foreach(kind blocking asyncio)
  set(command "${CMAKE_CURRENT_BINARY_DIR}/python-abi3/bin/python" "${driver}" ${kind})
  hostws_conformance(python.${kind} "Python (${kind})" bindings.python ${command})
  hostws_autobahn(python.${kind} bindings.python ${command})
endforeach()
hostws_conformance(python.ctypes "Python (ctypes)" bindings.python
  "${CMAKE_CURRENT_BINARY_DIR}/python-none/bin/python" "${driver}" blocking)

# The clients that it compares with come from PyPI and npm.
hostws_test(bindings.bench.all sh "${CMAKE_CURRENT_SOURCE_DIR}/python.sh" bench "${hostws_bindings}"
  "${CMAKE_CURRENT_BINARY_DIR}" CONFIGURATIONS All)
set_tests_properties(bindings.bench.all PROPERTIES FIXTURES_REQUIRED bindings.python TIMEOUT 600 RUN_SERIAL ON)
