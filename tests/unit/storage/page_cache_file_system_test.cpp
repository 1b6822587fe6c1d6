#include "storage/local/page_cache_file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "support/temporary_directory.h"

namespace users::storage::local {
namespace {

constexpr std::size_t kSize = 1 << 20;

// A file of kSize bytes. Each byte is the low byte of its offset.
class PageCacheFileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string content(kSize, '\0');
    for (std::size_t i = 0; i < kSize; ++i) content[i] = static_cast<char>(i);
    std::ofstream(path_, std::ios::binary) << content;
    ASSERT_TRUE(files_->NewRandomAccessFile(path_, rocksdb::FileOptions(), &file_, nullptr).ok());
  }

  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size,
                         std::chrono::microseconds timeout) {
    rocksdb::IOOptions options;
    options.timeout = timeout;
    scratch_.resize(size);
    return file_->Read(offset, size, options, &result_, scratch_.data(), nullptr);
  }

  // Asks the kernel to drop the file from its cache. Returns whether it did.
  bool Forget() const {
    const int file = ::open(path_.c_str(), O_RDONLY);
    ::fdatasync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    void* const mapped = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, file, 0);
    std::vector<unsigned char> resident(kSize / 4096);
    ::mincore(mapped, kSize, resident.data());
    ::munmap(mapped, kSize);
    ::close(file);
    return std::none_of(resident.begin(), resident.end(), [](auto page) { return page & 1; });
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "file";
  const std::shared_ptr<rocksdb::FileSystem> files_ = MakePageCacheFileSystem();
  std::unique_ptr<rocksdb::FSRandomAccessFile> file_;
  std::string scratch_;
  rocksdb::Slice result_;
};

constexpr std::chrono::microseconds kWait{0};

TEST_F(PageCacheFileSystemTest, ReadsFromMemory) {
  ASSERT_TRUE(Read(0, kSize, kWait).ok());
  ASSERT_TRUE(Read(300, 5000, kFromMemoryOnly).ok());
  ASSERT_EQ(result_.size(), 5000U);
  for (std::size_t i = 0; i < 5000; ++i) {
    ASSERT_EQ(result_[i], static_cast<char>(300 + i));
  }
}

TEST_F(PageCacheFileSystemTest, TimesOutInsteadOfWaitingForTheDisk) {
  if (!Forget()) GTEST_SKIP() << "this file system keeps its files in memory";
  EXPECT_TRUE(Read(4096, 4096, kFromMemoryOnly).IsTimedOut());
  ASSERT_TRUE(Read(4096, 4096, kWait).ok());
  EXPECT_EQ(result_.size(), 4096U);
  ASSERT_TRUE(Read(4096, 4096, kFromMemoryOnly).ok());
  EXPECT_EQ(result_.size(), 4096U);
}

TEST_F(PageCacheFileSystemTest, ReadsFewerBytesAtTheEnd) {
  for (const auto timeout : {kWait, kFromMemoryOnly}) {
    ASSERT_TRUE(Read(kSize - 10, 100, timeout).ok());
    EXPECT_EQ(result_.size(), 10U);
    ASSERT_TRUE(Read(kSize + 10, 100, timeout).ok());
    EXPECT_EQ(result_.size(), 0U);
  }
}

TEST_F(PageCacheFileSystemTest, ReportsMissingFiles) {
  EXPECT_TRUE(
      files_->NewRandomAccessFile(directory_ / "no", rocksdb::FileOptions(), &file_, nullptr)
          .IsPathNotFound());
}

}  // namespace
}  // namespace users::storage::local
