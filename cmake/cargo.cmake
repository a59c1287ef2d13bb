# Builds the crate and defines hostws::hostws (shared) and hostws::static.
#
# Cargo decides what is out of date, so it runs in every build. Its results are copied, under the names that an
# installed tree uses, to lib/ in the build tree: one targets file then describes both trees.

# ---- which cargo ----

file(STRINGS Cargo.toml hostws_least_rust REGEX "^rust-version = " LIMIT_COUNT 1)
string(REGEX MATCH "[0-9]+\\.[0-9]+" hostws_least_rust "${hostws_least_rust}")
set(hostws_how_to_get_rust "Install Rust ${hostws_least_rust} or later, for instance with rustup (https://rustup.rs), and \
run CMake again. -DHOSTWS_CARGO=PATH names a cargo that is not on the PATH.")

find_program(HOSTWS_CARGO cargo HINTS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin")
if(NOT HOSTWS_CARGO)
  message(FATAL_ERROR "hostws is written in Rust, and there is no cargo here. ${hostws_how_to_get_rust}")
endif()
# The compiler that this cargo takes. In the source folder: rustup chooses by that.
set(hostws_rustc rustc)
if(DEFINED ENV{RUSTC})
  set(hostws_rustc "$ENV{RUSTC}")
else()
  get_filename_component(hostws_cargo_dir "${HOSTWS_CARGO}" DIRECTORY)
  if(EXISTS "${hostws_cargo_dir}/rustc")
    set(hostws_rustc "${hostws_cargo_dir}/rustc")
  endif()
endif()
execute_process(COMMAND "${hostws_rustc}" --version WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
  OUTPUT_VARIABLE hostws_rust_version ERROR_VARIABLE hostws_rust_error RESULT_VARIABLE hostws_rust_result
  OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT hostws_rust_result EQUAL 0)
  message(FATAL_ERROR "${hostws_rustc} does not run: ${hostws_rust_error} ${hostws_how_to_get_rust}")
endif()
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" hostws_rust_number "${hostws_rust_version}")
if(hostws_rust_number VERSION_LESS hostws_least_rust)
  message(FATAL_ERROR "This is too old: ${hostws_rust_version}. ${hostws_how_to_get_rust}")
endif()

# ---- names ----

# Changes only when a program that worked could stop working. build.rs puts the same name into the library.
set(HOSTWS_SOVERSION 0)

# HOSTWS_IMPORT_FILES is what a program for Windows is linked with: MinGW's, and the same for Microsoft's linker.
set(HOSTWS_IMPORT_FILES)
if(WIN32)
  set(HOSTWS_SHARED_FILE hostws.dll)
  set(HOSTWS_SHARED_LINKS)
  set(HOSTWS_SHARED_SONAME)
  set(HOSTWS_IMPORT_FILES libhostws.dll.a hostws.lib hostws.def)
  set(hostws_built hostws.dll)
elseif(APPLE)
  set(HOSTWS_SHARED_FILE libhostws.${PROJECT_VERSION}.dylib)
  set(HOSTWS_SHARED_LINKS libhostws.${HOSTWS_SOVERSION}.dylib libhostws.dylib)
  set(HOSTWS_SHARED_SONAME @rpath/libhostws.${HOSTWS_SOVERSION}.dylib)
  set(hostws_built libhostws.dylib)
else()
  set(HOSTWS_SHARED_FILE libhostws.so.${PROJECT_VERSION})
  set(HOSTWS_SHARED_LINKS libhostws.so.${HOSTWS_SOVERSION} libhostws.so)
  set(HOSTWS_SHARED_SONAME libhostws.so.${HOSTWS_SOVERSION})
  set(hostws_built libhostws.so)
endif()

# What a program that links the static library must link too; the test header.system-libraries compares this with
# what rustc says. Without gcc_s and c, which every C compiler adds by itself and which a -static link could not find.
if(WIN32)
  # What Windows' own libraries are imported with otherwise is in the static library.
  set(HOSTWS_SYSTEM_LIBRARIES kernel32 ntdll userenv ws2_32 dbghelp)
elseif(APPLE)
  set(HOSTWS_SYSTEM_LIBRARIES "-framework Security" "-framework CoreFoundation" iconv System m)
else()
  set(HOSTWS_SYSTEM_LIBRARIES util rt pthread m dl)
  if(NOT "vendored-tls" IN_LIST HOSTWS_CARGO_FEATURES)
    list(INSERT HOSTWS_SYSTEM_LIBRARIES 0 ssl crypto)
  endif()
endif()

# ---- cargo ----

# A make above us would hand its job server down to cargo, which then waits for job slots that never come.
# CC is set because CMake leaks it into some builds and not into others, and cargo starts over when it changes.
# CARGO_BUILD_TARGET would move the results; HOSTWS_RUST_TARGET does that here.
set(HOSTWS_CARGO_ENV --unset=MAKEFLAGS --unset=MFLAGS --unset=CARGO_BUILD_TARGET "CC=${CMAKE_C_COMPILER}")
set(hostws_env ${HOSTWS_CARGO_ENV})
set(hostws_rust_target "${HOSTWS_RUST_TARGET}")
if(WIN32 AND NOT hostws_rust_target)
  # Whatever the default of this cargo is: the compiler of CMake links.
  set(hostws_rust_target x86_64-pc-windows-gnu)
endif()
if(hostws_rust_target AND CMAKE_CROSSCOMPILING)
  string(TOUPPER "${hostws_rust_target}" hostws_linker_of)
  string(REPLACE "-" "_" hostws_linker_of "${hostws_linker_of}")
  list(APPEND hostws_env "CARGO_TARGET_${hostws_linker_of}_LINKER=${CMAKE_C_COMPILER}")
endif()

if(HOSTWS_SANITIZE)
  list(APPEND hostws_env RUSTC_BOOTSTRAP=1 "RUSTFLAGS=-Zsanitizer=${HOSTWS_SANITIZE}")
  # Only with an explicit target does cargo keep RUSTFLAGS away from build scripts, which cannot run with them.
  if(NOT hostws_rust_target)
    execute_process(COMMAND "${HOSTWS_CARGO}" -vV OUTPUT_VARIABLE hostws_rust_target)
    string(REGEX REPLACE ".*\nhost: ([^\n]+).*" "\\1" hostws_rust_target "${hostws_rust_target}")
  endif()
endif()

set(hostws_cargo_args --locked --target-dir "${HOSTWS_CARGO_TARGET_DIR}"
  --profile $<IF:$<CONFIG:Debug>,dev,release>)
set(hostws_cargo_out "${HOSTWS_CARGO_TARGET_DIR}")
if(hostws_rust_target)
  list(APPEND hostws_cargo_args --target ${hostws_rust_target})
  # cargo-zigbuild takes the glibc to link with behind the name: x86_64-unknown-linux-gnu.2.17
  string(REGEX REPLACE "[.][0-9.]+$" "" hostws_rust_target "${hostws_rust_target}")
  string(APPEND hostws_cargo_out /${hostws_rust_target})
endif()
string(APPEND hostws_cargo_out /$<IF:$<CONFIG:Debug>,debug,release>)
if(HOSTWS_CARGO_FEATURES)
  string(REPLACE ";" "," hostws_features "${HOSTWS_CARGO_FEATURES}")
  list(APPEND hostws_cargo_args --features ${hostws_features})
endif()

# `cargo rustc --crate-type` and not `cargo build`: asked for an rlib as well, as Cargo.toml does, cargo silently
# leaves link-time optimization out. The file with the system libraries belongs to the target folder, because its
# path is part of what cargo compares.
set(HOSTWS_NATIVE_LIBRARIES_FILE "${HOSTWS_CARGO_TARGET_DIR}/native-static-libs.txt")
set(HOSTWS_LIBRARY_DIR "${CMAKE_CURRENT_BINARY_DIR}/lib")
file(MAKE_DIRECTORY "${HOSTWS_LIBRARY_DIR}")

set(hostws_links)
foreach(link IN LISTS HOSTWS_SHARED_LINKS)
  list(APPEND hostws_links
    COMMAND ${CMAKE_COMMAND} -E create_symlink ${HOSTWS_SHARED_FILE} "${HOSTWS_LIBRARY_DIR}/${link}")
endforeach()

set(hostws_imports)
if(WIN32)
  set(hostws_imports
    COMMAND ${CMAKE_COMMAND} -E copy_if_different
      "${hostws_cargo_out}/libhostws.dll.a" "${HOSTWS_LIBRARY_DIR}/libhostws.dll.a"
    COMMAND ${CMAKE_COMMAND} "-DNM=${CMAKE_NM}" "-DDLLTOOL=${CMAKE_DLLTOOL}" "-DFOLDER=${HOSTWS_LIBRARY_DIR}"
      -P "${CMAKE_CURRENT_LIST_DIR}/import_library.cmake")
endif()
set(hostws_byproducts ${HOSTWS_SHARED_FILE} libhostws.a ${HOSTWS_IMPORT_FILES})
list(TRANSFORM hostws_byproducts PREPEND "${HOSTWS_LIBRARY_DIR}/")

add_custom_target(hostws_cargo ALL
  COMMAND ${CMAKE_COMMAND} -E env ${hostws_env}
    "${HOSTWS_CARGO}" rustc --lib --crate-type cdylib,staticlib ${hostws_cargo_args}
    -- --print "native-static-libs=${HOSTWS_NATIVE_LIBRARIES_FILE}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different
    "${hostws_cargo_out}/${hostws_built}" "${HOSTWS_LIBRARY_DIR}/${HOSTWS_SHARED_FILE}"
  COMMAND ${CMAKE_COMMAND} -E copy_if_different
    "${hostws_cargo_out}/libhostws.a" "${HOSTWS_LIBRARY_DIR}/libhostws.a"
  ${hostws_links}
  ${hostws_imports}
  BYPRODUCTS ${hostws_byproducts}
  WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
  COMMENT "Building hostws with cargo"
  USES_TERMINAL VERBATIM)

# ---- the header for FFI parsers ----

# LuaJIT, cffi and PHP read declarations, know stdint.h's types by themselves, and know no preprocessor.
set(HOSTWS_CDEF "${CMAKE_CURRENT_BINARY_DIR}/cdef/hostws.cdef.h")
set(hostws_no_stdint "${CMAKE_CURRENT_BINARY_DIR}/cdef/empty")
file(WRITE "${hostws_no_stdint}/stdint.h" "")
add_custom_command(OUTPUT "${HOSTWS_CDEF}"
  COMMAND "${CMAKE_C_COMPILER}" -E -P -nostdinc "-I${hostws_no_stdint}"
    "${CMAKE_CURRENT_SOURCE_DIR}/include/hostws.h" -o "${HOSTWS_CDEF}"
  DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/include/hostws.h"
  COMMENT "Writing hostws.cdef.h" VERBATIM)
add_custom_target(hostws_cdef ALL DEPENDS "${HOSTWS_CDEF}")

# ---- targets ----

set(HOSTWS_INCLUDE_DIR "${CMAKE_CURRENT_SOURCE_DIR}/include")
set(HOSTWS_RUNTIME_DIR "${HOSTWS_LIBRARY_DIR}")
# Imported targets are seen only in their own folder and below, unless they are global: a parent project is above.
set(HOSTWS_TARGET_SCOPE GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/hostws-targets.cmake")
add_dependencies(hostws::hostws hostws_cargo)
add_dependencies(hostws::static hostws_cargo)
