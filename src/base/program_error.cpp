#include "base/program_error.h"

namespace users {

ProgramError AtOption(std::string_view option, std::string_view value, const Error& error) {
  return ProgramError::CannotRun(std::string(option) + " " + std::string(value) + ": " +
                                 InOneLine(error));
}

std::string InOneLine(const ProgramError& error) {
  return InOneLine(Error::Unavailable(error.message));
}

}  // namespace users
