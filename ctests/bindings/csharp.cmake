set(script "${CMAKE_CURRENT_SOURCE_DIR}/csharp.sh")
set(beside_peer sh "${CMAKE_CURRENT_SOURCE_DIR}/../ffi/run.sh")
set(programs "${CMAKE_CURRENT_BINARY_DIR}/csharp/programs")
set(runtime_mono mono)
set(runtime_dotnet "${CMAKE_CURRENT_BINARY_DIR}/dotnet/bin/dotnet")

hostws_test(bindings.csharp.packages sh "${script}" install "${hostws_bindings}" "${hostws_shared_library}"
  "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.csharp.packages PROPERTIES FIXTURES_SETUP bindings.csharp)
hostws_test(bindings.csharp.dotnet sh "${script}" dotnet "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.csharp.dotnet PROPERTIES FIXTURES_SETUP bindings.dotnet TIMEOUT 600)

hostws_test(bindings.csharp.unity ${beside_peer} sh "${script}" - unity "${CMAKE_CURRENT_BINARY_DIR}")
set_tests_properties(bindings.csharp.unity PROPERTIES FIXTURES_REQUIRED bindings.csharp)
foreach(runtime mono dotnet)
  hostws_test(bindings.csharp.${runtime}.tests ${beside_peer} "${runtime_${runtime}}" "${programs}/Tests.exe")
  hostws_test(bindings.csharp.${runtime}.first ${beside_peer} sh "${script}" - first "${CMAKE_CURRENT_BINARY_DIR}"
    "${runtime_${runtime}}")
  # With a heap that is too small for its message.
  hostws_test(bindings.csharp.${runtime}.heap ${beside_peer} "${runtime_${runtime}}" "${programs}/Heap.exe")
  set_property(TEST bindings.csharp.${runtime}.heap APPEND PROPERTY ENVIRONMENT
    MONO_GC_PARAMS=max-heap-size=48m COMPlus_GCHeapHardLimit=3000000)
  foreach(what tests first heap)
    set_tests_properties(bindings.csharp.${runtime}.${what} PROPERTIES
      FIXTURES_REQUIRED "bindings.csharp;bindings.${runtime}" TIMEOUT 200)
  endforeach()
endforeach()
foreach(kind blocking async)
  hostws_conformance(csharp.${kind} "C# (${kind})" bindings.csharp mono "${programs}/Driver.exe" ${kind})
  # The same on the other runtime, which is no column of its own.
  hostws_test(bindings.csharp.dotnet.${kind} python3 "${hostws_bindings}/conformance/run.py" --language "C#"
    "${runtime_dotnet}" "${programs}/Driver.exe" ${kind})
  set_tests_properties(bindings.csharp.dotnet.${kind} PROPERTIES FIXTURES_REQUIRED "bindings.csharp;bindings.dotnet"
    TIMEOUT 280)
endforeach()
hostws_autobahn(csharp bindings.csharp mono "${programs}/Driver.exe" blocking)
