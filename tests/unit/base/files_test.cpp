#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/files.h"
#include "support/temporary_directory.h"

namespace users {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  std::string At(const std::string& name) const { return directory_ / name; }

  testing::TemporaryDirectory directory_;
};

TEST_F(FilesTest, ReadsWholeFiles) {
  const std::string content = std::string("a\0b\n", 4) + std::string(200'000, 'x');
  testing::WriteAll(At("file"), content);
  const auto read = ReadFile(At("file"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, content);
  testing::WriteAll(At("empty"), "");
  EXPECT_EQ(*ReadFile(At("empty")), "");
}

TEST_F(FilesTest, RejectsFilesAboveTheLimit) {
  testing::WriteAll(At("file"), "12345");
  EXPECT_TRUE(ReadFile(At("file"), 5).ok());
  const auto read = ReadFile(At("file"), 4);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().message, "File too large");
}

TEST_F(FilesTest, ReportsReadErrorsWithoutThePath) {
  const auto missing = ReadFile(At("missing"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(missing.error().message, "No such file or directory");
  const auto directory = ReadFile(directory_.path());
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().message, "Is a directory");
}

TEST_F(FilesTest, RejectsIrregularFilesWithoutBlocking) {
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(At("fifo")).error().message, "is not a regular file");
  EXPECT_FALSE(CopyFileDurably(At("fifo"), At("copy")).ok());
  EXPECT_EQ(ReadFile("/dev/zero").error().message, "is not a regular file");
}

TEST_F(FilesTest, WritesFileWithTheGivenMode) {
  ASSERT_TRUE(WriteFileAtomically(At("file"), "content", 0600).ok());
  EXPECT_EQ(testing::ReadAll(At("file")), "content");
  EXPECT_EQ(testing::ModeOf(At("file")), 0600U);
}

TEST_F(FilesTest, ReplacesFileAndMode) {
  testing::WriteAll(At("file"), "a much longer content that was there before");
  ::chmod(At("file").c_str(), 0644);
  testing::WriteAll(At("file.new"), "left behind by a crash");
  ASSERT_TRUE(WriteFileAtomically(At("file"), "new", 0600).ok());
  EXPECT_EQ(testing::ReadAll(At("file")), "new");
  EXPECT_EQ(testing::ModeOf(At("file")), 0600U);
  EXPECT_FALSE(std::filesystem::exists(At("file.new")));
}

// Otherwise, anyone who can create a link at the temporary path chooses which file is overwritten.
TEST_F(FilesTest, FollowsNoLinkOnWrite) {
  testing::WriteAll(At("victim"), "precious");
  std::filesystem::create_symlink(At("victim"), At("file.new"));
  ASSERT_TRUE(WriteFileAtomically(At("file"), "secret", 0600).ok());
  EXPECT_EQ(testing::ReadAll(At("victim")), "precious");
  EXPECT_EQ(testing::ReadAll(At("file")), "secret");
}

TEST_F(FilesTest, ReportsMissingDirectoryOnWrite) {
  const auto written = WriteFileAtomically(At("nowhere/file"), "x", 0600);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().message, "No such file or directory");
}

TEST_F(FilesTest, LeavesNoTemporaryFileIfReplaceFails) {
  std::filesystem::create_directory(At("taken"));
  EXPECT_FALSE(WriteFileAtomically(At("taken"), "x", 0600).ok());
  EXPECT_TRUE(std::filesystem::is_directory(At("taken")));
  EXPECT_FALSE(std::filesystem::exists(At("taken.new")));
}

TEST_F(FilesTest, CopiesFilesReadableByTheOwnerOnly) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{3 << 20}}) {
    const std::string content(size, 'x');
    const std::string from = At("from" + std::to_string(size));
    const std::string to = At("to" + std::to_string(size));
    testing::WriteAll(from, content);
    const auto copied = CopyFileDurably(from, to);
    ASSERT_TRUE(copied.ok());
    EXPECT_EQ(*copied, size);
    EXPECT_TRUE(testing::ReadAll(to) == content);
    EXPECT_EQ(testing::ModeOf(to), 0600U);
  }
}

TEST_F(FilesTest, NeverCopiesOverAnExistingFile) {
  testing::WriteAll(At("from"), "new");
  testing::WriteAll(At("to"), "old");
  const auto copied = CopyFileDurably(At("from"), At("to"));
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().message, "File exists");
  EXPECT_EQ(testing::ReadAll(At("to")), "old");
  std::filesystem::create_symlink(At("elsewhere"), At("link"));
  EXPECT_FALSE(CopyFileDurably(At("from"), At("link")).ok());
  EXPECT_FALSE(std::filesystem::exists(At("elsewhere")));
  EXPECT_FALSE(CopyFileDurably(At("missing"), At("other")).ok());
  EXPECT_FALSE(std::filesystem::exists(At("other")));
}

TEST_F(FilesTest, CreatesPrivateDirectoryAndParents) {
  ASSERT_TRUE(MakePrivateDirectory(At("a/b/data")).ok());
  EXPECT_EQ(testing::ModeOf(At("a/b/data")), 0700U);
  EXPECT_TRUE(MakePrivateDirectory(At("a/b/data")).ok());
}

TEST_F(FilesTest, CreatesPrivateDirectoryForAnySpellingOfThePath) {
  for (const char* path : {"one/", "two//", "three/."}) {
    ASSERT_TRUE(MakePrivateDirectory(At(path)).ok()) << path;
    EXPECT_EQ(testing::ModeOf(At(path)), 0700U) << path;
  }
}

TEST_F(FilesTest, AcceptsAnExistingDirectory) {
  std::filesystem::create_directory(At("there"));
  testing::WriteAll(At("there/file"), "kept");
  EXPECT_TRUE(MakePrivateDirectory(At("there")).ok());
  EXPECT_EQ(testing::ReadAll(At("there/file")), "kept");
}

TEST_F(FilesTest, RejectsAFileInPlaceOfADirectory) {
  testing::WriteAll(At("file"), "x");
  const auto made = MakePrivateDirectory(At("file"));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().message, "Not a directory");
  EXPECT_FALSE(MakePrivateDirectory(At("file/below")).ok());
}

TEST_F(FilesTest, SyncsDirectories) {
  EXPECT_TRUE(SyncDirectory(directory_.path()).ok());
  EXPECT_TRUE(SyncDirectory("").ok());
  EXPECT_FALSE(SyncDirectory(At("missing")).ok());
  testing::WriteAll(At("file"), "x");
  EXPECT_FALSE(SyncDirectory(At("file")).ok());
}

}  // namespace
}  // namespace users
