# hostws::hostws and hostws::static, in the build tree and in an installed tree. Whoever includes this says where
# things are and what they are called: HOSTWS_LIBRARY_DIR, HOSTWS_INCLUDE_DIR, HOSTWS_SHARED_FILE,
# HOSTWS_SHARED_SONAME, HOSTWS_SYSTEM_LIBRARIES, and HOSTWS_TARGET_SCOPE (GLOBAL or nothing).

if(NOT TARGET hostws::hostws)
  add_library(hostws::hostws SHARED IMPORTED ${HOSTWS_TARGET_SCOPE})
  set_target_properties(hostws::hostws PROPERTIES
    IMPORTED_LOCATION "${HOSTWS_LIBRARY_DIR}/${HOSTWS_SHARED_FILE}"
    IMPORTED_SONAME "${HOSTWS_SHARED_SONAME}"
    INTERFACE_INCLUDE_DIRECTORIES "${HOSTWS_INCLUDE_DIR}")
endif()

if(NOT TARGET hostws::static)
  # The system's OpenSSL may lie where the linker does not look by itself.
  if("ssl" IN_LIST HOSTWS_SYSTEM_LIBRARIES)
    find_package(OpenSSL 3 QUIET)
    if(OpenSSL_FOUND)
      list(TRANSFORM HOSTWS_SYSTEM_LIBRARIES REPLACE "^ssl$" "OpenSSL::SSL")
      list(TRANSFORM HOSTWS_SYSTEM_LIBRARIES REPLACE "^crypto$" "OpenSSL::Crypto")
    endif()
  endif()
  add_library(hostws::static STATIC IMPORTED ${HOSTWS_TARGET_SCOPE})
  set_target_properties(hostws::static PROPERTIES
    IMPORTED_LOCATION "${HOSTWS_LIBRARY_DIR}/libhostws.a"
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_LINK_LIBRARIES "${HOSTWS_SYSTEM_LIBRARIES}"
    INTERFACE_INCLUDE_DIRECTORIES "${HOSTWS_INCLUDE_DIR}")
endif()
