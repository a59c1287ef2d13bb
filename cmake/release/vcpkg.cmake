# Runs a port without vcpkg, which would have to be downloaded: what a port may call is here in its simplest form.
#
#   cmake -DPORT=name -DPORT_FOLDER=folder -DTRIPLET=system-processor -DOUTPUT=folder -P vcpkg.cmake
#
# OUTPUT/installed gets what vcpkg would install.

string(REGEX MATCH "^([^-]+)-(.+)$" matched "${TRIPLET}")
set(VCPKG_CMAKE_SYSTEM_NAME ${CMAKE_MATCH_1})
set(VCPKG_TARGET_ARCHITECTURE ${CMAKE_MATCH_2})
set(VCPKG_TARGET_IS_WINDOWS OFF)
set(VCPKG_TARGET_IS_MINGW OFF)
if(VCPKG_CMAKE_SYSTEM_NAME STREQUAL "Windows") # it has no name there
  set(VCPKG_CMAKE_SYSTEM_NAME)
  set(VCPKG_TARGET_IS_WINDOWS ON)
elseif(VCPKG_CMAKE_SYSTEM_NAME STREQUAL "MinGW")
  set(VCPKG_TARGET_IS_WINDOWS ON)
  set(VCPKG_TARGET_IS_MINGW ON)
endif()
set(CURRENT_PACKAGES_DIR "${OUTPUT}/installed")
file(REMOVE_RECURSE "${OUTPUT}")
file(MAKE_DIRECTORY "${CURRENT_PACKAGES_DIR}")

function(vcpkg_check_linkage)
endfunction()

function(vcpkg_download_distfile result)
  cmake_parse_arguments(PARSE_ARGV 1 distfile "" "FILENAME;SHA512" "URLS")
  file(DOWNLOAD "${distfile_URLS}" "${OUTPUT}/${distfile_FILENAME}" EXPECTED_HASH SHA512=${distfile_SHA512} STATUS status)
  if(NOT status MATCHES "^0;")
    message(FATAL_ERROR "${distfile_URLS}: ${status}")
  endif()
  set(${result} "${OUTPUT}/${distfile_FILENAME}" PARENT_SCOPE)
endfunction()

function(vcpkg_extract_source_archive result)
  cmake_parse_arguments(PARSE_ARGV 1 source "" "ARCHIVE" "")
  file(ARCHIVE_EXTRACT INPUT "${source_ARCHIVE}" DESTINATION "${OUTPUT}/source")
  file(GLOB only "${OUTPUT}/source/*")
  set(${result} "${only}" PARENT_SCOPE)
endfunction()

# It lies less deep afterwards.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 config "" "CONFIG_PATH" "")
  file(GLOB files "${CURRENT_PACKAGES_DIR}/${config_CONFIG_PATH}/*.cmake")
  foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME)
    file(READ "${file}" text)
    string(REPLACE "{CMAKE_CURRENT_LIST_DIR}/../../../" "{CMAKE_CURRENT_LIST_DIR}/../../" text "${text}")
    file(WRITE "${CURRENT_PACKAGES_DIR}/share/${PORT}/${name}" "${text}")
  endforeach()
  file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib/cmake")
endfunction()

function(vcpkg_fixup_pkgconfig)
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 licence "" "" "FILE_LIST")
  foreach(file IN LISTS licence_FILE_LIST)
    file(READ "${file}" text)
    file(APPEND "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright" "${text}")
  endforeach()
endfunction()

include("${PORT_FOLDER}/portfile.cmake")
