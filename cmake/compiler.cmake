# Flags for all our code. System libraries are included as system headers, so every warning is about our own code and
# is an error.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")

add_compile_options(-Wall -Wextra -Wconversion -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Asio allocates coroutine frames with a class operator new. g++ 12 does not match it with its delete.
  add_compile_options(-Wshadow=local -Wno-mismatched-new-delete)
else()
  add_compile_options(-Wno-sign-conversion)  # only clang includes it in -Wconversion
endif()

if(USERS_PRECOMPILED)
  # With precompiled headers, g++ reports what it suspects in the inlined functions of system headers. The other presets
  # have these warnings for our code.
  add_compile_options(-Wno-array-bounds -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
                      -Wno-stringop-overread)
endif()
if(USERS_SANITIZE)
  add_compile_options(-fsanitize=${USERS_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${USERS_SANITIZE})
  if(USERS_SANITIZE MATCHES "thread")
    # Asio uses fences. ThreadSanitizer does not model them and would warn about each.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(USERS_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

if(USERS_STATIC_FUNCTIONS)
  # A function is fetched and unpacked at each cold start, so it contains only what it needs. It contains no path of
  # the build machine (including paths that ccache made relative to the build), so builds are reproducible.
  cmake_path(RELATIVE_PATH PROJECT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_BINARY_DIR} OUTPUT_VARIABLE source_of_build)
  add_compile_options(-ffunction-sections -fdata-sections
                      -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${source_of_build}=.)
  set(FUNCTION_LINK_OPTIONS -static -s LINKER:--gc-sections,--build-id=none)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # ccache gets paths relative to the tree, so that a fresh clone finds what another one compiled. The other settings are
  # what its manual requires for precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  if(USERS_PRECOMPILED)
    add_compile_options(-fpch-preprocess)
  endif()
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
