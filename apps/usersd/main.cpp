#include <cstdio>

#include "options.h"
#include "wiring/serve.h"

namespace {

// What was asked for cannot be done: a wrong option, a port in use, a directory that is locked.
constexpr int kUsageError = 2;

int Fail(const users::Error& error) {
  std::fprintf(stderr, "usersd: %s\n", error.message.c_str());
  return kUsageError;
}

}  // namespace

int main(int argc, char** argv) {
  const auto command = users::ParseCommandLine(argc, argv);
  if (!command.ok()) return Fail(command.error());
  if (command->kind == users::Command::Kind::kPrintAndExit) {
    std::fputs(command->text.c_str(), stdout);
    return 0;
  }
  const auto served = users::wiring::Serve(command->serve);
  return served.ok() ? 0 : Fail(served.error());
}
