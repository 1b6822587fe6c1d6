#include "server/principal_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/files.h"
#include "support/files.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users::server {
namespace {

constexpr const char* kKeyId = "AKIAIOSFODNN7EXAMPLE";

std::string FileOf(std::string_view arn, std::string_view secret = "a-secret-of-27-characters-1") {
  return R"({"version":1,"principals":[{"arn":")" + std::string(arn) +
         R"(","accessKeys":[{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":")" +
         std::string(secret) +
         R"("}],"policy":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*",)"
         R"("Resource":"*"}}}]})";
}

constexpr std::string_view kAlice = "arn:aws:iam::123456789012:user/alice";
constexpr std::string_view kBob = "arn:aws:iam::123456789012:user/bob";

class PrincipalStoreTest : public ::testing::Test {
 protected:
  // Opens the store and waits until its watcher has made its first check.
  void Open() {
    auto store = PrincipalStore::Open(path_, log_);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
    ASSERT_TRUE(sink_.WaitFor("principals_loaded"));
  }

  std::string Owner() const {
    const auto current = store_->Current();
    const AccessKey* key = current->FindKey(kKeyId);
    return key == nullptr ? "" : key->principal->arn;
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "principals.json";
  const SystemClock clock_;
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  std::unique_ptr<PrincipalStore> store_;
};

TEST_F(PrincipalStoreTest, ReadsItsFile) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  EXPECT_EQ(Owner(), kAlice);
  EXPECT_GE(store_->generation(), 1U);
}

TEST_F(PrincipalStoreTest, FailsToOpenAFaultyFile) {
  const auto missing = PrincipalStore::Open(path_, log_);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "No such file or directory");
  for (const std::string& text :
       {std::string(), std::string("{"), FileOf("alice", "the-only-secret-here"),
        FileOf(kAlice, "short-secret")}) {
    testing::WriteAll(path_, text);
    const auto opened = PrincipalStore::Open(path_, log_);
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
    EXPECT_FALSE(opened.error().message.empty());
    EXPECT_EQ(opened.error().message.find("secret-"), std::string::npos);
    EXPECT_EQ(opened.error().message.find('\n'), std::string::npos);
  }
  testing::WriteAll(path_, FileOf("alice"));
  EXPECT_EQ(PrincipalStore::Open(path_, log_).error().message.find("principals[0].arn "), 0U);
}

// Without a signal or a call: the watcher detects the change by itself.
TEST_F(PrincipalStoreTest, LoadsAChangedFile) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  const std::uint64_t generation = store_->generation();
  testing::WriteAll(path_, FileOf(kBob));
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  EXPECT_EQ(Owner(), kBob);
  EXPECT_GT(store_->generation(), generation);
}

TEST_F(PrincipalStoreTest, LoadsAReplacedFile) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  ASSERT_TRUE(WriteFileAtomically(path_, FileOf(kBob), 0600).ok());
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  EXPECT_EQ(Owner(), kBob);
}

TEST_F(PrincipalStoreTest, ReloadsAnUnchangedFileOnRequest) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  const std::uint64_t generation = store_->generation();
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  EXPECT_GT(store_->generation(), generation);
  EXPECT_EQ(Owner(), kAlice);
}

TEST_F(PrincipalStoreTest, KeepsThePreviousPrincipalsIfTheFileIsInvalid) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  const std::uint64_t generation = store_->generation();
  const auto former = store_->Current();
  std::size_t rejected = 0;
  const auto expect_rejected = [&](const char* why) {
    store_->Reload();
    ASSERT_TRUE(sink_.WaitFor("\"event\":\"principals_rejected\"", ++rejected)) << why;
    EXPECT_EQ(store_->Current(), former) << why;
    EXPECT_EQ(store_->generation(), generation) << why;
  };
  testing::WriteAll(path_, FileOf("bob"));
  expect_rejected("faulty");
  testing::WriteAll(path_, FileOf(kBob).substr(0, 100));
  expect_rejected("cut off");
  testing::WriteAll(path_, "");
  expect_rejected("empty");
  std::filesystem::remove(path_);
  expect_rejected("missing");
  std::filesystem::create_directory(path_);
  expect_rejected("a directory");
  std::filesystem::remove(path_);

  testing::WriteAll(path_, FileOf(kBob));
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  EXPECT_EQ(Owner(), kBob);
}

TEST_F(PrincipalStoreTest, LogsNoSecrets) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  testing::WriteAll(path_, FileOf("x", "another-secret-of-someone"));
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_rejected"));
  testing::WriteAll(path_, FileOf(kBob, "yet-another-secret-of-mine"));
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  EXPECT_EQ(sink_.Count("secret-of"), 0U);
}

// Holders of the previous principals may continue to use them.
TEST_F(PrincipalStoreTest, KeepsPreviousPrincipalsAliveForTheirHolders) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  const auto held = store_->Current();
  testing::WriteAll(path_, FileOf(kBob));
  store_->Reload();
  ASSERT_TRUE(sink_.WaitFor("principals_loaded", 2));
  store_.reset();
  EXPECT_EQ(held->FindKey(kKeyId)->principal->arn, kAlice);
}

TEST_F(PrincipalStoreTest, NeverShowsReadersAMixOfTwoFiles) {
  testing::WriteAll(path_, FileOf(kAlice));
  Open();
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const std::string owner = Owner();
        if (owner != kAlice && owner != kBob) ++wrong;
        std::this_thread::yield();
      }
    });
  }
  for (std::size_t round = 2; round <= 30; ++round) {
    ASSERT_TRUE(WriteFileAtomically(path_, FileOf(round % 2 == 0 ? kBob : kAlice), 0600).ok());
    store_->Reload();
    EXPECT_TRUE(sink_.WaitFor("principals_loaded", round));
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace users::server
