// The sink that writes the log to a file descriptor, with a reader that is stuck and on a full
// disk.
#include "base/log_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/files.h"
#include "support/temporary_directory.h"
#include "support/wait_until.h"

namespace users {
namespace {

class Pipe {
 public:
  explicit Pipe(int write_flags = 0) {
    if (::pipe(ends_.data()) != 0) std::abort();
    ::fcntl(ends_[1], F_SETFL, write_flags);
  }
  ~Pipe() {
    ::close(ends_[0]);
    CloseWriteEnd();
  }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void CloseWriteEnd() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  // Leaves the write end open for good.
  void ReleaseWriteEnd() { ends_[1] = -1; }
  std::string ReadToEnd() const {
    std::string all;
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t got = ::read(ends_[0], buffer.data(), buffer.size());
      if (got <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(FileDescriptorSink, WritesEverythingBeforeItIsDestroyed) {
  const testing::TemporaryDirectory directory;
  const int file = ::open((directory / "log").c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(file, 0);
  std::string expected;
  {
    const auto sink = MakeFileDescriptorSink(file);
    for (int i = 0; i < 5000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      sink->Write(line, LineKind::kEvent);
      expected += line;
    }
  }
  ::close(file);
  EXPECT_EQ(testing::ReadAll(directory / "log"), expected);
}

TEST(FileDescriptorSink, WritesLinesWhileItExists) {
  Pipe pipe;
  const auto sink = MakeFileDescriptorSink(pipe.write_end());
  sink->Write("one\n", LineKind::kEvent);
  std::thread closer([&] { sink->Write("two\n", LineKind::kEvent); });
  closer.join();
  // The sink still exists, and both lines must arrive nevertheless.
  std::string got;
  std::array<char, 16> buffer;
  while (got.size() < 8) {
    const ssize_t size = ::read(pipe.read_end(), buffer.data(), buffer.size());
    ASSERT_GT(size, 0);
    got.append(buffer.data(), static_cast<std::size_t>(size));
  }
  EXPECT_EQ(got, "one\ntwo\n");
}

// Waits for room, as a request does.
void WriteAudited(LogSink& sink, std::string_view line) {
  while (!sink.ReserveRoom()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  sink.Write(line, LineKind::kAudited);
}

// Writes more than the pipe and the sink can buffer. A slow reader loses no audited line.
void ExpectNoLineLost(Pipe& pipe, std::size_t bytes) {
  const std::string line(1023, 'x');
  std::string got;
  std::thread reader([&] { got = pipe.ReadToEnd(); });
  std::vector<std::thread> writers;
  {
    const auto sink = MakeFileDescriptorSink(pipe.write_end());
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&] {
        for (std::size_t n = 0; n < bytes / 1024 / 4; ++n) WriteAudited(*sink, line + "\n");
      });
    }
    for (auto& writer : writers) writer.join();
  }
  pipe.CloseWriteEnd();
  reader.join();
  EXPECT_EQ(got.size(), bytes);
  std::size_t torn = 0;
  for (std::size_t at = 0; at < got.size(); at += 1024) {
    torn += got.compare(at, 1024, line + "\n") == 0 ? 0 : 1;
  }
  EXPECT_EQ(torn, 0U);
}

TEST(FileDescriptorSink, LosesNoLineToASlowReader) {
  Pipe pipe;
  ExpectNoLineLost(pipe, 12U << 20);
}

// Standard error is non-blocking if a parent process that shares it has set O_NONBLOCK.
TEST(FileDescriptorSink, LosesNoLineOnANonBlockingDescriptor) {
  Pipe pipe(O_NONBLOCK);
  ExpectNoLineLost(pipe, 4U << 20);
}

TEST(FileDescriptorSink, IgnoresABrokenDescriptor) {
  const auto sink = MakeFileDescriptorSink(-1);
  sink->Write("this is not read\n", LineKind::kEvent);
}

// A pipe that is not read until the test does so, and a sink with a small buffer.
class StuckReader : public ::testing::Test {
 protected:
  static constexpr std::size_t kKept = 64 << 10;

  StuckReader() {
    std::signal(SIGPIPE, SIG_IGN);
    ::fcntl(pipe_.write_end(), F_SETPIPE_SZ, 4096);
    options_.max_unwritten_bytes = kKept;
    options_.stall_time = std::chrono::milliseconds(50);
    options_.flush_stall_time = std::chrono::milliseconds(50);
    sink_ = MakeFileDescriptorSink(pipe_.write_end(), options_);
  }
  // The sink's thread may still write after the sink is gone. It must not find the number of its
  // descriptor in use by the next test.
  ~StuckReader() override {
    sink_.reset();
    pipe_.ReleaseWriteEnd();
  }

  void Fill(LineKind kind, std::size_t bytes) {
    for (std::size_t n = 0; n < bytes; n += kLine.size()) sink_->Write(kLine, kind);
  }

  const std::string kLine = std::string(1023, 'x') + "\n";
  Pipe pipe_;
  LogSinkOptions options_;
  std::unique_ptr<LogSink> sink_;
};

TEST_F(StuckReader, BlocksNoWriter) {
  Fill(LineKind::kEvent, 4 * (kKept + (1 << 20)));  // must return
  const LogStatus status = sink_->Status();
  EXPECT_GT(status.lost, 0U);
  EXPECT_EQ(status.left_out, 0U);
  EXPECT_GE(status.unwritten_bytes, kKept);
  sink_.reset();  // must return too
}

TEST_F(StuckReader, IsReportedAfterTheStallTime) {
  EXPECT_TRUE(sink_->Status().is_written);
  Fill(LineKind::kEvent, 16 << 10);
  EXPECT_TRUE(testing::WaitUntil([&] { return !sink_->Status().is_written; }));
  EXPECT_FALSE(sink_->ReserveRoom()) << "the line of a served request would never be written";
}

TEST_F(StuckReader, DropsExpendableLinesFirst) {
  Fill(LineKind::kExpendable, 4 * kKept);
  EXPECT_LE(sink_->Status().unwritten_bytes, kKept / 2 + kLine.size());
  EXPECT_GT(sink_->Status().left_out, 0U);
  sink_->CountLeftOut();
  EXPECT_GT(sink_->Status().left_out, 4 * kKept / kLine.size() / 2);
  EXPECT_EQ(sink_->Status().lost, 0U);
}

TEST_F(StuckReader, LimitsTheRoomForRequests) {
  std::size_t taken = 0;
  while (sink_->ReserveRoom()) ++taken;
  EXPECT_GT(taken, 10U);
  EXPECT_LE(taken * 100, kKept);
  EXPECT_FALSE(sink_->ReserveRoom());
  sink_->ReleaseRoom();
  EXPECT_TRUE(sink_->ReserveRoom());
}

TEST_F(StuckReader, GetsEveryAuditedLineOnceItReads) {
  std::size_t written = 0;
  for (; sink_->ReserveRoom(); ++written) sink_->Write(kLine, LineKind::kAudited);
  EXPECT_GT(written, 10U);
  std::string got;
  std::thread reader([&] { got = pipe_.ReadToEnd(); });
  EXPECT_TRUE(testing::WaitUntil([&] { return sink_->Status().unwritten_bytes == 0; }));
  EXPECT_TRUE(sink_->Status().is_written);
  EXPECT_TRUE(sink_->ReserveRoom());
  sink_.reset();
  pipe_.CloseWriteEnd();
  reader.join();
  EXPECT_EQ(got.size(), written * kLine.size());
}

// A file that cannot grow, as on a full disk.
class FullDisk : public ::testing::Test {
 protected:
  static constexpr rlim_t kMaxBytes = 1500;  // one line and a half

  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    file_ = ::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    SetLimit(kMaxBytes);
  }
  ~FullDisk() override {
    SetLimit(before_.rlim_cur);
    ::close(file_);
  }
  void SetLimit(rlim_t limit) const {
    struct rlimit changed = before_;
    changed.rlim_cur = limit;
    ::setrlimit(RLIMIT_FSIZE, &changed);
  }

  struct rlimit before_ {};
  const testing::TemporaryDirectory directory_;
  int file_ = -1;
};

TEST_F(FullDisk, LosesNoLineThatTheSinkKeeps) {
  auto sink = MakeFileDescriptorSink(file_);
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::string line = std::to_string(i) + std::string(1000, 'x') + "\n";
    sink->Write(line, LineKind::kEvent);
    expected += line;
  }
  EXPECT_TRUE(testing::WaitUntil([&] { return sink->Status().failed_writes > 1; }));
  EXPECT_FALSE(sink->Status().is_written);
  EXPECT_FALSE(sink->ReserveRoom());
  SetLimit(before_.rlim_cur);
  EXPECT_TRUE(testing::WaitUntil([&] { return sink->Status().unwritten_bytes == 0; }));
  EXPECT_TRUE(sink->Status().is_written);
  EXPECT_TRUE(sink->ReserveRoom());
  sink.reset();
  EXPECT_EQ(testing::ReadAll(directory_ / "log"), expected);
}

TEST_F(FullDisk, DoesNotDelayTheEndOfTheSink) {
  auto sink = MakeFileDescriptorSink(file_);
  for (int i = 0; i < 20; ++i) sink->Write(std::string(1000, 'x') + "\n", LineKind::kEvent);
  sink.reset();  // must return
  EXPECT_EQ(testing::ReadAll(directory_ / "log").size(), kMaxBytes);
}

}  // namespace
}  // namespace users
