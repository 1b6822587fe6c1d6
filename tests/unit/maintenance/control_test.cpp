// The time limits of snapshots.
#include "maintenance/control.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "support/memory_sink.h"
#include "support/temporary_directory.h"
#include "support/wait_until.h"

namespace users::maintenance {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class ControlTest : public ::testing::Test {
 protected:
  ~ControlTest() override { hangs_ = false; }

  std::unique_ptr<ControlServer> Start(const ControlOptions& options) {
    const auto link_files = [this](const std::string& directory) -> Status {
      while (hangs_) std::this_thread::sleep_for(milliseconds(1));
      fs::create_directory(directory);
      ++made_;
      return Done{};
    };
    auto server = ControlServer::Start(directory_.path(), link_files, log_, options);
    EXPECT_TRUE(server.ok());
    return server.ok() ? std::move(*server) : nullptr;
  }
  std::size_t Snapshots() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      if (entry.path().filename().string().starts_with(kSnapshotPrefix)) ++count;
    }
    return count;
  }

  const testing::TemporaryDirectory directory_;
  const ManualClock clock_{Timestamp(milliseconds(1'795'381'775'123))};
  testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kInfo};
  std::atomic<bool> hangs_{false};
  std::atomic<int> made_{0};
};

TEST_F(ControlTest, AbandonsASnapshotThatTakesTooLong) {
  ControlOptions options;
  options.making_time = milliseconds(50);
  const auto server = Start(options);
  hangs_ = true;
  for (int i = 0; i < 2; ++i) {
    const auto snapshot = RemoteSnapshot::Request(directory_.path());
    EXPECT_TRUE(!snapshot.ok() &&
                snapshot.error().message.find("takes too long") != std::string::npos);
  }
  hangs_ = false;
  EXPECT_TRUE(testing::WaitUntil([&] { return made_ == 1; }));
  EXPECT_TRUE(testing::WaitUntil([&] { return Snapshots() == 0; })) << "the server must remove it";
  const auto snapshot = RemoteSnapshot::Request(directory_.path());
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE(fs::exists((*snapshot)->directory()));
}

TEST_F(ControlTest, RemovesASnapshotThatIsTooOld) {
  ControlOptions options;
  options.snapshot_time = milliseconds(50);
  const auto server = Start(options);
  const auto snapshot = RemoteSnapshot::Request(directory_.path());
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE(testing::WaitUntil([&] { return !(*snapshot)->is_there(); }));
  EXPECT_TRUE(testing::WaitUntil([&] { return Snapshots() == 0; }));
  EXPECT_TRUE(sink_.WaitFor("snapshot_expired"));
}

TEST_F(ControlTest, KeepsASnapshotWhileItsCallerIsConnected) {
  const auto server = Start(ControlOptions());
  auto snapshot = RemoteSnapshot::Request(directory_.path());
  ASSERT_TRUE(snapshot.ok());
  EXPECT_TRUE((*snapshot)->is_there());
  EXPECT_EQ(Snapshots(), 1U);
  snapshot->reset();
  EXPECT_TRUE(testing::WaitUntil([&] { return Snapshots() == 0; }));
}

}  // namespace
}  // namespace users::maintenance
