# All dependencies are Debian 12 packages; scripts/install-packages names them.
if(USERS_STATIC_FUNCTIONS)
  set(Boost_USE_STATIC_LIBS ON)
  set(OPENSSL_USE_STATIC_LIBS ON)
endif()
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3.0 REQUIRED)
# Unicode's tables. Debian's package has no CMake module.
if(USERS_STATIC_FUNCTIONS)
  find_library(UTF8PROC libutf8proc.a REQUIRED)
else()
  find_library(UTF8PROC utf8proc REQUIRED)
endif()
if(NOT USERS_STATIC)
  find_package(RocksDB 7.8 REQUIRED)
  find_package(prometheus-cpp REQUIRED)
  find_package(CLI11 REQUIRED)
endif()
if(USERS_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()

# The allocator of servers: it is faster than glibc's, and returns memory. Sanitizers have their own.
add_library(allocator INTERFACE)
if(NOT USERS_SANITIZE AND NOT USERS_STATIC)
  find_library(JEMALLOC jemalloc REQUIRED)
  target_link_libraries(allocator INTERFACE ${JEMALLOC})
  target_link_options(allocator INTERFACE -Wl,--no-as-needed)
endif()

# Asio is compiled once, in src/base/async/asio.cpp and src/net/asio_ssl.cpp, instead of in every file.
add_library(asio INTERFACE)
# Coroutine frames come from a cache per thread. Asio's default of 2 places is too small for most frames of a request.
target_compile_definitions(asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                          BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)
target_link_libraries(asio INTERFACE Boost::headers Threads::Threads)
