#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace users::testing {

using FunctionEnvironment = std::map<std::string, std::string>;

// The real program of a function of AWS Lambda (lambda/<operation>). It is killed with the test,
// and also if the test dies. Not thread-safe.
class FunctionProcess {
 public:
  // Starts the program with exactly these variables. Standard output goes to `output_file`,
  // standard error to a file beside it.
  FunctionProcess(const std::string& operation, const FunctionEnvironment& environment,
                  const std::string& output_file);
  // Sends SIGKILL, as Lambda does.
  ~FunctionProcess();
  FunctionProcess(const FunctionProcess&) = delete;
  FunctionProcess& operator=(const FunctionProcess&) = delete;

  // Freeze and thaw the process, as Lambda does between events. Freeze() returns when it has
  // stopped.
  void Freeze();
  void Thaw();

  // Returns the exit code, negative for a signal, or nothing if the process runs longer than any
  // healthy run needs.
  std::optional<int> WaitForExit();
  bool is_running();

  // Return the output so far.
  std::string output() const;
  std::string errors() const;

 private:
  std::string errors_file() const { return output_file_ + ".errors"; }
  bool Reap(int options);

  const std::string output_file_;
  pid_t pid_ = -1;
  int status_ = 0;
};

// Returns the path of the function's program.
std::string FunctionProgram(std::string_view operation);

}  // namespace users::testing
