set(go_sh "${CMAKE_CURRENT_SOURCE_DIR}/go.sh")

hostws_test(bindings.go.module sh "${go_sh}" module "${hostws_bindings}" "${HOSTWS_LIBRARY_DIR}/libhostws.a"
  "${CMAKE_STRIP}" "${CMAKE_CURRENT_BINARY_DIR}")
# The standard library is compiled once for the race detector.
set_tests_properties(bindings.go.module PROPERTIES FIXTURES_SETUP bindings.go TIMEOUT 600)
foreach(program tests readme)
  hostws_test(bindings.go.${program} sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh" sh "${go_sh}" - run
    "${CMAKE_CURRENT_BINARY_DIR}" ${program})
  set_tests_properties(bindings.go.${program} PROPERTIES FIXTURES_REQUIRED bindings.go)
endforeach()
find_program(HOSTWS_GO go)
if(HOSTWS_GO)
  hostws_conformance(go "Go" bindings.go "${CMAKE_CURRENT_BINARY_DIR}/go/bin/driver")
  hostws_autobahn(go bindings.go "${CMAKE_CURRENT_BINARY_DIR}/go/bin/driver")
endif()
