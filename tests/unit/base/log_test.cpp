#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "support/memory_sink.h"

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

// Counts how often room is reserved and released.
class RoomSink final : public LogSink {
 public:
  void Write(std::string_view, LineKind kind) override { kinds.push_back(kind); }
  bool ReserveRoom() override {
    ++taken;
    return has_room;
  }
  void ReleaseRoom() override { ++given_back; }

  bool has_room = true;
  int taken = 0;
  int given_back = 0;
  std::vector<LineKind> kinds;
};

TEST_F(LogTest, UsesOrReleasesReservedRoom) {
  RoomSink sink;
  const Log log(sink, clock_, LogLevel::kInfo);
  auto room = log.ReserveRoom();
  ASSERT_TRUE(room.has_value());
  log.Audited(std::move(*room), "request");
  room.reset();
  EXPECT_THAT(sink.kinds, ElementsAre(LineKind::kAudited));
  EXPECT_EQ(sink.given_back, 0);
  log.ReserveRoom();
  EXPECT_EQ(sink.taken, 2);
  EXPECT_EQ(sink.given_back, 1);
  sink.has_room = false;
  EXPECT_FALSE(log.ReserveRoom().has_value());
  EXPECT_EQ(sink.given_back, 1);
}

TEST_F(LogTest, ReservesNoRoomForOmittedLines) {
  RoomSink sink;
  sink.has_room = false;
  const Log log(sink, clock_, LogLevel::kWarning);
  auto room = log.ReserveRoom();
  ASSERT_TRUE(room.has_value());
  log.Audited(std::move(*room), "request");
  EXPECT_EQ(sink.taken, 0);
  EXPECT_THAT(sink.kinds, IsEmpty());
}

TEST_F(LogTest, MarksExpendableLines) {
  RoomSink sink;
  const Log log(sink, clock_, LogLevel::kInfo);
  log.Expendable("request");
  log.Error("store_write_failed");
  EXPECT_THAT(sink.kinds, ElementsAre(LineKind::kExpendable, LineKind::kEvent));
}

}  // namespace
}  // namespace users
