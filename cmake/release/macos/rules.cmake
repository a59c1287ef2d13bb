# CMake asks the Mac that it runs on whether there is an rpath, and here is none to ask.
set(CMAKE_SHARED_LIBRARY_RUNTIME_C_FLAG "-Wl,-rpath,")
