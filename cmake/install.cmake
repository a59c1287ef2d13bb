# The installed tree, in three components: runtime (the shared library and its licences), development (headers, the
# static library, the CMake package, the pkg-config file) and documentation (CHANGELOG, the examples; for what is made of
# docs see documentation.cmake).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(hostws_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hostws)
set(hostws_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# ---- libraries ----

# A DLL lies where programs do.
set(HOSTWS_RUNTIME_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR})
if(WIN32)
  set(HOSTWS_RUNTIME_INSTALL_DIR ${CMAKE_INSTALL_BINDIR})
endif()

# Stripped as a copy in the build tree: that works for every DESTDIR, --prefix and libdir.
set(hostws_shared "${HOSTWS_LIBRARY_DIR}/${HOSTWS_SHARED_FILE}")
set(hostws_stripped "${CMAKE_CURRENT_BINARY_DIR}/stripped/${HOSTWS_SHARED_FILE}")
if(APPLE)
  set(hostws_strip_flags -x)
else()
  set(hostws_strip_flags --strip-unneeded)
endif()
install(CODE "
  file(MAKE_DIRECTORY \"${CMAKE_CURRENT_BINARY_DIR}/stripped\")
  execute_process(COMMAND \"${CMAKE_COMMAND}\" -E copy \"${hostws_shared}\" \"${hostws_stripped}\")
  if(CMAKE_INSTALL_CONFIG_NAME MATCHES \"^(Release|MinSizeRel)$\" AND EXISTS \"${CMAKE_STRIP}\")
    execute_process(COMMAND \"${CMAKE_STRIP}\" ${hostws_strip_flags} \"${hostws_stripped}\")
  endif()" COMPONENT runtime)
install(PROGRAMS "${hostws_stripped}" DESTINATION ${HOSTWS_RUNTIME_INSTALL_DIR} COMPONENT runtime)
# Programs are linked by the plain name, and look for the one with the SOVERSION when they start.
foreach(link IN LISTS HOSTWS_SHARED_LINKS)
  if(link MATCHES "\\.${HOSTWS_SOVERSION}")
    set(component runtime)
  else()
    set(component development)
  endif()
  install(FILES "${HOSTWS_LIBRARY_DIR}/${link}" DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component})
endforeach()
foreach(file libhostws.a ${HOSTWS_IMPORT_FILES})
  install(FILES "${HOSTWS_LIBRARY_DIR}/${file}" DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
endforeach()

# ---- headers, documents, licences ----

install(FILES include/hostws.h include/hostws.hpp "${HOSTWS_CDEF}"
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(FILES LICENSE-MIT LICENSE-APACHE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
# What cmake/release.sh writes about what is inside.
install(DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/contents/" DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime OPTIONAL)
install(FILES CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation
  FILES_MATCHING PATTERN "*.c" PATTERN "*.cpp" PATTERN "*.py" PATTERN "*.mjs")

# ---- find_package ----

configure_package_config_file(cmake/hostws-config.cmake.in hostws-config.cmake
  INSTALL_DESTINATION ${hostws_cmake_dir}
  PATH_VARS CMAKE_INSTALL_LIBDIR HOSTWS_RUNTIME_INSTALL_DIR CMAKE_INSTALL_INCLUDEDIR)
# Before 1.0 a minor version may break a program.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/hostws-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/hostws-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/hostws-config-version.cmake"
  cmake/hostws-targets.cmake
  DESTINATION ${hostws_cmake_dir} COMPONENT development)

# ---- pkg-config ----

file(STRINGS Cargo.toml hostws_description REGEX "^description = " LIMIT_COUNT 1)
string(REGEX REPLACE "^description = \"(.*)\"$" "\\1" hostws_description "${hostws_description}")

# The prefix is found from the file's own place, so that the tree can be moved.
file(RELATIVE_PATH hostws_pc_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" hostws_pc_prefix "${hostws_pc_prefix}")
foreach(dir LIBDIR INCLUDEDIR)
  string(TOLOWER hostws_pc_${dir} name)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(${name} "${CMAKE_INSTALL_${dir}}")
  else()
    set(${name} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()

# OpenSSL's own file knows what a static OpenSSL needs in turn.
set(hostws_pc_requires)
set(hostws_pc_libs)
foreach(library IN LISTS HOSTWS_SYSTEM_LIBRARIES)
  if(library MATCHES "^(ssl|crypto)$")
    set(hostws_pc_requires openssl)
  elseif(library MATCHES "^-")
    string(APPEND hostws_pc_libs " ${library}")
  else()
    string(APPEND hostws_pc_libs " -l${library}")
  endif()
endforeach()
string(STRIP "${hostws_pc_libs}" hostws_pc_libs)

configure_file(cmake/hostws.pc.in hostws.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/hostws.pc" DESTINATION ${hostws_pc_dir} COMPONENT development)

# ---- uninstall ----

add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} "-DBUILD=${CMAKE_CURRENT_BINARY_DIR}" -P "${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake"
  COMMENT "Removing what this build tree installed last" VERBATIM)
