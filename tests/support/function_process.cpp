#include "support/function_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "base/files.h"

namespace users::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kMaxOutputBytes = 64 << 20;

std::string ReadAll(const std::string& file) {
  const auto text = ReadFile(file, kMaxOutputBytes);
  return text.ok() ? *text : "";
}

}  // namespace

std::string FunctionProgram(std::string_view operation) {
  return std::string(LAMBDA_PROGRAMS) + "/" + std::string(operation) + "/bootstrap";
}

FunctionProcess::FunctionProcess(const std::string& operation,
                                 const FunctionEnvironment& environment,
                                 const std::string& output_file)
    : output_file_(output_file) {
  std::string program = FunctionProgram(operation);
  char* const argv[] = {program.data(), nullptr};
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  const std::string errors = errors_file();

  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND;
  ::dup2(::open(output_file_.c_str(), kFlags, 0600), STDOUT_FILENO);
  ::dup2(::open(errors.c_str(), kFlags, 0600), STDERR_FILENO);
  // An inherited socket of the test would keep a connection open that the test has closed.
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execve(argv[0], argv, envp.data());
  ::_exit(127);
}

FunctionProcess::~FunctionProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  Reap(0);
}

void FunctionProcess::Freeze() {
  ::kill(pid_, SIGSTOP);
  int status = 0;
  ::waitpid(pid_, &status, WUNTRACED);
}

void FunctionProcess::Thaw() {
  ::kill(pid_, SIGCONT);
}

std::optional<int> FunctionProcess::WaitForExit() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!Reap(WNOHANG)) {
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

bool FunctionProcess::is_running() {
  return !Reap(WNOHANG);
}

// Returns whether the process has ended.
bool FunctionProcess::Reap(int options) {
  if (pid_ > 0 && ::waitpid(pid_, &status_, options) == pid_) pid_ = -1;
  return pid_ <= 0;
}

std::string FunctionProcess::output() const {
  return ReadAll(output_file_);
}

std::string FunctionProcess::errors() const {
  return ReadAll(errors_file());
}

}  // namespace users::testing
