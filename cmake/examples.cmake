# Every examples/<name>.c, <name>.cpp and protocols/<name>.c is one program. So is every one of examples/loops, if its event loop is
# installed: HOSTWS_LOOPS lists them, and HOSTWS_MISSING_LOOPS the others.

# hostws_example(TARGET SOURCE [LIBRARIES])
function(hostws_example target source)
  add_executable(${target} "${source}")
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  target_link_libraries(${target} PRIVATE hostws::hostws Threads::Threads ${ARGN})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/examples")
endfunction()

if(WIN32) # the others use poll(2) and signals
  hostws_example(win32_window examples/win32_window.c user32)
  set_target_properties(win32_window PROPERTIES WIN32_EXECUTABLE ON)
  return()
endif()

file(GLOB sources CONFIGURE_DEPENDS examples/*.c examples/*.cpp)
list(FILTER sources EXCLUDE REGEX "/win32_")
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  hostws_example(${name} "${source}")
endforeach()

file(GLOB sources CONFIGURE_DEPENDS examples/protocols/*.c)
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  hostws_example(protocol_${name} "${source}")
endforeach()

# ---- event loops ----

set(HOSTWS_LOOPS)
set(HOSTWS_MISSING_LOOPS)
set(loops_without_a_library poll own_thread thread_pool)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  list(APPEND loops_without_a_library epoll)
endif()
foreach(loop IN LISTS loops_without_a_library)
  hostws_example(loop_${loop} examples/loops/${loop}.c)
  list(APPEND HOSTWS_LOOPS ${loop})
endforeach()

# hostws_loop(NAME LIBRARY...): if the library is there
function(hostws_loop name library)
  if(TARGET ${library} OR EXISTS "${library}")
    file(GLOB source examples/loops/${name}.c examples/loops/${name}.cpp)
    hostws_example(loop_${name} "${source}" ${library})
    set(HOSTWS_LOOPS ${HOSTWS_LOOPS} ${name} PARENT_SCOPE)
  else()
    set(HOSTWS_MISSING_LOOPS ${HOSTWS_MISSING_LOOPS} ${name} PARENT_SCOPE)
  endif()
endfunction()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
  foreach(package libuv libevent glib-2.0 sdl2)
    pkg_check_modules(${package} QUIET IMPORTED_TARGET ${package})
  endforeach()
  find_library(HOSTWS_LIBEV ev) # it has no pkg-config file
  mark_as_advanced(HOSTWS_LIBEV)
  hostws_loop(libuv PkgConfig::libuv)
  hostws_loop(libevent PkgConfig::libevent)
  hostws_loop(libev "${HOSTWS_LIBEV}")
  hostws_loop(glib PkgConfig::glib-2.0)
  hostws_loop(glib_wakeup PkgConfig::glib-2.0)
  hostws_loop(sdl PkgConfig::sdl2)
  find_package(Qt6 QUIET COMPONENTS Widgets)
  hostws_loop(qt Qt6::Widgets)
endif()
