#pragma once

#include <rocksdb/env.h>
#include <rocksdb/wal_filter.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace users::storage::local {

// Checks the records of the write-ahead logs while RocksDB replays them. Each record begins with
// the sequence number that follows the record before it. If a log was cut short at a record, or has
// zeros instead of records, RocksDB continues with the records after the gap. This filter stops the
// replay there, so that the open store is the store as it was at some moment. For one thread.
class WalOrder final : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "users.WalOrder"; }

  WalProcessingOption LogRecordFound(unsigned long long log_number, const std::string& file,
                                     const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* new_batch, bool* batch_changed) override;

  // The place where records are missing.
  struct Gap {
    std::string file;  // "db/000012.log"
    std::string reason;
  };
  const std::optional<Gap>& gap() const { return gap_; }

  // Sets the environment for reading the first bytes of the logs. It must outlive this.
  void ReadFilesFrom(rocksdb::Env& env) { env_ = &env; }

  void ColumnFamilyLogNumberMap(const std::map<std::uint32_t, std::uint64_t>& first_logs,
                                const std::map<std::string, std::uint32_t>& ids) override;
  // Returns the number of the oldest log that any column family needs.
  std::uint64_t oldest_needed() const { return oldest_needed_; }
  // Returns the log that the first record came from; empty if there was no record.
  const std::string& first_file() const { return first_file_; }
  // Returns the log that the last record came from; empty if there was no record.
  const std::string& last_file() const { return last_file_; }

 private:
  bool BeginsWith(const std::string& path, std::uint64_t sequence) const;

  rocksdb::Env* env_ = nullptr;
  std::uint64_t oldest_needed_ = 0;
  std::string first_file_;
  std::optional<std::uint64_t> next_;  // the sequence number that the next record must have
  std::string last_file_;
  std::optional<Gap> gap_;
};

}  // namespace users::storage::local
