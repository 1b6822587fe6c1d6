// The search index is derived data: whatever happens to its files, it is right again after at most a
// rebuild, and the service continues meanwhile.
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>

#include "property/random_call.h"
#include "support/search_fixture.h"

namespace users::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kQueries[] = {"a", "ada", "ada user", "user1", "example", "x", "zoe"};

class SearchIndexTest : public ::testing::Test {
 protected:
  void Create(int users) {
    for (int i = 0; i < users; ++i) {
      RandomCall call;
      const std::string number = std::to_string(created_++);
      call.email = "user" + number + "@example.org";
      call.name = created_ % 3 == 0 ? "Zoë " + number : "Ada " + number;
      ASSERT_TRUE(RunTask(Perform(fixture_.users(), call, "c")).ok());
    }
  }

  // Creates a user of the name Ada in a store.
  static void CreateAda(ServiceFixture& fixture, const std::string& email) {
    RandomCall call;
    call.email = email;
    call.name = "Ada";
    ASSERT_TRUE(RunTask(Perform(fixture.users(), call, "c")).ok());
  }

  void Rename(const std::string& user_id, const std::string& name) {
    RandomCall call;
    call.kind = RandomCall::Kind::kUpdate;
    call.target = user_id;
    call.name = name;
    ASSERT_TRUE(RunTask(Perform(fixture_.users(), call, "c")).ok());
  }

  bool IsRight() {
    return std::all_of(std::begin(kQueries), std::end(kQueries), [&](std::string_view text) {
      return search_.SearchAll(std::string(text), 10) == search_.Compare(std::string(text));
    });
  }

  void ExpectBuilds(std::uint64_t builds) {
    ASSERT_TRUE(search_.WaitUntilCurrent());
    EXPECT_TRUE(IsRight());
    EXPECT_EQ(search_.index().statistics().builds, builds);
  }

  ServiceFixture fixture_;
  SearchFixture search_{fixture_};
  int created_ = 0;
};

TEST_F(SearchIndexTest, FollowsChangesAndContinuesAfterARestart) {
  Create(3);
  search_.Start();
  ExpectBuilds(1);
  Create(3);
  ExpectBuilds(1);
  search_.Stop();
  Create(3);
  search_.Start();
  ExpectBuilds(0);
}

TEST_F(SearchIndexTest, ContinuesAfterAKill) {
  Create(3);
  search_.Start();
  ASSERT_TRUE(search_.WaitUntilCurrent());
  Create(3);
  ASSERT_TRUE(search_.WaitUntilCurrent());
  // The files as a kill would leave them: the last changes are only in memory.
  SearchFixture after_kill(fixture_);
  fs::copy(search_.directory(), after_kill.directory());
  Create(3);
  after_kill.Start();
  ASSERT_TRUE(after_kill.WaitUntilCurrent());
  EXPECT_EQ(after_kill.SearchAll("ada"), after_kill.Compare("ada"));
  EXPECT_EQ(after_kill.index().statistics().builds, 0U);
}

TEST_F(SearchIndexTest, ContinuesAnInterruptedBuild) {
  Create(1200);
  search_.Start();
  ASSERT_TRUE(WaitUntil([&] { return search_.index().statistics().users >= 500; }));
  search_.Stop();
  search_.Start();
  ExpectBuilds(0);
}

TEST_F(SearchIndexTest, RejectsSearchesUntilItIsReady) {
  Create(1);
  search_.Start();
  WaitUntil([&] {
    const auto page = search_.Search("ada");
    EXPECT_TRUE(page.ok() || page.error().code == ErrorCode::kUnavailable);
    return page.ok();
  });
  ExpectBuilds(1);
}

TEST_F(SearchIndexTest, OfAnotherStoreIsBuiltAgain) {
  ServiceFixture other;
  SearchFixture index_of_other(other);
  CreateAda(other, "ada@example.org");
  index_of_other.Start();
  ASSERT_TRUE(index_of_other.WaitUntilCurrent());
  CreateAda(other, "bob@example.org");
  ASSERT_TRUE(index_of_other.WaitUntilCurrent());
  index_of_other.Stop();
  // This store has as many changes, so the position does not show the difference.
  Create(2);
  fs::copy(index_of_other.directory(), search_.directory());
  search_.Start();
  ExpectBuilds(1);
}

TEST_F(SearchIndexTest, AheadOfTheStoreIsBuiltAgain) {
  ServiceFixture other;
  SearchFixture index_of_other(other);
  CreateAda(other, "ada@example.org");
  index_of_other.Start();
  ASSERT_TRUE(index_of_other.WaitUntilCurrent());
  index_of_other.Stop();
  fs::copy(index_of_other.directory(), search_.directory());
  search_.Start();
  ExpectBuilds(1);
}

TEST_F(SearchIndexTest, IsBuiltAgainIfTheFeedLacksChanges) {
  Create(2);
  search_.Start();
  ASSERT_TRUE(search_.WaitUntilCurrent());
  search_.Stop();
  Create(2);
  ASSERT_TRUE(fixture_.store().Remove(fixture_.store().NewestPosition()).ok());
  search_.Start();
  ExpectBuilds(1);
}

