// The command line and the configuration file of `usersd serve` (apps/usersd/options.h). The first
// line of the input contains further arguments, separated by spaces. The file follows.
#include <cmath>
#include <string>
#include <vector>

#include "base/text/text.h"
#include "file_in_memory.h"
#include "fuzz.h"
#include "net/endpoint.h"
#include "options.h"
#include "reference.h"

namespace users::fuzz {
namespace {

constexpr const char* kListen = "127.0.0.1:7";

Result<Command, ProgramError> Parse(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return ParseCommandLine(static_cast<int>(arguments.size()), argv.data());
}

bool IsRate(double value, double least) {
  return std::isfinite(value) && value >= least && value <= 1e9;
}

void CheckAccepted(const wiring::ServeOptions& options) {
  PROMISE(net::ParseEndpoint(options.listen).ok());
  PROMISE(net::ParseEndpoint(options.admin_listen).ok());
  PROMISE(!options.data.empty() && (!options.principals || !options.principals->empty()));
  PROMISE(IsRate(options.throttle.rate, 0) && IsRate(options.throttle.burst, 1));
  PROMISE(IsRate(options.throttle.principal_rate, 0));
  PROMISE(std::isfinite(options.throttle.principal_burst));
  // The parts of the ARN that the authenticator and policies use.
  const auto parts = Split(options.api_arn, ':');
  PROMISE(parts.size() == 6 && parts[2] == "execute-api" && !parts[3].empty());
  PROMISE(options.api_arn.find_first_of("*?\"\\ ") == std::string::npos);
  CheckOneLine(options.api_arn);
}

void Test(std::string_view input) {
  std::vector<std::string> arguments = {"usersd", "serve"};
  for (const std::string_view argument : Split(TakeLine(input), ' ')) {
    // The target must not read files of the machine that it runs on.
    if (argument.find("conf") != argument.npos || argument.find('\0') != argument.npos) continue;
    if (!argument.empty()) arguments.emplace_back(argument);
  }
  const FileInMemory file(input);
  arguments.insert(arguments.begin() + 2, {"--config", file.path()});
  const auto command = Parse(arguments);
  if (!command.ok()) {
    CheckOneLine(InOneLine(command.error()));
    return;
  }
  if (command->kind != Command::Kind::kServe) {
    PROMISE(command->kind == Command::Kind::kPrintAndExit && !command->text.empty());
    return;
  }
  CheckAccepted(command->serve);

  // The command line overrides the file, and the file's other values stay the same.
  if (arguments.size() > 4) return;
  arguments.insert(arguments.end(), {"--listen", kListen});
  const auto with_listen = Parse(arguments);
  PROMISE(with_listen.ok() && with_listen->serve.listen == kListen);
  PROMISE(with_listen->serve.api_arn == command->serve.api_arn);
  PROMISE(with_listen->serve.throttle.rate == command->serve.throttle.rate);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
