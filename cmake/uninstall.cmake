# Removes the files that the last `cmake --install` of a build tree wrote: cmake -DBUILD=TREE -P uninstall.cmake
# Folders stay: others may have put something into them.

file(GLOB manifests "${BUILD}/install_manifest*.txt")
if(NOT manifests)
  message(FATAL_ERROR "Nothing was installed from ${BUILD}")
endif()
foreach(manifest IN LISTS manifests)
  file(STRINGS "${manifest}" files)
  foreach(file IN LISTS files)
    set(file "$ENV{DESTDIR}${file}")
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
      message(STATUS "Removing ${file}")
      file(REMOVE "${file}")
    endif()
  endforeach()
  file(REMOVE "${manifest}")
endforeach()
