#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace users::testing {

using FunctionEnvironment = std::map<std::string, std::string>;

// The real program of a function of AWS Lambda (lambda/<operation>), ended with the test, and
// should the test die, with it.
class FunctionProcess {
 public:
  // Starts it with these variables and no others; its standard output goes to `output_file`, its
  // standard error beside it.
  FunctionProcess(const std::string& operation, const FunctionEnvironment& environment,
                  const std::string& output_file);
  // SIGKILL, as Lambda does.
  ~FunctionProcess();
  FunctionProcess(const FunctionProcess&) = delete;
  FunctionProcess& operator=(const FunctionProcess&) = delete;

  // As Lambda freezes and thaws an environment between events. Returns when it stands still.
  void Freeze();
  void Thaw();

  // Its exit code, negative for a signal; nothing if it runs on for a time that no healthy run
  // needs.
  std::optional<int> WaitForExit();
  bool is_running();

  // What it has written so far.
  std::string output() const;
  std::string errors() const;

 private:
  std::string errors_file() const { return output_file_ + ".errors"; }
  bool Reap(int options);

  const std::string output_file_;
  pid_t pid_ = -1;
  int status_ = 0;
};

// The program's file.
std::string FunctionProgram(std::string_view operation);

}  // namespace users::testing
