# Manual pages and the site, both made from include/hostws.h, the guide, and the licences of what is inside. The pages and
# the guide need nothing but Python 3.9, the licences 3.11; the site, target `site`, installs Sphinx into a virtual
# environment of its own.

find_package(Python3 3.9 COMPONENTS Interpreter QUIET)
if(NOT Python3_FOUND)
  message(STATUS "hostws: no manual pages and no guide, because there is no Python 3.9")
  if(HOSTWS_INSTALL)
    install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
  endif()
  return()
endif()

set(hostws_docs "${CMAKE_CURRENT_BINARY_DIR}/docs")
file(GLOB hostws_docs_sources CONFIGURE_DEPENDS docs/build.py docs/reference/*.py docs/examples/*)
add_custom_command(OUTPUT "${hostws_docs}/man/man7/hostws.7"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/docs/build.py" --man --output "${hostws_docs}"
  DEPENDS ${hostws_docs_sources} include/hostws.h
  COMMENT "Writing the manual pages" VERBATIM)
add_custom_target(hostws_man ALL DEPENDS "${hostws_docs}/man/man7/hostws.7")

file(GLOB hostws_guide_sources CONFIGURE_DEPENDS docs/*.md docs/guide/*.md docs/guide/programs/* docs/images/*
  docs/examples/*.c examples/*.c examples/loops/* examples/protocols/*)
add_custom_command(OUTPUT "${hostws_docs}/plain/README.md"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/docs/plain.py" "${hostws_docs}/plain"
  DEPENDS docs/plain.py README.md ${hostws_guide_sources}
  COMMENT "Writing the guide" VERBATIM)
add_custom_target(hostws_guide ALL DEPENDS "${hostws_docs}/plain/README.md")

add_custom_target(site
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/docs/build.py" --output "${hostws_docs}"
  USES_TERMINAL VERBATIM)

if(HOSTWS_INSTALL)
  install(DIRECTORY "${hostws_docs}/man/" DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT documentation)
  install(DIRECTORY "${hostws_docs}/plain/" DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
endif()

# ---- licences ----

if(Python3_VERSION VERSION_LESS 3.11)
  message(STATUS "hostws: no list of licences, because there is no Python 3.11")
  return()
endif()

set(target "${HOSTWS_RUST_TARGET}")
if(NOT target)
  execute_process(COMMAND "${HOSTWS_CARGO}" -vV OUTPUT_VARIABLE target)
  string(REGEX MATCH "host: [^\n]+" target "${target}")
  string(REPLACE "host: " "" target "${target}")
endif()
string(REPLACE ";" "," features "${HOSTWS_CARGO_FEATURES}")
get_filename_component(cargo_folder "${HOSTWS_CARGO}" DIRECTORY)
# A folder above the library: the packages of bindings/ look there.
set(hostws_licences "${CMAKE_CURRENT_BINARY_DIR}/THIRD-PARTY-LICENSES.txt")
add_custom_command(OUTPUT "${hostws_licences}"
  COMMAND ${CMAKE_COMMAND} -E env "PATH=${cargo_folder}:$ENV{PATH}" "${Python3_EXECUTABLE}" cmake/release/contents.py
    "${CMAKE_CURRENT_BINARY_DIR}" "${target}" "${features}" "${PROJECT_VERSION}" 0
  WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
  DEPENDS Cargo.lock cmake/release/contents.py
  COMMENT "Collecting the licences of what is inside" VERBATIM)
add_custom_target(hostws_licences ALL DEPENDS "${hostws_licences}")
# cargo fetches the packages first.
add_dependencies(hostws_licences hostws_cargo)
if(HOSTWS_INSTALL) # cmake/release.sh does not build it: it knows more, and writes contents/
  install(FILES "${hostws_licences}" DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime OPTIONAL)
endif()
