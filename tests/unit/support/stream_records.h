#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "service/user_records.h"
#include "storage/dynamodb/item_json.h"
#include "support/audit_entries.h"
#include "support/sealed_entries.h"

// Records of the users table's stream, as Lambda passes them to the function.
namespace users::testing {

inline constexpr std::string_view kAnn = "01ARZ3NDEKTSV4RRFFQ69G5FAA";
inline constexpr std::string_view kBob = "01ARZ3NDEKTSV4RRFFQ69G5FAB";

// Returns the same entry each time, because salts are random.
inline const domain::AuditEntry& EntryOf(std::string_view user_id, std::uint64_t version) {
  static std::map<std::pair<std::string, std::uint64_t>, domain::AuditEntry> entries;
  const auto [found, is_new] = entries.try_emplace({std::string(user_id), version});
  if (is_new) {
    found->second = UnsealedEntry(version);
    found->second.user_id = user_id;
    SealWithRandomSalt(found->second, Sha256Digest{});
  }
  return found->second;
}

inline std::string AuditRecord(std::string_view sequence_number, std::string_view user_id,
                               std::uint64_t version) {
  const storage::Key key = service::AuditKey(user_id, version);
  std::string record = R"({"eventID":"e","eventName":"INSERT","eventSource":"aws:dynamodb",)"
                       R"("awsRegion":"eu-central-1","dynamodb":{"Keys":)";
  storage::dynamodb::AppendKey(record, key);
  record += R"(,"NewImage":)";
  storage::dynamodb::AppendItem(record, key, service::EncodeAuditEntry(EntryOf(user_id, version)));
  record += R"(,"SequenceNumber":")" + std::string(sequence_number) + R"(","SizeBytes":700}})";
  return record;
}

inline std::string Batch(std::initializer_list<std::string> records) {
  std::string batch = R"({"Records":[)";
  for (const std::string& record : records) {
    if (&record != records.begin()) batch += ',';
    batch += record;
  }
  return batch + "]}";
}

}  // namespace users::testing
