#include <cinttypes>
#include <cstdio>
#include <string>

#include "options.h"
#include "wiring/backup.h"
#include "wiring/check.h"
#include "wiring/serve.h"

namespace users {
namespace {

constexpr int kFound = 1;
// What was asked for cannot be done: a wrong option, a port in use, a directory that is locked.
constexpr int kUsageError = 2;

int Fail(const Error& error) {
  std::fprintf(stderr, "usersd: %s\n", InOneLine(error).c_str());
  return kUsageError;
}

void ShowCheckProgress(const wiring::CheckSummary& so_far) {
  std::fprintf(stderr, "checked %" PRIu64 " items, %" PRIu64 " users, %" PRIu64 " audit entries\n",
               so_far.items, so_far.users, so_far.entries);
}

void PrintSummary(const wiring::CheckSummary& summary) {
  std::printf("%" PRIu64 " users, %" PRIu64 " audit entries, %" PRIu64 " items: %" PRIu64
              " faults found\n",
              summary.users, summary.entries, summary.items, summary.findings);
}

int Check(const std::string& data) {
  const auto print = [](const service::Finding& finding) {
    std::printf("%s: %s\n", finding.place.c_str(), finding.what.c_str());
  };
  const auto summary = wiring::CheckData(data, print, ShowCheckProgress);
  if (!summary.ok()) {
    return Fail(Error::Unavailable("--data " + data + ": " + summary.error().message));
  }
  PrintSummary(*summary);
  return summary->findings == 0 ? 0 : kFound;
}

int BackUp(const std::string& data, const std::string& to) {
  const auto show = [](const wiring::BackupProgress& progress) {
    std::fprintf(stderr, "copied %" PRIu64 " files, %" PRIu64 " bytes\n", progress.files,
                 progress.bytes);
  };
  const auto summary = wiring::BackUp(data, to, show, ShowCheckProgress);
  if (!summary.ok()) return Fail(summary.error());
  PrintSummary(*summary);
  return 0;
}

int Run(int argc, char** argv) {
  const auto command = ParseCommandLine(argc, argv);
  if (!command.ok()) return Fail(command.error());
  switch (command->kind) {
    case Command::Kind::kPrintAndExit:
      std::fputs(command->text.c_str(), stdout);
      return 0;
    case Command::Kind::kCheck:
      return Check(command->data);
    case Command::Kind::kBackUp:
      return BackUp(command->data, command->to);
    case Command::Kind::kServe: {
      const auto served = wiring::Serve(command->serve);
      return served.ok() ? 0 : Fail(served.error());
    }
  }
  return kUsageError;
}

}  // namespace
}  // namespace users

int main(int argc, char** argv) {
  return users::Run(argc, argv);
}
