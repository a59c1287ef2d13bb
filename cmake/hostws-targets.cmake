# hostws::hostws and hostws::static, in the build tree and in an installed tree. Whoever includes this says where
# things are and what they are called: HOSTWS_LIBRARY_DIR, HOSTWS_RUNTIME_DIR (where a DLL is), HOSTWS_INCLUDE_DIR,
# HOSTWS_SHARED_FILE, HOSTWS_SHARED_SONAME, HOSTWS_SYSTEM_LIBRARIES, and HOSTWS_TARGET_SCOPE (GLOBAL or nothing).

if(NOT TARGET hostws::hostws)
  add_library(hostws::hostws SHARED IMPORTED ${HOSTWS_TARGET_SCOPE})
  set_target_properties(hostws::hostws PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${HOSTWS_INCLUDE_DIR}")
  if(WIN32)
    set(hostws_import_file libhostws.dll.a)
    if(MSVC)
      set(hostws_import_file hostws.lib)
    endif()
    set_target_properties(hostws::hostws PROPERTIES
      IMPORTED_LOCATION "${HOSTWS_RUNTIME_DIR}/${HOSTWS_SHARED_FILE}"
      IMPORTED_IMPLIB "${HOSTWS_LIBRARY_DIR}/${hostws_import_file}")
  else()
    set_target_properties(hostws::hostws PROPERTIES
      IMPORTED_LOCATION "${HOSTWS_LIBRARY_DIR}/${HOSTWS_SHARED_FILE}"
      IMPORTED_SONAME "${HOSTWS_SHARED_SONAME}")
  endif()
endif()

# Microsoft's linker cannot use MinGW's objects: there is only the DLL for it.
if(NOT TARGET hostws::static AND NOT MSVC)
  # OpenSSL may lie where the linker does not look by itself. Its files and not its targets: under add_subdirectory
  # those are not seen from above.
  set(hostws_static_libraries ${HOSTWS_SYSTEM_LIBRARIES})
  if("ssl" IN_LIST HOSTWS_SYSTEM_LIBRARIES)
    find_package(OpenSSL 3 QUIET)
    if(OpenSSL_FOUND)
      list(TRANSFORM hostws_static_libraries REPLACE "^ssl$" "${OPENSSL_SSL_LIBRARY}")
      list(TRANSFORM hostws_static_libraries REPLACE "^crypto$" "${OPENSSL_CRYPTO_LIBRARY}")
    endif()
  endif()
  add_library(hostws::static STATIC IMPORTED ${HOSTWS_TARGET_SCOPE})
  set_target_properties(hostws::static PROPERTIES
    IMPORTED_LOCATION "${HOSTWS_LIBRARY_DIR}/libhostws.a"
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_LINK_LIBRARIES "${hostws_static_libraries}"
    INTERFACE_INCLUDE_DIRECTORIES "${HOSTWS_INCLUDE_DIR}")
endif()
