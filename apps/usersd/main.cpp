#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "maintenance/backup.h"
#include "maintenance/check.h"
#include "maintenance/event_lines.h"
#include "options.h"
#include "wiring/migrate.h"
#include "wiring/serve.h"

namespace users {
namespace {

constexpr int kInterrupted = 128;  // plus the signal's number, as in shells
// The time that a backup may take to end by itself after its time limit.
constexpr std::chrono::seconds kTimeToEnd{10};

int Fail(const ProgramError& error) {
  std::fprintf(stderr, "usersd: %s\n", InOneLine(error).c_str());
  return error.exit_code;
}

// The first SIGINT or SIGTERM requests an orderly end. A second one has the default action.
volatile std::sig_atomic_t interrupted_by = 0;

void TakeInterrupts() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { interrupted_by = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

std::string Amounts(const maintenance::CheckSummary& summary) {
  return std::to_string(summary.users) + " users, " + std::to_string(summary.entries) +
         " audit entries, " + std::to_string(summary.items) + " items";
}

bool ShowCheckProgress(const maintenance::CheckSummary& so_far) {
  std::fprintf(stderr, "checked %s\n", Amounts(so_far).c_str());
  return interrupted_by == 0;
}

bool ShowCopied(const maintenance::BackupProgress& progress) {
  std::fprintf(stderr, "copied %" PRIu64 " files, %" PRIu64 " of %" PRIu64 " MB\n", progress.files,
               progress.bytes >> 20, progress.bytes_in_all >> 20);
  return interrupted_by == 0;
}

// Measures the time since its construction.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

int Check(const maintenance::CheckRequest& request) {
  const Stopwatch watch;
  const auto print = [](const service::Finding& finding) {
    std::printf("%s: %s\n", finding.place.c_str(), finding.what.c_str());
  };
  for (const std::string& file : request.event_files) {
    const auto readable = maintenance::CanReadEvents(file);
    if (!readable.ok()) return Fail(AtOption("--events", file, readable.error()));
  }
  const auto summary = maintenance::CheckData(request, print, ShowCheckProgress);
  if (!summary.ok()) return Fail(AtOption("--data", request.data_directory, summary.error()));
  std::printf("%s: %" PRIu64 " faults found in %.1f s\n", Amounts(*summary).c_str(),
              summary->findings, watch.seconds());
  return summary->findings == 0 ? 0 : kExitFault;
}

// Ends the program after `time`, in case the backup waits for something that hangs.
void EndAfter(std::chrono::seconds time) {
  struct sigaction action {};
  action.sa_handler = [](int) {
    constexpr std::string_view kMessage =
        "usersd: the backup hangs and took longer than --time-limit; what it has left is "
        "unfinished, and the next backup removes it\n";
    const ssize_t ignored = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    static_cast<void>(ignored);
    ::_exit(kExitCannotRun);
  };
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(static_cast<unsigned>(time.count()));
}

int BackUp(const maintenance::BackupRequest& request) {
  const Stopwatch watch;
  TakeInterrupts();
  EndAfter(request.time_limit + kTimeToEnd);
  const auto summary = maintenance::BackUp(request, ShowCopied, ShowCheckProgress);
  if (!summary.ok()) {
    const int code = Fail(summary.error());
    return interrupted_by != 0 ? kInterrupted + interrupted_by : code;
  }
  std::printf("%s copied and checked in %.1f s\n", Amounts(*summary).c_str(), watch.seconds());
  return 0;
}

std::string Amounts(const service::UpgradeProgress& progress) {
  return std::to_string(progress.users) + " users examined, " + std::to_string(progress.upgraded) +
         " upgraded, " + std::to_string(progress.removed) + " role items removed";
}

int Migrate(const wiring::ServeOptions& options) {
  const Stopwatch watch;
  TakeInterrupts();
  const auto show = [](const service::UpgradeProgress& progress) {
    std::fprintf(stderr, "%s\n", Amounts(progress).c_str());
    return interrupted_by == 0;
  };
  const auto totals = wiring::Migrate(options, show);
  if (interrupted_by != 0) {
    std::fputs("usersd: interrupted; run it again to continue\n", stderr);
    return kInterrupted + interrupted_by;
  }
  if (!totals.ok()) return Fail(totals.error());
  std::printf("%s in %.1f s\n", Amounts(*totals).c_str(), watch.seconds());
  if (totals->unreadable == 0) return 0;
  std::printf("%" PRIu64 " items could not be read and were left as they are\n",
              totals->unreadable);
  return kExitFault;
}

// Opens those of descriptors 0, 1 and 2 that are closed. Otherwise a socket or a file of the store
// could get such a number and receive printed text. Returns whether standard error can be written.
bool HoldStandardDescriptors() {
  const int flags = ::fcntl(STDERR_FILENO, F_GETFL);
  while (true) {
    const int lowest = ::open("/dev/null", O_RDWR);
    if (lowest > STDERR_FILENO) {
      ::close(lowest);
      break;
    }
    if (lowest < 0) break;
  }
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

int Run(int argc, char** argv) {
  const bool has_standard_error = HoldStandardDescriptors();
  const auto command = ParseCommandLine(argc, argv);
  if (!command.ok()) return Fail(command.error());
  ::umask(077);                   // only our user may access the files that we create
  std::signal(SIGXFSZ, SIG_IGN);  // exceeding the file size limit is an error, like a full disk
  switch (command->kind) {
    case Command::Kind::kPrintAndExit:
      std::fputs(command->text.c_str(), stdout);
      return 0;
    case Command::Kind::kCheck:
      return Check(command->check);
    case Command::Kind::kBackUp:
      return BackUp(command->backup);
    case Command::Kind::kMigrate:
      return Migrate(command->serve);
    case Command::Kind::kServe: {
      if (!has_standard_error) {
        // There is no other place for the reason.
        std::puts(
            "usersd: standard error is closed: open it, for example with 2>>FILE. The log goes "
            "there, and the log is the audit of reads");
        return kExitCannotRun;
      }
      const auto served = wiring::Serve(command->serve);
      return served.ok() ? 0 : Fail(served.error());
    }
  }
  return kExitCannotRun;
}

}  // namespace
}  // namespace users

int main(int argc, char** argv) {
  return users::Run(argc, argv);
}
