#include "lambda_runtime/relay_handler.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "audit/chain.h"
#include "audit/publisher.h"
#include "base/json/json.h"
#include "base/ulid.h"
#include "lambda_runtime/metrics.h"
#include "service/user_records.h"

namespace users::lambda_runtime {
namespace {

// The time that is kept for the response that reports the progress.
constexpr std::chrono::milliseconds kResponseTime{500};
constexpr std::size_t kEntriesOfAPage = 100;

// Returns the first record of a batch that was not published; null if all were.
const StreamRecord* FirstFailed(const std::vector<StreamRecord>& records,
                                const std::vector<bool>& published) {
  const StreamRecord* first = nullptr;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (published[i]) continue;
    if (first == nullptr || IsEarlier(records[i].sequence_number, first->sequence_number)) {
      first = &records[i];
    }
  }
  return first;
}

// The member of a log line that names a chain.
std::string_view NameOfChain(std::string_view chain) {
  return ParseUlid(chain) ? "userId" : "subject";
}

std::string BatchResponse(const StreamRecord* failed) {
  std::string failures = "[";
  if (failed != nullptr) {
    json::ObjectWriter writer(failures);
    writer.String("itemIdentifier", failed->sequence_number);
    writer.Close();
  }
  failures += ']';
  std::string response;
  json::ObjectWriter writer(response);
  writer.Raw("batchItemFailures", failures);
  writer.Close();
  return response;
}

}  // namespace

// The outcome of an event, for its line in the log.
struct RelayHandler::Outcome {
  std::string_view kind = "unknown";
  std::int64_t published = 0;
  std::int64_t failed = 0;
  std::int64_t broken = 0;   // failed entries that are unreadable or do not verify
  std::string first_failed;  // its sequence number
  std::string chain;         // the chain whose entries were to be published again
};

Task<Result<std::string>> RelayHandler::Handle(const Invocation& invocation) {
  const auto begin = std::chrono::steady_clock::now();
  const Deadline deadline = invocation.deadline - kResponseTime;
  Outcome outcome;
  Result<std::string> response = Error::Internal();
  auto event = ReadRelayEvent(invocation.event);
  if (!event.ok()) {
    response = std::move(event.error());
  } else if (event->batch) {
    response = co_await PublishBatch(std::move(*event->batch), deadline, outcome);
  } else {
    response = co_await Republish(std::move(*event->republish), deadline, outcome);
  }
  Report(outcome, std::chrono::steady_clock::now() - begin);
  co_return response;
}

Task<Result<std::string>> RelayHandler::PublishBatch(StreamBatch batch, Deadline deadline,
                                                     Outcome& outcome) {
  const bool is_stream = batch.origin == BatchOrigin::kStream;
  outcome.kind = is_stream ? "stream" : "failed_batch";
  std::vector<bool> published(batch.records.size());
  std::vector<audit::BusEvent> events;
  std::vector<std::size_t> record_of;  // the record of each event
  std::set<std::string_view> held_up;  // chains with an earlier record that must not be published
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    StreamRecord& record = batch.records[i];
    if (record.fault != RecordFault::kNone) {
      ++outcome.broken;
      ReportFault(record);
      held_up.insert(record.chain);
    }
    if (held_up.contains(record.chain)) continue;
    events.push_back(std::move(*record.event));
    record_of.push_back(i);
  }
  const std::vector<bool> taken = co_await audit::Publish(bus_, std::move(events), deadline);
  for (std::size_t i = 0; i < taken.size(); ++i) published[record_of[i]] = taken[i];

  outcome.published = std::count(published.begin(), published.end(), true);
  outcome.failed = static_cast<std::int64_t>(published.size()) - outcome.published;
  const StreamRecord* failed = FirstFailed(batch.records, published);
  if (failed != nullptr) outcome.first_failed = failed->sequence_number;
  if (is_stream) co_return BatchResponse(failed);
  if (failed != nullptr) {
    co_return Error::Unavailable(
        std::to_string(outcome.failed) + " of " + std::to_string(published.size()) +
        " entries could not be published, the first is that of sequence number " +
        failed->sequence_number + ". Invoke again with the same record.");
  }
  std::string response;
  json::ObjectWriter writer(response);
  writer.Number("published", outcome.published);
  writer.Close();
  co_return response;
}

