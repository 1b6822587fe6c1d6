# users_library(NAME SOURCES... LINK...): a static library for one folder of src/.
function(users_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_library(users_${name} STATIC ${arg_SOURCES})
  target_include_directories(users_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(users_${name} PUBLIC ${arg_LINK})
endfunction()
