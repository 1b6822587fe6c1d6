#include "storage/local/wal_order.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "storage/local/damage.h"

namespace users::storage::local {
namespace {

// A batch begins with its sequence number, 8 bytes, little endian. RocksDB has no function for it.
std::uint64_t SequenceAt(std::string_view data) {
  std::uint64_t sequence = 0;
  for (std::size_t i = 8; i-- > 0;) {
    sequence = (sequence << 8) | static_cast<unsigned char>(data[i]);
  }
  return sequence;
}

}  // namespace

rocksdb::WalFilter::WalProcessingOption WalOrder::LogRecordFound(unsigned long long,
                                                                 const std::string& file,
                                                                 const rocksdb::WriteBatch& batch,
                                                                 rocksdb::WriteBatch*, bool*) {
  const std::string name = FileNamedIn(file);
  const std::uint64_t sequence = SequenceAt(batch.Data());
  if (next_ && sequence != *next_) {
    gap_ = Gap{last_file_, "does not have all of its records (the sequence numbers go from " +
                               std::to_string(*next_ - 1) + " to " + std::to_string(sequence) +
                               (name == last_file_ ? ")" : ", in " + name + ")")};
    return WalProcessingOption::kStopReplay;
  }
  if (name != last_file_ && !BeginsWith(file, sequence)) {
    gap_ = Gap{name, "does not begin with its first record"};
    return WalProcessingOption::kStopReplay;
  }
  if (first_file_.empty()) first_file_ = name;
  next_ = sequence + batch.Count();
  last_file_ = name;
  return WalProcessingOption::kContinueProcessing;
}

void WalOrder::ColumnFamilyLogNumberMap(const std::map<std::uint32_t, std::uint64_t>& first_logs,
                                        const std::map<std::string, std::uint32_t>&) {
  if (first_logs.empty()) return;
  oldest_needed_ = first_logs.begin()->second;
  for (const auto& [family, log] : first_logs) oldest_needed_ = std::min(oldest_needed_, log);
}

// The data of a record follows a header of 7 bytes.
bool WalOrder::BeginsWith(const std::string& path, std::uint64_t sequence) const {
  constexpr std::size_t kHeaderBytes = 7;
  std::unique_ptr<rocksdb::SequentialFile> file;
  char bytes[kHeaderBytes + 8];
  rocksdb::Slice read;
  // A file that cannot be read now fails the replay itself.
  if (env_ == nullptr || !env_->NewSequentialFile(path, &file, rocksdb::EnvOptions()).ok() ||
      !file->Read(sizeof(bytes), &read, bytes).ok()) {
    return true;
  }
  return read.size() == sizeof(bytes) &&
         SequenceAt(read.ToStringView().substr(kHeaderBytes)) == sequence;
}

}  // namespace users::storage::local
