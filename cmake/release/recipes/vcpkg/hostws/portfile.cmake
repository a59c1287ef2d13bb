# Takes the library from a release archive: nothing is compiled, and no Rust is needed.

# What archives there are, and their sums.
include("${CMAKE_CURRENT_LIST_DIR}/archives.cmake")

# Two static libraries that are written in Rust may not be linked into one program.
vcpkg_check_linkage(ONLY_DYNAMIC_LIBRARY)

set(system ${VCPKG_CMAKE_SYSTEM_NAME})
if(VCPKG_TARGET_IS_WINDOWS)
  set(system Windows)
endif()
set(platform ${system}-${VCPKG_TARGET_ARCHITECTURE})
if(NOT DEFINED HOSTWS_ARCHIVE_${platform})
  message(FATAL_ERROR "There is no archive of hostws for ${platform}")
endif()

vcpkg_download_distfile(archive
  URLS "${HOSTWS_URL}/${HOSTWS_ARCHIVE_${platform}}"
  FILENAME "${HOSTWS_ARCHIVE_${platform}}"
  SHA512 "${HOSTWS_SHA512_${platform}}")
vcpkg_extract_source_archive(source ARCHIVE "${archive}")

# One library serves debug and release.
set(VCPKG_BUILD_TYPE release)
file(COPY "${source}/include" "${source}/lib" DESTINATION "${CURRENT_PACKAGES_DIR}")
if(VCPKG_TARGET_IS_WINDOWS)
  file(COPY "${source}/bin" DESTINATION "${CURRENT_PACKAGES_DIR}")
  if(NOT VCPKG_TARGET_IS_MINGW) # nobody else can use it
    file(REMOVE "${CURRENT_PACKAGES_DIR}/lib/libhostws.a")
  endif()
endif()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/hostws)
vcpkg_fixup_pkgconfig()

file(COPY "${source}/hostws.cdx.json" "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST
  "${source}/LICENSE-MIT" "${source}/LICENSE-APACHE" "${source}/THIRD-PARTY-LICENSES.txt")
