# Generates the constants of domain/field_limits.h from src/domain/field_limits.json. deployments/ generates the
# gateway's models from the same file.
set(FIELD_LIMITS ${PROJECT_SOURCE_DIR}/src/domain/field_limits.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${FIELD_LIMITS})
file(READ ${FIELD_LIMITS} FIELD_LIMITS)
string(JSON limits LENGTH ${FIELD_LIMITS} limits)
math(EXPR last "${limits} - 1")
foreach(index RANGE ${last})
  string(JSON name MEMBER ${FIELD_LIMITS} limits ${index})
  string(JSON ${name} GET ${FIELD_LIMITS} limits ${name})
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/src/domain/field_limits.h.in ${PROJECT_BINARY_DIR}/generated/domain/field_limits.h
               @ONLY)
include_directories(${PROJECT_BINARY_DIR}/generated)
