#include "audit/file_target.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/temporary_directory.h"

namespace {

// The size of the file at the last fdatasync().
std::atomic<off_t> synced_bytes{0};
std::atomic<bool> sync_fails{false};

}  // namespace

// Replaces the C library's function.
extern "C" int fdatasync(int file) {
  if (sync_fails) {
    errno = EIO;
    return -1;
  }
  struct stat about {};
  if (::fstat(file, &about) != 0) return -1;
  synced_bytes = about.st_size;
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace users::audit {
namespace {

class FileTargetTest : public ::testing::Test {
 protected:
  std::unique_ptr<EventTarget> Open() {
    auto target = OpenFileTarget(path_);
    EXPECT_TRUE(target.ok());
    return target.ok() ? std::move(*target) : nullptr;
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "events.jsonl";
};

TEST_F(FileTargetTest, WritesOneLinePerEvent) {
  const auto target = Open();
  EXPECT_TRUE(target->Deliver({R"({"a":1})", R"({"b":2})"}).ok());
  EXPECT_EQ(testing::ReadAll(path_), "{\"a\":1}\n{\"b\":2}\n");
  EXPECT_TRUE(target->Deliver({}).ok());
  EXPECT_TRUE(target->Deliver({R"({"c":3})"}).ok());
  EXPECT_EQ(testing::ReadAll(path_), "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
}

TEST_F(FileTargetTest, ReportsDeliveryOnlyOnceEventsAreDurable) {
  const auto target = Open();
  ASSERT_TRUE(target->Deliver({"one"}).ok());
  EXPECT_EQ(synced_bytes, 4);
  ASSERT_TRUE(target->Deliver({"two", "three"}).ok());
  EXPECT_EQ(synced_bytes, 14);
  sync_fails = true;
  EXPECT_FALSE(target->Deliver({"four"}).ok());
  sync_fails = false;
  ASSERT_TRUE(target->Deliver({"four"}).ok());
  EXPECT_EQ(synced_bytes, 19);
  EXPECT_EQ(testing::ReadAll(path_), "one\ntwo\nthree\nfour\n");
}

TEST_F(FileTargetTest, CreatesFileReadableByItsOwnerOnly) {
  Open();
  EXPECT_EQ(testing::ModeOf(path_), 0600U);
}

TEST_F(FileTargetTest, AppendsAfterRestart) {
  EXPECT_TRUE(Open()->Deliver({"one"}).ok());
  EXPECT_TRUE(Open()->Deliver({"two"}).ok());
  EXPECT_EQ(testing::ReadAll(path_), "one\ntwo\n");
}

TEST_F(FileTargetTest, TruncatesATornLastLine) {
  const std::string large(200'000, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"torn", ""},
      {"\n", "\n"},
      {"one\n", "one\n"},
      {"one\ntwo\nto", "one\ntwo\n"},
      {"one\n" + large, "one\n"},
      {large, ""},
      {large + "\n" + large, large + "\n"},
      {large + "\n", large + "\n"},
      {std::string(65'536, 'x') + "\n" + std::string(65'535, 'y'), std::string(65'536, 'x') + "\n"},
      {std::string(65'536, 'x') + "\n" + std::string(65'536, 'y'), std::string(65'536, 'x') + "\n"},
  };
  for (const auto& [before, after] : cases) {
    testing::WriteAll(path_, before);
    const auto target = Open();
    EXPECT_TRUE(testing::ReadAll(path_) == after) << before.substr(0, 20);
    EXPECT_TRUE(target->Deliver({"next"}).ok());
    EXPECT_TRUE(testing::ReadAll(path_) == after + "next\n") << before.substr(0, 20);
  }
}

// A limit on the file size simulates a full disk.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST_F(FileTargetTest, LeavesNoTornLineAfterFailedDelivery) {
  const auto target = Open();
  ASSERT_TRUE(target->Deliver({"one"}).ok());
  const std::vector<std::string> events = {std::string(100, 'a'), std::string(100, 'b')};
  {
    const SizeLimit full_disk(150);
    for (int i = 0; i < 2; ++i) {
      const Status delivered = target->Deliver(events);
      ASSERT_FALSE(delivered.ok());
      EXPECT_EQ(delivered.error().code, ErrorCode::kUnavailable);
    }
  }
  EXPECT_TRUE(target->Deliver(events).ok());
  EXPECT_EQ(testing::ReadAll(path_), "one\n" + events[0] + "\n" + events[1] + "\n");
}

TEST_F(FileTargetTest, TruncatesRestOfAFailedDeliveryOnOpen) {
  {
    const auto target = Open();
    const SizeLimit full_disk(50);
    EXPECT_FALSE(target->Deliver({std::string(20, 'a'), std::string(100, 'b')}).ok());
  }
  Open();
  EXPECT_EQ(testing::ReadAll(path_), std::string(20, 'a') + "\n");
}

TEST_F(FileTargetTest, StartsANewFileAfterRename) {
  const auto target = Open();
  const std::string old = directory_ / "old.jsonl";
  ASSERT_TRUE(target->Deliver({"one"}).ok());
  ASSERT_EQ(std::rename(path_.c_str(), old.c_str()), 0);
  ASSERT_TRUE(target->Deliver({"two"}).ok());
  ASSERT_TRUE(target->Deliver({"three"}).ok());
  EXPECT_EQ(testing::ReadAll(old), "one\n");
  EXPECT_EQ(testing::ReadAll(path_), "two\nthree\n");
  EXPECT_EQ(testing::ModeOf(path_), 0600U);
}

TEST_F(FileTargetTest, AppendsToAReplacementFile) {
  const auto target = Open();
  ASSERT_TRUE(target->Deliver({"one"}).ok());
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  testing::WriteAll(path_, "other\ntorn");
  ASSERT_TRUE(target->Deliver({"two"}).ok());
  EXPECT_EQ(testing::ReadAll(path_), "other\ntwo\n");
}

TEST_F(FileTargetTest, WritesNothingUntilTheNewFileExists) {
  const auto target = Open();
  const std::string old = directory_ / "old.jsonl";
  ASSERT_EQ(std::rename(path_.c_str(), old.c_str()), 0);
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  EXPECT_FALSE(target->Deliver({"one"}).ok());
  EXPECT_EQ(testing::ReadAll(old), "");
  ASSERT_EQ(::rmdir(path_.c_str()), 0);
  EXPECT_TRUE(target->Deliver({"one"}).ok());
  EXPECT_EQ(testing::ReadAll(path_), "one\n");
}

// The file is copied and truncated by log rotation, with a torn line before and after.
TEST_F(FileTargetTest, AppendsAfterTruncation) {
  const auto target = Open();
  const std::vector<std::string> events = {std::string(100, 'a')};
  ASSERT_TRUE(target->Deliver({"one", "two"}).ok());
  {
    const SizeLimit full_disk(50);
    EXPECT_FALSE(target->Deliver(events).ok());
    ASSERT_EQ(::truncate(path_.c_str(), 0), 0);
    EXPECT_FALSE(target->Deliver(events).ok());
  }
  EXPECT_TRUE(target->Deliver(events).ok());
  EXPECT_EQ(testing::ReadAll(path_), events[0] + "\n");
}

TEST_F(FileTargetTest, NamesTheReasonIfOpenFails) {
  const auto missing = OpenFileTarget(directory_ / "missing/events.jsonl");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "the event file events.jsonl: No such file or directory");
  const auto directory = OpenFileTarget(directory_.path());
  EXPECT_FALSE(directory.ok());
}

// Otherwise, anyone who can create a link there chooses which file is truncated and written to.
TEST_F(FileTargetTest, FollowsNoSymlink) {
  const std::string victim = directory_ / "victim";
  testing::WriteAll(victim, "precious, without an end of line");
  std::filesystem::create_symlink(victim, path_);
  const auto linked = OpenFileTarget(path_);
  ASSERT_FALSE(linked.ok());
  EXPECT_NE(linked.error().message.find("is a symbolic link"), std::string::npos);
  EXPECT_EQ(testing::ReadAll(victim), "precious, without an end of line");

  std::filesystem::remove(path_);
  const auto target = Open();
  ASSERT_TRUE(target->Deliver({"{}"}).ok());
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(victim, path_);
  EXPECT_FALSE(target->Deliver({"{}"}).ok());
  EXPECT_EQ(testing::ReadAll(victim), "precious, without an end of line");
}

TEST_F(FileTargetTest, RejectsAFifoWithoutWaitingForIt) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto opened = OpenFileTarget(path_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("is not a regular file"), std::string::npos);
}

TEST_F(FileTargetTest, RejectsAFileThatOthersMayWrite) {
  testing::WriteAll(path_, "");
  ::chmod(path_.c_str(), 0620);
  EXPECT_FALSE(OpenFileTarget(path_).ok());
  ::chmod(path_.c_str(), 0644);
  EXPECT_TRUE(OpenFileTarget(path_).ok());
}

}  // namespace
}  // namespace users::audit
