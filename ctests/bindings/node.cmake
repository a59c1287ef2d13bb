set(node_sh "${CMAKE_CURRENT_SOURCE_DIR}/node.sh")

hostws_test(bindings.node.npm sh "${CMAKE_CURRENT_SOURCE_DIR}/../interop/install.sh" npm
  "${CMAKE_CURRENT_SOURCE_DIR}/node/package.json" "${CMAKE_CURRENT_BINARY_DIR}/node-npm")
set_tests_properties(bindings.node.npm PROPERTIES FIXTURES_SETUP bindings.node.npm TIMEOUT 600)
hostws_test(bindings.node.packages sh "${node_sh}" packages "${hostws_bindings}" "${hostws_shared_library}"
  "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.node.packages PROPERTIES FIXTURES_REQUIRED bindings.node.npm FIXTURES_SETUP bindings.node)

hostws_test(bindings.node.types sh "${node_sh}" types "${hostws_bindings}" "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.node.types PROPERTIES FIXTURES_REQUIRED "bindings.node.npm;bindings.node")
# The queue's descriptor, and the wake-up function that Windows needs.
foreach(kind descriptor wakeup)
  hostws_test(bindings.node.${kind} sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh" sh "${node_sh}" - test "${hostws_bindings}"
    "${CMAKE_CURRENT_BINARY_DIR}" ${kind})
  set_tests_properties(bindings.node.${kind} PROPERTIES FIXTURES_REQUIRED bindings.node)
endforeach()
find_program(HOSTWS_NPM npm)
if(HOSTWS_NPM)
  hostws_conformance(node "Node" bindings.node node "${CMAKE_CURRENT_BINARY_DIR}/node-descriptor/driver.mjs")
endif()
