// `usersd check` on a store with damaged, truncated or missing files. It must report the damage for
// every file and every byte.
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "integrity/checked_store.h"
#include "integrity/sample_store.h"

namespace users::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kItems = 400;
constexpr std::size_t kPlacesInAFile = 16;

class FileDamage : public ::testing::Test {
 protected:
  FileDamage() { entries_ = SampleStore(data_, kItems).entries(); }

  // The database files with this beginning and ending, as paths in the data directory.
  std::vector<std::string> Files(const std::string& begin, const std::string& end) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(data_ + "/db")) {
      const std::string name = entry.path().filename();
      if (name.starts_with(begin) && name.ends_with(end)) names.push_back("db/" + name);
    }
    EXPECT_FALSE(names.empty());
    return names;
  }

  std::string Content(const std::string& name) const { return *ReadFile(data_ + "/" + name); }

  static void Write(const StoreCopy& copy, const std::string& name, const std::string& content) {
    std::ofstream(copy.path() + "/" + name, std::ios::binary | std::ios::trunc) << content;
  }

  Checked AfterWriting(const std::string& name, const std::string& content) const {
    const StoreCopy copy(data_);
    Write(copy, name, content);
    return Check(copy.path());
  }

  Checked AfterRemoving(const std::string& name) const {
    const StoreCopy copy(data_);
    EXPECT_TRUE(fs::remove(copy.path() + "/" + name)) << name;
    return Check(copy.path());
  }

  static void ExpectFound(const Checked& checked, const std::string& what) {
    EXPECT_EQ(checked.error, std::nullopt) << what;
    EXPECT_GT(checked.summary.findings, 0U) << what;
    EXPECT_EQ(checked.summary.findings, checked.findings.size()) << what;
  }

 private:
  TemporaryDirectory directory_;

 protected:
  const std::string data_ = directory_ / "data";
  std::uint64_t entries_ = 0;
};

TEST_F(FileDamage, IsFoundWhereBytesAreFlipped) {
  for (const std::string& name : Files("", ".sst")) {
    const std::string content = Content(name);
    for (std::size_t i = 0; i < kPlacesInAFile; ++i) {
      std::string damaged = content;
      const std::size_t at = i * (content.size() - 1) / (kPlacesInAFile - 1);
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      const StoreCopy copy(data_);
      Write(copy, name, damaged);
      ExpectFound(Check(copy.path()), name + " of " + std::to_string(content.size()) +
                                          " bytes, flipped at " + std::to_string(at));
    }
  }
}

TEST_F(FileDamage, IsFoundInTruncatedFiles) {
  for (const std::string& name : Files("", ".sst")) {
    const std::string content = Content(name);
    for (const std::size_t left : {content.size() - 1, content.size() / 2, std::size_t{0}}) {
      ExpectFound(AfterWriting(name, content.substr(0, left)),
                  name + " cut to " + std::to_string(left));
    }
  }
}

TEST_F(FileDamage, IsFoundIfAFileIsMissing) {
  std::vector<std::string> names = Files("", ".sst");
  for (const std::string& name : Files("MANIFEST-", "")) names.push_back(name);
  names.push_back("db/CURRENT");
  names.push_back("FORMAT");
  for (const std::string& name : names) ExpectFound(AfterRemoving(name), name + " removed");
}

TEST_F(FileDamage, IsFoundInTheManifest) {
  const std::string name = Files("MANIFEST-", "")[0];
  const std::string content = Content(name);
  for (std::size_t i = 0; i < kPlacesInAFile; ++i) {
    std::string damaged = content;
    const std::size_t at = i * (content.size() - 1) / (kPlacesInAFile - 1);
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    ExpectFound(AfterWriting(name, damaged), "MANIFEST flipped at " + std::to_string(at));
  }
  for (const std::string text : {"", "MANIFEST-", "MANIFEST-999999\n", "x\n"}) {
    ExpectFound(AfterWriting("db/CURRENT", text), "CURRENT is " + text);
  }
}

// A truncated list of files may be a valid list of an earlier state of the store. Only the anchor
// shows that the state is not the latest.
TEST_F(FileDamage, IsFoundInATruncatedListOfFiles) {
  const std::string name = Files("MANIFEST-", "")[0];
  const std::string content = Content(name);
  for (std::size_t i = 0; i < kPlacesInAFile; ++i) {
    const std::size_t left = i * (content.size() - 1) / (kPlacesInAFile - 1);
    const Checked checked = AfterWriting(name, content.substr(0, left));
    EXPECT_EQ(checked.error, std::nullopt) << left;
    EXPECT_LE(checked.summary.entries, entries_) << left;
    if (left < content.size()) ExpectFound(checked, "MANIFEST cut to " + std::to_string(left));
  }
}

TEST(NoStore, IsAnError) {
  const TemporaryDirectory directory;
  EXPECT_EQ(Check(directory.path()).error, "holds no store");
  EXPECT_EQ(Check(directory / "none").error, "holds no store");
  EXPECT_FALSE(fs::exists(directory / "none"));
}

}  // namespace
}  // namespace users::testing
