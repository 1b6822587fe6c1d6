#include "service/subject_history.h"

#include <algorithm>

#include "base/random.h"
#include "base/ulid.h"
#include "service/user_records.h"
#include "service/write_path.h"

namespace users::service {
namespace {

constexpr std::size_t kPageSize = 100;
constexpr std::string_view kServer = "arn:aws:iam::000000000000:user/usersd";

std::string_view ActionOf(std::string_view subject) {
  return subject == domain::kCatalogueSubject ? domain::action::kCatalogueChanged
                                              : domain::action::kPrincipalsChanged;
}

Error Broken(const Log& log, std::string_view subject, std::string_view fault) {
  log.Error("history_broken").Text("subject", subject).Text("reason", fault);
  return Error::Internal();
}

Result<std::optional<SubjectHead>> HeadIn(const std::optional<storage::Item>& item) {
  if (!item) return std::optional<SubjectHead>();
  auto head = DecodeSubjectHead(*item);
  if (!head.ok()) return std::move(head.error());
  return std::optional(std::move(*head));
}

Task<Result<std::optional<SubjectHead>>> ReadHead(storage::TableStore& store, std::string subject,
                                                  Deadline deadline) {
  const auto item = co_await storage::GetOne(store, SubjectHeadKey(subject), deadline);
  if (!item.ok()) co_return item.error();
  co_return HeadIn(*item);
}

// The entry that follows `head`, with the first part of the differences to the state in force, and
// the head after it.
struct NextEntry {
  domain::AuditEntry entry;
  SubjectHead head;
};
NextEntry MakeEntry(const std::optional<SubjectHead>& head, const domain::SubjectState& known,
                    const StateInForce& in_force, const Clock& clock) {
  NextEntry next;
  domain::AuditEntry& entry = next.entry;
  entry.event_id = RandomUlid(clock).ToString();
  entry.subject = in_force.subject;
  entry.version = head ? head->version + 1 : 1;
  entry.timestamp = head ? std::max(in_force.since, head->updated_at) : in_force.since;
  entry.action = ActionOf(in_force.subject);
  entry.actor = kServer;
  entry.correlation_id = RandomUlid(clock).ToString();
  const domain::SubjectState reached = domain::SetStateChanges(entry, known, in_force.state);
  audit::Seal(entry, RandomBytes<16>(), head ? head->head_hash : Sha256Digest{});
  next.head.subject = in_force.subject;
  next.head.version = entry.version;
  next.head.updated_at = entry.timestamp;
  next.head.head_hash = entry.hash;
  next.head.state_hash = domain::HashOf(reached);
  return next;
}

}  // namespace

std::optional<std::string> SubjectRebuilder::Add(const domain::AuditEntry& entry) {
  if (auto fault = verifier_.Add(entry)) return fault;
  if (!ApplyStateChanges(entry, state_)) {
    return "entry " + std::to_string(entry.version) +
           ": its changes do not follow from the entries before";
  }
  hash_ = entry.hash;
  time_ = entry.timestamp;
  return std::nullopt;
}

Task<Result<SubjectRebuilder>> RebuildSubject(storage::TableStore& store, const Log& log,
                                              std::string subject, Timestamp at,
                                              Deadline deadline) {
  SubjectRebuilder rebuilder;
  while (true) {
    auto range = AuditRange(subject, rebuilder.version(), kPageSize);
    auto page = co_await store.Query(std::move(range), deadline);
    if (!page.ok()) co_return std::move(page.error());
    for (const storage::Row& row : page->rows) {
      auto entry = DecodeAuditEntry(subject, row);
      if (!entry.ok()) co_return std::move(entry.error());
      if (entry->timestamp > at) co_return rebuilder;
      if (const auto fault = rebuilder.Add(*entry)) co_return Broken(log, subject, *fault);
    }
    if (!page->more) co_return rebuilder;
    if (HasPassed(deadline)) co_return GaveUp();
  }
}

Task<Result<std::uint64_t>> RecordState(storage::TableStore& store, const Clock& clock,
                                        const Log& log, StateInForce in_force, Deadline deadline) {
  const Sha256Digest wanted = domain::HashOf(in_force.state);
  BackOff back_off(deadline);
  while (true) {
    auto head = co_await ReadHead(store, in_force.subject, deadline);
    if (!head.ok()) co_return std::move(head.error());
    if (*head && (*head)->state_hash == wanted) co_return (*head)->version;

    auto known = co_await RebuildSubject(store, log, in_force.subject, kEndOfTime, deadline);
    if (!known.ok()) co_return std::move(known.error());
    const std::uint64_t version = *head ? (*head)->version : 0;
    // A newer version than the head's is that of another server, which was faster.
    if (known->version() < version) {
      co_return Broken(log, in_force.subject, "the newest entries are missing");
    }
    if (known->version() == version) {
      const bool is_head = !*head || (known->hash() == (*head)->head_hash &&
                                      domain::HashOf(known->state()) == (*head)->state_hash);
      if (!is_head) co_return Broken(log, in_force.subject, "the newest entry is not the head's");
      const NextEntry next = MakeEntry(*head, known->state(), in_force, clock);
      auto writes = AppendEntry(*head, next.head, next.entry);
      auto written = co_await store.TransactWrite(std::move(writes), deadline);
      if (!written.ok()) co_return std::move(written.error());
      if (written->committed) continue;  // the next part follows, if there is one
    }
    const bool again = co_await back_off.Wait();
    if (!again) co_return GaveUp();
  }
}

Task<Result<std::uint64_t>> UserService::RecordState(StateInForce in_force, Deadline deadline) {
  return service::RecordState(store_, clock_, log_, std::move(in_force), deadline);
}

}  // namespace users::service
