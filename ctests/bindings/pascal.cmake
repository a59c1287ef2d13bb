set(pascal_sh "${CMAKE_CURRENT_SOURCE_DIR}/pascal.sh")
set(beside_peer sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh")
set(folder "${CMAKE_CURRENT_BINARY_DIR}/pascal")

hostws_test(bindings.pascal.package sh "${pascal_sh}" package "${hostws_bindings}" "${HOSTWS_LIBRARY_DIR}"
  "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.pascal.package PROPERTIES FIXTURES_SETUP bindings.pascal)

hostws_test(bindings.pascal.first ${beside_peer} sh "${pascal_sh}" - first "${CMAKE_CURRENT_BINARY_DIR}")
hostws_test(bindings.pascal.tests ${beside_peer} "${folder}/programs/TestHostws" -)
hostws_test(bindings.pascal.unicode ${beside_peer} "${folder}/unicode/TestHostws" -)
set_tests_properties(bindings.pascal.first bindings.pascal.tests bindings.pascal.unicode PROPERTIES
  FIXTURES_REQUIRED bindings.pascal)
hostws_conformance(pascal Pascal bindings.pascal "${folder}/programs/Driver")
