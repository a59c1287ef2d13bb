# Builds for Windows with MinGW-w64's compilers on another system:
#
#   cmake -S . -B build/windows -DCMAKE_TOOLCHAIN_FILE=cmake/mingw.cmake
#
# Rust needs its standard library for x86_64-pc-windows-gnu: rustup target add x86_64-pc-windows-gnu

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# Debian has a second one, with Windows' own threads, that lacks C++'s and C11's.
find_program(MINGW_CC NAMES x86_64-w64-mingw32-gcc-posix x86_64-w64-mingw32-gcc REQUIRED)
find_program(MINGW_CXX NAMES x86_64-w64-mingw32-g++-posix x86_64-w64-mingw32-g++)
find_program(MINGW_RC NAMES x86_64-w64-mingw32-windres)
set(CMAKE_C_COMPILER "${MINGW_CC}")
if(MINGW_CXX)
  set(CMAKE_CXX_COMPILER "${MINGW_CXX}")
endif()
if(MINGW_RC)
  set(CMAKE_RC_COMPILER "${MINGW_RC}")
endif()

set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
