#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace users {

// The exit codes of the programs. 0 is success.
// A fault in what the program works on: the store of a check or a backup, the environment of a
// function of AWS Lambda.
inline constexpr int kExitFault = 1;
// The command cannot be executed: a wrong option, a port in use, a locked directory.
inline constexpr int kExitCannotRun = 2;

// Why a program cannot start or cannot finish its command: a message for the operator, and the exit
// code. The message names the option or the environment variable at fault. It may quote given
// values, so print it with InOneLine.
struct ProgramError {
  int exit_code = kExitCannotRun;
  std::string message;

  static ProgramError Fault(std::string message) { return {kExitFault, std::move(message)}; }
  static ProgramError CannotRun(std::string message) {
    return {kExitCannotRun, std::move(message)};
  }
};

using ProgramStatus = Result<Done, ProgramError>;

// Returns "--data DIR: ..." with kExitCannotRun.
ProgramError AtOption(std::string_view option, std::string_view value, const Error& error);

// Returns the message in one line. Control characters become `?`.
std::string InOneLine(const ProgramError& error);

}  // namespace users
