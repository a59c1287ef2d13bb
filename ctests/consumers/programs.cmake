# The same program against each of the two targets.

foreach(library hostws static)
  add_executable(consumer_${library} "${CMAKE_CURRENT_LIST_DIR}/main.c")
  target_link_libraries(consumer_${library} PRIVATE hostws::${library})
  add_test(NAME ${library} COMMAND consumer_${library})
endforeach()
