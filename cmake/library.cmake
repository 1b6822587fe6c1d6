# users_library(NAME SOURCES... LINK...): a static library for one folder of src/.
function(users_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_library(users_${name} STATIC ${arg_SOURCES})
  target_include_directories(users_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(users_${name} PUBLIC ${arg_LINK})
  users_precompile(users_${name} users_precompiled)
endfunction()

# With USERS_PRECOMPILED, users_precompile(TARGET HEADERS) makes the target use these precompiled headers. They hold what
# most files include and what is slow to compile. Files still include what they use: the other presets compile them
# without precompiled headers.
function(users_precompile target headers)
  if(USERS_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM ${headers})
  endif()
endfunction()

# users_precompiled_headers(NAME HEADERS... LINK...): headers for users_precompile.
function(users_precompiled_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINK")
  if(USERS_PRECOMPILED)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${name}.cpp CONTENT "")
    add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
    target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
    target_link_libraries(${name} PRIVATE ${arg_LINK})
  endif()
endfunction()

set(PRECOMPILED_HEADERS
    <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <string>
    <string_view> <thread> <utility> <vector>
    <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/redirect_error.hpp> <boost/asio/steady_timer.hpp>
    <boost/asio/use_awaitable.hpp> <boost/json/parse.hpp>)
users_precompiled_headers(users_precompiled HEADERS ${PRECOMPILED_HEADERS} LINK asio Boost::json)
