#pragma once

#include <rocksdb/listener.h>

#include <atomic>

#include "storage/local/damage.h"

namespace users::storage::local {

// Receives RocksDB's events, on RocksDB's own threads. Thread-safe.
class EngineListener final : public rocksdb::EventListener {
 public:
  explicit EngineListener(DamageRecord& damage) : damage_(damage) {}

  // A compaction that reads a damaged table fails in the background. Only this function learns of
  // it.
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    damage_.ReportIfDamage(*status);
  }

  void OnMemTableSealed(const rocksdb::MemTableInfo&) override { files_changed_ = true; }
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    files_changed_ = true;
  }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    files_changed_ = true;
  }

  // Returns whether the log or the MANIFEST may have changed since the last call.
  bool ConsumeFilesChanged() { return files_changed_.exchange(false); }

 private:
  DamageRecord& damage_;
  std::atomic<bool> files_changed_{false};
};

}  // namespace users::storage::local
