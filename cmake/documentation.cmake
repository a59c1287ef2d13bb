# Manual pages and the site, both made from include/hostws.h. The pages need nothing but Python 3.9; the site, target
# `site`, installs Sphinx into a virtual environment of its own.

find_package(Python3 3.9 COMPONENTS Interpreter QUIET)
if(NOT Python3_FOUND)
  message(STATUS "hostws: no manual pages, because there is no Python 3.9")
  return()
endif()

set(hostws_docs "${CMAKE_CURRENT_BINARY_DIR}/docs")
file(GLOB hostws_docs_sources CONFIGURE_DEPENDS docs/build.py docs/reference/*.py docs/examples/*)
add_custom_command(OUTPUT "${hostws_docs}/man/man7/hostws.7"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/docs/build.py" --man --output "${hostws_docs}"
  DEPENDS ${hostws_docs_sources} include/hostws.h
  COMMENT "Writing the manual pages" VERBATIM)
add_custom_target(hostws_man ALL DEPENDS "${hostws_docs}/man/man7/hostws.7")
add_custom_target(site
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/docs/build.py" --output "${hostws_docs}"
  USES_TERMINAL VERBATIM)

if(HOSTWS_INSTALL)
  install(DIRECTORY "${hostws_docs}/man/" DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT documentation)
endif()
