set(script "${CMAKE_CURRENT_SOURCE_DIR}/java.sh")
set(beside_peer sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh")
set(folder "${CMAKE_CURRENT_BINARY_DIR}/java")
# Small heaps, so that what piles up is seen.
set(java_jna java -Xmx256m -cp "${folder}/hostws.jar:/usr/share/java/jna.jar:${folder}/programs")
set(java_ffm "${CMAKE_CURRENT_BINARY_DIR}/jdk/bin/java" -Xmx256m --enable-native-access=ALL-UNNAMED
  -cp "${folder}/hostws.jar:${folder}/programs")
set(kind_jna blocking)
set(kind_ffm virtual)

hostws_test(bindings.java.jar sh "${script}" install "${hostws_bindings}" "${hostws_shared_library}"
  "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.java.jar PROPERTIES FIXTURES_SETUP bindings.java)
hostws_test(bindings.java.jdk sh "${script}" jdk "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.java.jdk PROPERTIES FIXTURES_SETUP bindings.java.ffm TIMEOUT 600)

foreach(way jna ffm)
  list(GET java_${way} 0 java)
  list(SUBLIST java_${way} 1 -1 arguments)
  hostws_test(bindings.java.${way}.tests ${beside_peer} "${java}" -ea - ${arguments} Tests)
  hostws_test(bindings.java.${way}.first ${beside_peer} sh "${script}" - first "${CMAKE_CURRENT_BINARY_DIR}" ${java_${way}})
  hostws_conformance(java.${way} "Java (${way}, ${kind_${way}})" bindings.java ${java_${way}} Driver ${kind_${way}})
  set_tests_properties(bindings.java.${way}.tests bindings.java.${way}.first bindings.java.${way}.conformance PROPERTIES
    FIXTURES_REQUIRED "bindings.java;bindings.java.${way}" TIMEOUT 200)
endforeach()