// Each file of the index is removed, cut short, emptied or overwritten.
TEST_F(SearchIndexTest, IsBuiltAgainAfterAnyDamage) {
  Create(60);
  search_.Start();
  ASSERT_TRUE(search_.WaitUntilCurrent());
  search_.Stop();
  const std::string good = search_.directory() + ".good";
  fs::copy(search_.directory(), good);

  using Harm = std::function<void(const fs::path&)>;
  const auto overwrite = [](const fs::path& path, std::uintmax_t from, std::uintmax_t to) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = from; at < to; ++at) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put('\x5A');
    }
  };
  const std::vector<std::pair<const char*, Harm>> harms = {
      {"removed", [](const fs::path& path) { fs::remove(path); }},
      {"cut", [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); }},
      {"emptied", [](const fs::path& path) { fs::resize_file(path, 0); }},
      {"begin", [&](const fs::path& path) { overwrite(path, 0, 50); }},
      {"end",
       [&](const fs::path& path) {
         const auto size = fs::file_size(path);
         overwrite(path, size - std::min<std::uintmax_t>(size, 40), size);
       }},
      {"a directory",
       [](const fs::path& path) {
         fs::remove(path);
         fs::create_directory(path);
       }},
  };
  for (const auto& entry : fs::directory_iterator(good)) {
    for (const auto& [name, harm] : harms) {
      SCOPED_TRACE(entry.path().filename().string() + " " + name);
      fs::remove_all(search_.directory());
      fs::copy(good, search_.directory());
      harm(fs::path(search_.directory()) / entry.path().filename());
      search_.Start();
      // Damage may be found only when a search reads it.
      EXPECT_TRUE(WaitUntil([&] { return IsRight(); }));
      Create(1);
      ASSERT_TRUE(search_.WaitUntilCurrent());
      EXPECT_TRUE(IsRight());
      search_.Stop();
    }
  }
}

TEST_F(SearchIndexTest, IsBuiltInPlaceOfAFile) {
  Create(2);
  std::ofstream(search_.directory()) << "a file";
  search_.Start();
  ExpectBuilds(1);
}

TEST_F(SearchIndexTest, RemovesNoFilesBehindALink) {
  Create(2);
  const TemporaryDirectory elsewhere;
  std::ofstream(elsewhere / "precious") << "not ours";
  std::ofstream(elsewhere / "CURRENT") << "no database";
  fs::create_directory_symlink(elsewhere.path(), search_.directory());
  search_.Start();
  ExpectBuilds(1);
  EXPECT_TRUE(fs::exists(elsewhere / "precious"));
}

TEST_F(SearchIndexTest, DoesNotTrustFilesThatOthersMayWrite) {
  Create(2);
  search_.Start();
  ASSERT_TRUE(search_.WaitUntilCurrent());
  search_.Stop();
  fs::permissions(search_.directory() + "/CURRENT", fs::perms::others_write, fs::perm_options::add);
  search_.Start();
  ExpectBuilds(1);
}

TEST_F(SearchIndexTest, RemovedWhileItIsOpenIsBuiltAgainAtTheNextStart) {
  Create(2);
  search_.Start();
  ASSERT_TRUE(search_.WaitUntilCurrent());
  fs::remove_all(search_.directory());
  Create(2);
  ASSERT_TRUE(search_.WaitUntilCurrent());
  EXPECT_TRUE(IsRight());
  search_.Stop();
  search_.Start();
  ExpectBuilds(1);
}

// A disk that accepts no new files while it is full.
class FullDisk final : public rocksdb::EnvWrapper {
 public:
  FullDisk() : EnvWrapper(rocksdb::Env::Default()) {}
  rocksdb::Status NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* file,
                                  const rocksdb::EnvOptions& options) override {
    if (is_full) return rocksdb::Status::NoSpace("the disk is full");
    return EnvWrapper::NewWritableFile(name, file, options);
  }
  std::atomic<bool> is_full{false};
};

TEST_F(SearchIndexTest, RecoversFromAFullDisk) {
  FullDisk disk;
  SearchFixture search(fixture_, 1, &disk);
  Create(2);
  disk.is_full = true;
  search.Start();
  ASSERT_TRUE(WaitUntil([&] { return search.index().statistics().failures >= 2; }));
  EXPECT_EQ(search.Search("ada").error().code, ErrorCode::kUnavailable);
  Create(2);
  disk.is_full = false;
  ASSERT_TRUE(search.WaitUntilCurrent());
  EXPECT_EQ(search.SearchAll("ada"), search.Compare("ada"));
  // The index cannot be made durable, so the next start builds it.
  disk.is_full = true;
  Create(2);
  ASSERT_TRUE(search.WaitUntilCurrent());
  search.Stop();
  disk.is_full = false;
  search.Start();
  ASSERT_TRUE(search.WaitUntilCurrent());
  EXPECT_EQ(search.SearchAll("ada"), search.Compare("ada"));
}

}  // namespace
}  // namespace users::testing
