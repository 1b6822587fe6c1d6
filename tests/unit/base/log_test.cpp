#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/json.h"
#include "support/files.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users {
namespace {

using namespace std::string_view_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Timestamp kNow{std::chrono::milliseconds(1'795'381'775'123)};

class LogTest : public ::testing::Test {
 protected:
  ManualClock clock_{kNow};
  users::testing::MemorySink sink_;
};

TEST_F(LogTest, WritesOneJsonObjectPerLine) {
  const Log log(sink_, clock_, LogLevel::kDebug);
  log.Info("request")
      .Text("operation", "users_list_query")
      .Number("status", -200)
      .Bool("a", true)
      .Bool("b", false);
  EXPECT_THAT(
      sink_.Lines(),
      ElementsAre("{\"time\":\"2026-11-22T21:09:35.123Z\",\"level\":\"info\","
                  "\"event\":\"request\",\"operation\":\"users_list_query\",\"status\":-200,"
                  "\"a\":true,\"b\":false}\n"));
}

TEST_F(LogTest, EscapesAnyText) {
  const Log log(sink_, clock_, LogLevel::kDebug);
  log.Warning("e\"vent").Text("t", "a\nb\"c\\d\0\x1B[31m"sv);
  ASSERT_EQ(sink_.Lines().size(), 1U);
  const std::string line = sink_.Lines()[0];
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto parsed = json::Parse(line);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(std::string_view(parsed->value.at("t").as_string()), "a\nb\"c\\d\0\x1B[31m"sv);
  EXPECT_EQ(parsed->value.at("event").as_string(), "e\"vent");
}

TEST_F(LogTest, WritesALineAtTheEndOfItsScope) {
  const Log log(sink_, clock_, LogLevel::kDebug);
  {
    auto line = log.Info("request");
    line.Number("status", 200);
    EXPECT_THAT(sink_.Lines(), IsEmpty());
  }
  EXPECT_EQ(sink_.Lines().size(), 1U);
}

TEST_F(LogTest, OmitsLinesBelowItsLevel) {
  constexpr std::array kLevels = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                  LogLevel::kError};
  for (std::size_t least = 0; least < kLevels.size(); ++least) {
    users::testing::MemorySink sink;
    const Log log(sink, clock_, kLevels[least]);
    log.Debug("e").Text("t", "").Number("n", 1).Bool("b", true);
    log.Info("e");
    log.Warning("e");
    log.Error("e");
    EXPECT_EQ(sink.Lines().size(), kLevels.size() - least);
    for (std::size_t i = 0; i < kLevels.size(); ++i) EXPECT_EQ(log.Writes(kLevels[i]), i >= least);
  }
}

TEST_F(LogTest, NamesItsLevels) {
  const Log log(sink_, clock_, LogLevel::kDebug);
  log.Debug("e");
  log.Info("e");
  log.Warning("e");
  log.Error("e");
  for (const char* name : {"debug", "info", "warning", "error"}) {
    EXPECT_EQ(sink_.Count("\"level\":\"" + std::string(name) + "\""), 1U);
    EXPECT_TRUE(ParseLogLevel(name));
  }
  EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
  for (const std::string_view other : {"", "Info", "warn", "trace", "info ", "0"}) {
    EXPECT_FALSE(ParseLogLevel(other)) << other;
  }
}

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

TEST(FileDescriptorSink, HasWrittenEverythingWhenItIsGone) {
  const testing::TemporaryDirectory directory;
  const int file = ::open((directory / "log").c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(file, 0);
  std::string expected;
  {
    const auto sink = MakeFileDescriptorSink(file);
    for (int i = 0; i < 5000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      sink->Write(line);
      expected += line;
    }
  }
  ::close(file);
  EXPECT_EQ(test::ReadAll(directory / "log"), expected);
}

TEST(FileDescriptorSink, WritesWithoutBeingAskedTwice) {
  Pipe pipe;
  const auto sink = MakeFileDescriptorSink(pipe.write_end());
  sink->Write("one\n");
  std::thread closer([&] { sink->Write("two\n"); });
  closer.join();
  // The sink lives on; both lines must come all the same.
  std::string got;
  std::array<char, 16> buffer;
  while (got.size() < 8) {
    const ssize_t size = ::read(pipe.read_end(), buffer.data(), buffer.size());
    ASSERT_GT(size, 0);
    got.append(buffer.data(), static_cast<std::size_t>(size));
  }
  EXPECT_EQ(got, "one\ntwo\n");
}

// More than a pipe holds and more than the sink keeps: a slow reader loses nothing.
void ExpectNoLineLost(Pipe& pipe, std::size_t bytes) {
  const std::string line(1023, 'x');
  std::string got;
  std::thread reader([&] { got = pipe.ReadToEnd(); });
  std::vector<std::thread> writers;
  {
    const auto sink = MakeFileDescriptorSink(pipe.write_end());
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&] {
        for (std::size_t n = 0; n < bytes / 1024 / 4; ++n) sink->Write(line + "\n");
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

TEST(FileDescriptorSink, LosesNoLineOfManyThreadsToASlowReader) {
  Pipe pipe;
  ExpectNoLineLost(pipe, 12U << 20);
}

// Standard error is non-blocking where a parent that shares it has made it so.
TEST(FileDescriptorSink, LosesNoLineWhereTheDescriptorDoesNotBlock) {
  Pipe pipe(O_NONBLOCK);
  ExpectNoLineLost(pipe, 4U << 20);
}

TEST(FileDescriptorSink, OutlivesABrokenDescriptor) {
  const auto sink = MakeFileDescriptorSink(-1);
  sink->Write("nobody hears this\n");
}

}  // namespace
}  // namespace users
