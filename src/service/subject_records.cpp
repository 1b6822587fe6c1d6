#include "service/subject_records.h"

#include "base/ulid.h"
#include "service/item_format.h"
#include "service/user_records.h"

namespace users::service {
namespace {

using storage::Condition;
using storage::Item;
using storage::WriteOp;

constexpr std::string_view kSubjectPrefix = "SUBJECT#";

}  // namespace

storage::Key SubjectHeadKey(std::string_view subject) {
  return storage::Key(storage::Table::kUsers, std::string(kSubjectPrefix) + std::string(subject),
                      "HEAD");
}

bool IsSubjectPartition(std::string_view partition) {
  return partition.starts_with(kSubjectPrefix);
}

std::string DescribeChain(std::string_view chain) {
  return (ParseUlid(chain) ? "user " : "subject ") + std::string(chain);
}

Item EncodeSubjectHead(const SubjectHead& head) {
  Item item = NewItem();
  item.SetString("subject", head.subject);
  item.SetNumber("version", static_cast<std::int64_t>(head.version));
  item.SetNumber("updatedAt", ToNumber(head.updated_at));
  item.SetBinary("headHash", AsText(head.head_hash));
  item.SetBinary("stateHash", AsText(head.state_hash));
  return item;
}

Result<SubjectHead> DecodeSubjectHead(const Item& item) {
  ItemReader reader(item);
  SubjectHead head;
  head.subject = reader.String("subject");
  head.version = static_cast<std::uint64_t>(reader.Number("version"));
  head.updated_at = reader.Time("updatedAt");
  head.head_hash = reader.Bytes<32>("headHash");
  head.state_hash = reader.Bytes<32>("stateHash");
  if (!reader.ok()) return reader.error();
  return head;
}

storage::Transaction AppendEntry(const std::optional<SubjectHead>& before, const SubjectHead& after,
                                 const domain::AuditEntry& entry) {
  const Condition unchanged =
      before ? Condition::NumberEquals("version", static_cast<std::int64_t>(before->version))
             : Condition::Absent();
  storage::Transaction writes;
  writes.push_back(
      WriteOp::Put(SubjectHeadKey(after.subject), EncodeSubjectHead(after), unchanged));
  writes.push_back(WriteOp::Put(AuditKey(entry.subject, entry.version), EncodeAuditEntry(entry),
                                Condition::Absent()));
  return writes;
}

}  // namespace users::service
