#include <cstdio>

#include "options.h"
#include "wiring/serve.h"

// `usersd serve` with the same options but without the relay, so no events are delivered. It is for
// measuring only, so the shipped program has no such option.
int main(int argc, char** argv) {
  auto command = users::ParseCommandLine(argc, argv);
  if (!command.ok() || command->kind != users::Command::Kind::kServe) {
    std::fputs("usage: usersd_without_relay serve [options of usersd serve]\n", stderr);
    return 2;
  }
  command->serve.relay = false;
  const auto served = users::wiring::Serve(command->serve);
  if (served.ok()) return 0;
  std::fprintf(stderr, "usersd_without_relay: %s\n", users::InOneLine(served.error()).c_str());
  return served.error().exit_code;
}
