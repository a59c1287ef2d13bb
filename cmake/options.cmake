# What a user or a parent project may choose. Inside another project, hostws is its two targets and nothing else.

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
  set(hostws_is_top_level ON)
else()
  set(hostws_is_top_level OFF)
endif()

# The library alone by default: that takes half the time, and no C++ compiler. CTest's own switch brings tests and
# examples; a parent project's BUILD_TESTING speaks of the parent's.
set(hostws_with_tests OFF)
if(hostws_is_top_level)
  option(BUILD_TESTING "Build the tests and the programs of examples/" OFF)
  set(hostws_with_tests ${BUILD_TESTING})
endif()

option(HOSTWS_CAT "Build and install the program hostws-cat" OFF)
option(HOSTWS_INSTALL "Add the install rules and the target uninstall" ${hostws_is_top_level})

set(HOSTWS_CARGO_FEATURES "" CACHE STRING "Features of the crate, a ;-list (vendored-tls)")
set(HOSTWS_CARGO_TARGET_DIR "${CMAKE_CURRENT_BINARY_DIR}/cargo" CACHE PATH
  "Where cargo builds; two build trees that name the same folder build the crate once")
set(HOSTWS_RUST_TARGET "" CACHE STRING "Rust's name of the platform to build for; empty is this machine")
set(HOSTWS_SANITIZE "" CACHE STRING "A sanitizer for the crate and for the tests: address, or nothing")
set_property(CACHE HOSTWS_SANITIZE PROPERTY STRINGS "" address)

if(hostws_is_top_level)
  get_property(hostws_is_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT CMAKE_BUILD_TYPE AND NOT hostws_is_multi_config)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug builds the crate with cargo's dev profile, all others with release" FORCE)
  endif()
endif()

if(hostws_with_tests)
  enable_language(CXX)
  foreach(language C CXX)
    set(CMAKE_${language}_STANDARD_REQUIRED ON)
  endforeach()
  set(CMAKE_C_STANDARD 11)
  set(CMAKE_CXX_STANDARD 17)
  find_package(Threads REQUIRED)
  if(HOSTWS_SANITIZE)
    add_compile_options(-fsanitize=${HOSTWS_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${HOSTWS_SANITIZE})
  endif()
endif()
