#include "storage/local/wal_order.h"

#include <rocksdb/write_batch.h>

#include "storage/local/damage.h"

namespace users::storage::local {
namespace {

// A batch begins with its sequence number, 8 bytes, little endian. RocksDB has no function for it.
std::uint64_t SequenceOf(const rocksdb::WriteBatch& batch) {
  const std::string& data = batch.Data();
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
  const std::uint64_t sequence = SequenceOf(batch);
  if (next_ && sequence != *next_) {
    gap_ = Gap{last_file_, "does not have all of its records (the sequence numbers go from " +
                               std::to_string(*next_ - 1) + " to " + std::to_string(sequence) +
                               (name == last_file_ ? ")" : ", in " + name + ")")};
    return WalProcessingOption::kStopReplay;
  }
  next_ = sequence + batch.Count();
  last_file_ = name;
  return WalProcessingOption::kContinueProcessing;
}

}  // namespace users::storage::local
