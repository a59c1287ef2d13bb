# The import library for Microsoft's linker, of the same names as MinGW's:
# cmake -DNM=NM -DDLLTOOL=DLLTOOL -DFOLDER=FOLDER -P import_library.cmake

execute_process(COMMAND "${NM}" --defined-only "${FOLDER}/libhostws.dll.a"
  OUTPUT_VARIABLE symbols ERROR_QUIET)
string(REGEX MATCHALL " T ws_[a-z0-9_]+" names "${symbols}")
list(TRANSFORM names REPLACE " T " "    ")
list(SORT names)
list(JOIN names "\n" names)
if(NOT names)
  message(FATAL_ERROR "libhostws.dll.a imports nothing")
endif()
set(definition "LIBRARY hostws.dll\nEXPORTS\n${names}\n")

# Only what has changed: programs are linked again after this.
set(former "")
if(EXISTS "${FOLDER}/hostws.def")
  file(READ "${FOLDER}/hostws.def" former)
endif()
if(NOT former STREQUAL definition OR NOT EXISTS "${FOLDER}/hostws.lib")
  file(WRITE "${FOLDER}/hostws.def" "${definition}")
  # The names of its temporary files stay in the library, and would otherwise hold the number of the process.
  execute_process(COMMAND "${DLLTOOL}" --def hostws.def --output-lib hostws.lib --deterministic-libraries
    --temp-prefix hostws_import
    WORKING_DIRECTORY "${FOLDER}" RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${DLLTOOL} could not make hostws.lib")
  endif()
endif()
