#pragma once

#include <rocksdb/wal_filter.h>

#include <cstdint>
#include <optional>
#include <string>

namespace users::storage::local {

// Watches the records of the write-ahead logs while RocksDB replays them. Each record begins with
// the sequence number that follows the record before it. RocksDB replays a log that was cut short
// at a record and goes on with the next log; this stops there instead, so that what is open is what
// the store was at some moment. For one thread.
class WalOrder final : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "users.WalOrder"; }

  WalProcessingOption LogRecordFound(unsigned long long log_number, const std::string& file,
                                     const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* new_batch, bool* batch_changed) override;

  // Where records are missing.
  struct Gap {
    std::string file;  // "db/000012.log"
    std::string reason;
  };
  const std::optional<Gap>& gap() const { return gap_; }

  // The log that the last record came from; empty if there was no record.
  const std::string& last_file() const { return last_file_; }

 private:
  std::optional<std::uint64_t> next_;  // the sequence number that the next record must have
  std::string last_file_;
  std::optional<Gap> gap_;
};

}  // namespace users::storage::local
