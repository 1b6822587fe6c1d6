#include <cstdio>

#include "options.h"
#include "wiring/serve.h"

// `usersd serve` with the same options, but without the relay (USERSD_WITHOUT is `relay`), so no
// events are delivered, or without the search index (`search`). It is for measuring only, so the
// shipped program has no such options.
int main(int argc, char** argv) {
  auto command = users::ParseCommandLine(argc, argv);
  if (!command.ok() || command->kind != users::Command::Kind::kServe) {
    std::fputs("usage: " USERSD_NAME " serve [options of usersd serve]\n", stderr);
    return 2;
  }
  command->serve.USERSD_WITHOUT = false;
  const auto served = users::wiring::Serve(command->serve);
  if (served.ok()) return 0;
  std::fprintf(stderr, USERSD_NAME ": %s\n", users::InOneLine(served.error()).c_str());
  return served.error().exit_code;
}
