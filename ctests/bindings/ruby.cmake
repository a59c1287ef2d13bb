set(ruby_sh "${CMAKE_CURRENT_SOURCE_DIR}/ruby.sh")

hostws_test(bindings.ruby.gem sh "${ruby_sh}" gem "${hostws_bindings}" "${hostws_shared_library}" "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.ruby.gem PROPERTIES FIXTURES_SETUP bindings.ruby)
hostws_test(bindings.ruby.tests sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh" sh "${ruby_sh}" - run
  "${CMAKE_CURRENT_BINARY_DIR}" "${hostws_bindings}/ruby/test/hostws_test.rb")
set_tests_properties(bindings.ruby.tests PROPERTIES FIXTURES_REQUIRED bindings.ruby)
find_program(HOSTWS_RUBY ruby)
if(HOSTWS_RUBY)
  hostws_conformance(ruby "Ruby" bindings.ruby sh "${ruby_sh}" run "${CMAKE_CURRENT_BINARY_DIR}"
    "${hostws_bindings}/conformance/drivers/driver.rb")
endif()
