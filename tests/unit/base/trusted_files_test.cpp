#include "base/trusted_files.h"

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

namespace fs = std::filesystem;

constexpr uid_t kOtherUser = 54'321;

class TrustedFilesTest : public ::testing::Test {
 protected:
  std::string At(const std::string& name) const { return directory_ / name; }

  std::string File(const std::string& name, mode_t mode) const {
    testing::WriteAll(At(name), "content");
    EXPECT_EQ(::chmod(At(name).c_str(), mode), 0);
    return At(name);
  }
  std::string Directory(const std::string& name, mode_t mode) const {
    fs::create_directories(At(name));
    EXPECT_EQ(::chmod(At(name).c_str(), mode), 0);
    return At(name);
  }
  static std::string Fault(const std::string& path) {
    const auto read = ReadTrustedFile(path);
    return read.ok() ? "" : read.error().message;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(TrustedFilesTest, ReadsFilesThatOnlyTheirOwnerMayWrite) {
  for (const mode_t mode : {0400U, 0600U, 0640U, 0644U, 0755U}) {
    const auto read = ReadTrustedFile(File("file", mode));
    ASSERT_TRUE(read.ok()) << mode;
    EXPECT_EQ(read->content, "content");
    EXPECT_EQ(read->others_can_read, (mode & 0004) != 0) << mode;
  }
}

TEST_F(TrustedFilesTest, RejectsFilesThatGroupOrOthersMayWrite) {
  for (const mode_t mode : {0660U, 0620U, 0602U, 0666U}) {
    const std::string fault = Fault(File("file", mode));
    EXPECT_NE(fault.find("group or others can write to it (mode 0"), std::string::npos) << fault;
    EXPECT_NE(fault.find("chmod go-w"), std::string::npos) << fault;
  }
}

TEST_F(TrustedFilesTest, RejectsFilesOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const std::string path = File("file", 0600);
  ASSERT_EQ(::chown(path.c_str(), kOtherUser, 0), 0);
  const std::string fault = Fault(path);
  EXPECT_NE(fault.find("belongs to another user (id 54321)"), std::string::npos) << fault;
  EXPECT_NE(fault.find("chown it"), std::string::npos) << fault;
  EXPECT_FALSE(OpenTrustedLog(path).ok());
}

// Kubernetes and certbot provide files as links. The owner of the link does not matter, but the
// owner of its target does.
TEST_F(TrustedFilesTest, FollowsASymlinkAndChecksItsTarget) {
  fs::create_symlink(File("target", 0600), At("link"));
  EXPECT_EQ(Fault(At("link")), "");
  ::chmod(At("target").c_str(), 0666);
  EXPECT_NE(Fault(At("link")), "");
  fs::create_symlink(At("nowhere"), At("dangling"));
  EXPECT_EQ(Fault(At("dangling")), "No such file or directory");
}

TEST_F(TrustedFilesTest, RejectsIrregularFilesWithoutBlocking) {
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(Fault(At("fifo")), "is not a regular file");
  fs::create_symlink(At("fifo"), At("link"));
  EXPECT_EQ(Fault(At("link")), "is not a regular file");
  EXPECT_EQ(Fault("/dev/null"), "is not a regular file");
  EXPECT_EQ(Fault(directory_.path()), "Is a directory");
}

TEST_F(TrustedFilesTest, ReadsUpToItsLimit) {
  const std::string path = File("file", 0600);
  EXPECT_TRUE(ReadTrustedFile(path, 7).ok());
  EXPECT_EQ(ReadTrustedFile(path, 6).error().message, "File too large");
}

TEST_F(TrustedFilesTest, CreatesLogsAccessibleToTheirOwnerOnly) {
  const ::mode_t old = ::umask(0);
  const auto made = OpenTrustedLog(At("log"));
  ::umask(old);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(testing::ModeOf(At("log")), 0600U);
  EXPECT_EQ(::write(made->get(), "x", 1), 1);
  EXPECT_EQ(testing::ReadAll(At("log")), "x");
  const auto again = OpenTrustedLog(At("log"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(::write(again->get(), "y", 1), 1);
  EXPECT_EQ(testing::ReadAll(At("log")), "xy");
}

TEST_F(TrustedFilesTest, FollowsNoSymlinkToALog) {
  fs::create_symlink(File("target", 0600), At("link"));
  fs::create_symlink(At("nowhere"), At("dangling"));
  EXPECT_NE(OpenTrustedLog(At("link")).error().message.find("symbolic link"), std::string::npos);
  EXPECT_FALSE(OpenTrustedLog(At("dangling")).ok());
  EXPECT_FALSE(fs::exists(At("nowhere")));
  EXPECT_EQ(OpenTrustedLog(Directory("directory", 0700)).error().message, "Is a directory");
}

TEST_F(TrustedFilesTest, TrustsDirectoriesThatOnlyTheirOwnerMayWrite) {
  for (const mode_t mode : {0700U, 0750U, 0755U}) {
    EXPECT_TRUE(OpenTrustedDirectory(Directory("data", mode)).ok()) << mode;
  }
  for (const mode_t mode : {0770U, 0707U, 0777U, 01777U}) {
    EXPECT_FALSE(OpenTrustedDirectory(Directory("data", mode)).ok()) << mode;
  }
  EXPECT_FALSE(OpenTrustedDirectory(File("file", 0600)).ok());
}

TEST_F(TrustedFilesTest, TrustsNoDirectoryBelowAWritableOne) {
  const std::string data = Directory("a/b/data", 0700);
  Directory("a", 0777);
  const auto opened = OpenTrustedDirectory(data);
  ASSERT_FALSE(opened.ok());
  const std::string expected =
      "others can write to the directory above it, " + At("a") + " (mode 0777)";
  EXPECT_NE(opened.error().message.find(expected), std::string::npos) << opened.error().message;
  Directory("a", 01777);  // like /tmp: users cannot rename the files of others
  EXPECT_TRUE(OpenTrustedDirectory(data).ok());
  Directory("a", 0775);  // the owner of a parent chooses its group
  EXPECT_TRUE(OpenTrustedDirectory(data).ok());
  fs::create_directory_symlink(data, At("link"));
  EXPECT_TRUE(OpenTrustedDirectory(At("link")).ok());
  Directory("a/b", 0777);
  EXPECT_FALSE(OpenTrustedDirectory(At("link")).ok()) << "the parents of the target are checked";
}

TEST_F(TrustedFilesTest, ChecksEntriesWithoutFollowingThem) {
  const auto directory = OpenTrustedDirectory(Directory("data", 0700));
  ASSERT_TRUE(directory.ok());
  EXPECT_TRUE(CheckTrustedEntry(*directory, "missing").ok());
  File("data/file", 0600);
  EXPECT_TRUE(CheckTrustedEntry(*directory, "file").ok());
  File("data/file", 0660);
  EXPECT_FALSE(CheckTrustedEntry(*directory, "file").ok());
  Directory("data/below", 0700);
  EXPECT_TRUE(CheckTrustedEntry(*directory, "below").ok());
  Directory("data/below", 0777);
  EXPECT_FALSE(CheckTrustedEntry(*directory, "below").ok());
  fs::create_symlink(File("elsewhere", 0600), At("data/link"));
  EXPECT_FALSE(CheckTrustedEntry(*directory, "link").ok());
  ASSERT_EQ(::mkfifo(At("data/fifo").c_str(), 0600), 0);
  EXPECT_FALSE(CheckTrustedEntry(*directory, "fifo").ok());
}

TEST_F(TrustedFilesTest, DetectsFilesThatOthersCanRead) {
  EXPECT_TRUE(OthersCanRead(File("file", 0644)));
  EXPECT_FALSE(OthersCanRead(File("file", 0640)));
  EXPECT_FALSE(OthersCanRead(At("missing")));
}

}  // namespace
}  // namespace users
