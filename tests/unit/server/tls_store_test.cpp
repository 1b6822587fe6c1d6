#include "server/tls_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "support/certificate.h"
#include "support/files.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users::server {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr Timestamp kNow{days{20'000}};

TEST(ExpiryReminder, WarnsDailyInTheLastTwoWeeks) {
  ExpiryReminder reminder;
  const Timestamp expiry = kNow + days(14);
  EXPECT_FALSE(reminder.IsDue(kNow, expiry));
  Timestamp now = kNow + std::chrono::milliseconds(1);
  EXPECT_TRUE(reminder.IsDue(now, expiry));
  EXPECT_FALSE(reminder.IsDue(now, expiry));
  EXPECT_FALSE(reminder.IsDue(now + hours(23), expiry));
  int warnings = 0;
  for (; now < expiry + days(3); now += hours(1)) warnings += reminder.IsDue(now, expiry) ? 1 : 0;
  EXPECT_EQ(warnings, 16) << "it continues after the expiry";
}

TEST(ExpiryReminder, WarnsImmediatelyAboutAnotherCertificate) {
  ExpiryReminder reminder;
  EXPECT_TRUE(reminder.IsDue(kNow, kNow + days(1)));
  EXPECT_FALSE(reminder.IsDue(kNow, kNow + days(1)));
  EXPECT_TRUE(reminder.IsDue(kNow, kNow + days(2)));
  EXPECT_FALSE(reminder.IsDue(kNow, kNow + days(90)));
  EXPECT_TRUE(reminder.IsDue(kNow, kNow + days(2)));
}

TEST(ExpiryReminder, ContinuesWhenTheClockIsSetBack) {
  ExpiryReminder reminder;
  EXPECT_TRUE(reminder.IsDue(kNow, kNow + days(1)));
  EXPECT_TRUE(reminder.IsDue(kNow - days(10), kNow + days(1)));
}

class TlsStoreTest : public ::testing::Test {
 protected:
  TlsStoreTest() { Put(first_); }
  void Put(const users::testing::Certificate& pair) {
    testing::WriteAll(certificate_, testing::ReadAll(pair.file()));
    testing::WriteAll(key_, testing::ReadAll(pair.key_file()));
    ::chmod(key_.c_str(), 0600);
  }
  auto Open() { return TlsStore::Open(certificate_, key_, clock_, log_); }

  users::testing::Certificate first_{"DNS:first"};
  users::testing::Certificate second_{"DNS:second"};
  users::testing::TemporaryDirectory directory_;
  const std::string certificate_ = directory_ / "cert.pem";
  const std::string key_ = directory_ / "key.pem";
  const SystemClock clock_;
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
};

TEST_F(TlsStoreTest, LoadsBothFilesAndReportsTheirExpiry) {
  const auto store = Open();
  ASSERT_TRUE(store.ok());
  const auto left = (*store)->Current()->expires_at - clock_.Now();
  EXPECT_GT(left, days(1));
  EXPECT_LE(left, days(2));
  EXPECT_EQ(sink_.Count("tls_certificate"), 0U) << "a start that fails later has one line";
  (*store)->Watch();
  EXPECT_TRUE(sink_.WaitFor("tls_certificate_loaded"));
  EXPECT_TRUE(sink_.WaitFor("tls_certificate_expires_soon"));
}

TEST_F(TlsStoreTest, NamesTheFaultyFile) {
  testing::WriteAll(key_, testing::ReadAll(second_.key_file()));
  EXPECT_EQ(Open().error().message.find("--tls-key " + key_ + ": "), 0U);
  testing::WriteAll(key_, "");
  EXPECT_EQ(Open().error().message.find("--tls-key " + key_ + ": "), 0U);
  testing::WriteAll(certificate_, "nothing");
  EXPECT_EQ(Open().error().message.find("--tls-cert " + certificate_ + ": "), 0U);
  std::filesystem::remove(certificate_);
  EXPECT_EQ(Open().error().message, "--tls-cert " + certificate_ + ": No such file or directory");
}

TEST_F(TlsStoreTest, KeepsThePreviousPairUntilTheNewOneIsComplete) {
  const auto store = Open();
  ASSERT_TRUE(store.ok());
  (*store)->Watch();
  ASSERT_TRUE(sink_.WaitFor("tls_certificate_loaded"));
  const auto former = (*store)->Current();
  testing::WriteAll(certificate_, testing::ReadAll(second_.file()));
  (*store)->Reload();
  ASSERT_TRUE(sink_.WaitFor("tls_certificate_rejected"));
  EXPECT_EQ((*store)->Current(), former);
  Put(second_);
  (*store)->Reload();
  ASSERT_TRUE(sink_.WaitFor("tls_certificate_loaded", 2));
  EXPECT_NE((*store)->Current(), former);
}

}  // namespace
}  // namespace users::server
