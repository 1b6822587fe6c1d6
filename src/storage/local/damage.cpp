#include "storage/local/damage.h"

#include <algorithm>

namespace users::storage::local {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// The run of digits that ends before `end`.
std::string_view DigitsBefore(std::string_view text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && IsDigit(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

std::string_view DigitsFrom(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return text.substr(begin, end - begin);
}

}  // namespace

void DamageRecord::Report(std::string_view file, std::string_view reason) {
  {
    const MutexLock lock(mutex_);
    if (text_) return;
    text_ = (file.empty() ? "db" : std::string(file)) + ": " + std::string(reason);
    statistics_.damaged = true;
  }
  log_.Error("store_damaged")
      .Text("file", file)
      .Text("reason", reason)
      .Text("remedy",
            "The server takes no more changes. Stop it, keep the data directory, run `usersd "
            "check`, and restore a backup.");
}

bool DamageRecord::ReportIfDamage(const rocksdb::Status& status) {
  if (!IsDamage(status)) return false;
  const std::string message = status.ToString();
  Report(FileNamedIn(message), message);
  return true;
}

std::optional<std::string> DamageRecord::text() const {
  const MutexLock lock(mutex_);
  return text_;
}

bool IsDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound();
}

std::string FileNamedIn(std::string_view message) {
  // If a table is missing, RocksDB also looks for it under the name of an older kind.
  for (const std::string_view ending : {".sst", ".ldb", ".log"}) {
    for (std::size_t at = message.find(ending); at != message.npos;
         at = message.find(ending, at + 1)) {
      const std::string_view number = DigitsBefore(message, at);
      if (!number.empty()) {
        return "db/" + std::string(number) + (ending == ".ldb" ? ".sst" : std::string(ending));
      }
    }
  }
  // "Missing WAL with log number: 12", "WAL (log number: 12) in MANIFEST is ..."
  constexpr std::string_view kLogNumber = "log number: ";
  if (const std::size_t at = message.find(kLogNumber); at != message.npos) {
    std::string number(DigitsFrom(message, at + kLogNumber.size()));
    number.insert(0, 6 - std::min<std::size_t>(number.size(), 6), '0');
    return "db/" + number + ".log";
  }
  constexpr std::string_view kManifest = "MANIFEST-";
  if (const std::size_t at = message.find(kManifest); at != message.npos) {
    return "db/" + std::string(kManifest) + std::string(DigitsFrom(message, at + kManifest.size()));
  }
  return message.find("/CURRENT") != message.npos ? "db/CURRENT" : "";
}

Error StoreIsDamaged() {
  return Error::Unavailable("The store is damaged and takes no changes.");
}

}  // namespace users::storage::local
