#pragma once

#include <rocksdb/listener.h>

#include "storage/local/damage.h"

namespace users::storage::local {

// Learns from RocksDB what happens on its own threads. Thread-safe.
class EngineListener final : public rocksdb::EventListener {
 public:
  explicit EngineListener(DamageRecord& damage) : damage_(damage) {}

  // A compaction that reads a damaged table fails in the background. Nobody but this would know.
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    damage_.ReportIfDamage(*status);
  }

 private:
  DamageRecord& damage_;
};

}  // namespace users::storage::local