Task<Result<std::string>> RelayHandler::Republish(RepublishOrder order, Deadline deadline,
                                                  Outcome& outcome) {
  outcome.kind = "republish";
  outcome.chain = order.chain;
  std::uint64_t done = order.from_version - 1;  // all versions up to this one
  const auto stopped = [&](std::string_view why) {
    return Error::Unavailable(std::string(why) + " " + std::to_string(outcome.published) +
                              " entries were published. Go on with fromVersion " +
                              std::to_string(done + 1) + ".");
  };
  bool more = true;
  while (more) {
    if (HasPassed(deadline)) co_return stopped("The time was over.");
    auto range = service::AuditRange(order.chain, done, kEntriesOfAPage);
    const auto page = co_await store_.Query(std::move(range), deadline);
    if (!page.ok()) co_return stopped("The table could not be read.");
    more = page->more;
    std::vector<audit::BusEvent> events;
    std::string_view fault;
    for (const storage::Row& row : page->rows) {
      const auto entry = service::DecodeAuditEntry(order.chain, row);
      if (!entry.ok()) {
        fault = "The next entry cannot be read.";
        break;
      }
      if (!audit::HashesMatch(*entry)) {
        fault = "The next entry does not verify.";
        break;
      }
      events.emplace_back(entry->chain(), entry->timestamp, audit::EventDetail(*entry));
    }
    // The bus accepts one user's events up to some event, and none after it.
    const std::vector<bool> taken = co_await audit::Publish(bus_, std::move(events), deadline);
    const auto count = std::count(taken.begin(), taken.end(), true);
    outcome.published += count;
    done += static_cast<std::uint64_t>(count);
    if (static_cast<std::size_t>(count) < taken.size()) {
      outcome.failed = 1;
      co_return stopped("The event bus did not take the next one.");
    }
    if (!fault.empty()) {
      outcome.failed = outcome.broken = 1;
      log_.Error("entry_broken").Text(NameOfChain(order.chain), order.chain).Text("reason", fault);
      co_return stopped(fault);
    }
  }
  std::string response;
  json::ObjectWriter writer(response);
  writer.Number("published", outcome.published);
  writer.Number("lastVersion", static_cast<std::int64_t>(done));
  writer.Close();
  co_return response;
}

void RelayHandler::ReportFault(const StreamRecord& record) {
  if (record.fault == RecordFault::kUnreadable) {
    log_.Error("record_broken").Text("sequenceNumber", record.sequence_number);
    return;
  }
  log_.Error("entry_does_not_verify")
      .Text(NameOfChain(record.chain), record.chain)
      .Number("version", static_cast<std::int64_t>(record.version))
      .Text("sequenceNumber", record.sequence_number)
      .Text("reason", "its hashes do not match its members");
}

void RelayHandler::Report(const Outcome& outcome, std::chrono::nanoseconds duration) {
  auto line = log_.Info("relayed");
  line.Text("operation", "users_audit_publish");
  line.Text("kind", outcome.kind);
  if (!outcome.chain.empty()) line.Text(NameOfChain(outcome.chain), outcome.chain);
  if (!outcome.first_failed.empty()) line.Text("firstFailed", outcome.first_failed);
  EmbeddedMetrics metrics(line, function_name_, clock_.Now());
  metrics.Count("Published", outcome.published);
  metrics.Count("FailedRecords", outcome.failed);
  metrics.Count("BrokenEntries", outcome.broken);
  metrics.Milliseconds("Latency", duration);
  metrics.Count("ColdStart", is_cold_ ? 1 : 0);
  is_cold_ = false;
}

}  // namespace users::lambda_runtime
