#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "audit/event.h"
#include "service/page_bytes.h"
#include "service/write_path.h"
#include "storage/feed_reader.h"

namespace users::service {
namespace {

using storage::FeedBounds;
using storage::FeedReader;
using storage::FeedRecord;

// Entries are in the order of time, except for what simultaneous requests and steps of the clock
// make of it. A search for a time goes beyond it by this much.
constexpr std::chrono::hours kMaxDisorder{24};
// The entries that are read at once if a filter may reject most of them.
constexpr std::size_t kFilteredAtOnce = 200;
constexpr std::size_t kDigestBytes = 8;
constexpr std::size_t kOne = 1;

std::string DigestOf(const domain::AuditEntry& entry) {
  return std::string(AsText(entry.hash).substr(0, kDigestBytes));
}

Result<domain::AuditEntry> Decode(const FeedRecord& record, const Log& log) {
  auto entry = DecodeAuditEntry(record.partition, record.sort, record.item);
  if (!entry.ok() && entry.error().code == ErrorCode::kInternal) {
    log.Error("trail_entry_broken").Number("position", static_cast<std::int64_t>(record.position));
  }
  return entry;
}

// Returns the first position whose entry is not before this time, or the one after the newest.
Task<Result<std::uint64_t>> FirstNotBefore(FeedReader& feed, Timestamp time, const Log& log) {
  const FeedBounds bounds = feed.Bounds();
  std::uint64_t low = bounds.begin + 1;
  std::uint64_t high = bounds.newest + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto records = co_await feed.ReadAfter(middle - 1, kOne, kOne);
    if (!records.ok()) co_return std::move(records.error());
    if (records->empty()) co_return high;
    const auto entry = Decode(records->front(), log);
    if (!entry.ok()) co_return entry.error();
    if (entry->timestamp < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  co_return low;
}

// Returns the position after which a query begins, in its order.
Task<Result<std::uint64_t>> BeginOf(FeedReader& feed, const TrailQuery& query, const Log& log) {
  const FeedBounds bounds = feed.Bounds();
  const TrailFilter& filter = query.filter;
  if (query.newest_first) {
    if (!filter.to || !IsWritable(*filter.to + kMaxDisorder)) co_return bounds.newest + 1;
    auto first = co_await FirstNotBefore(feed, *filter.to + kMaxDisorder, log);
    co_return first;
  }
  if (!filter.from || !IsWritable(*filter.from - kMaxDisorder)) co_return bounds.begin;
  auto first = co_await FirstNotBefore(feed, *filter.from - kMaxDisorder, log);
  if (!first.ok()) co_return first;
  co_return *first - 1;
}

// Returns whether no entry that follows in the query's order can be in the range of time.
bool IsPastRange(const TrailQuery& query, Timestamp time) {
  const TrailFilter& filter = query.filter;
  if (query.newest_first) return filter.from && time < *filter.from - kMaxDisorder;
  return filter.to && time >= *filter.to + kMaxDisorder;
}

Error NoSuchCursor() {
  return Error::Validation("after", "is not a cursor of this store");
}

// DynamoDB has no order of all commits.
Error NoTrail() {
  return Error::Validation(
      "order",
      "needs the embedded store; with DynamoDB, all entries are in the log group of events");
}
Error NoEvents() {
  return Error::Validation("after",
                           "needs the embedded store; with DynamoDB, events are on the event bus");
}

}  // namespace

std::string_view UserService::TrailIdentity() const {
  return options_.feed == nullptr ? std::string_view() : options_.feed->Identity();
}

Task<Result<TrailPage>> UserService::QueryTrail(CallContext context, TrailQuery query) {
  if (options_.feed == nullptr) co_return NoTrail();
  FeedReader& feed = *options_.feed;
  if (!query.after) {
    auto begin = co_await BeginOf(feed, query, log_);
    if (!begin.ok()) co_return std::move(begin.error());
    query.after = *begin;
  }
  std::uint64_t examined = *query.after;
  const std::size_t most_at_once = query.filter.AdmitsAll() ? query.limit : kFilteredAtOnce;
  const Executor executor = co_await boost::asio::this_coro::executor;
  TrailPage page;
  std::size_t bytes_read = 0;
  std::size_t bytes_shown = 0;
  while (true) {
    if (HasPassed(context.deadline)) co_return GaveUp();
    const std::size_t count = std::min(
        most_at_once, query.filter.AdmitsAll() ? query.limit - page.entries.size() : most_at_once);
    const std::size_t bytes_left = storage::kMaxPageBytes - bytes_read;
    auto read = query.newest_first ? feed.ReadBefore(examined, count, bytes_left)
                                   : feed.ReadAfter(examined, count, bytes_left);
    auto records = co_await std::move(read);
    if (!records.ok()) co_return std::move(records.error());
    if (records->empty()) co_return page;
    for (const FeedRecord& record : *records) {
      auto entry = Decode(record, log_);
      if (!entry.ok()) co_return std::move(entry.error());
      if (IsPastRange(query, entry->timestamp)) co_return page;
      const bool is_wanted = query.filter.Admits(*entry);
      if (is_wanted) bytes_shown += BytesAsJson(*entry);
      if (bytes_shown > kMaxAuditPageBytes && !page.entries.empty()) {
        page.continue_after = examined;
        co_return page;
      }
      examined = record.position;
      bytes_read += record.item.SizeInBytes();
      if (is_wanted) page.entries.push_back(std::move(*entry));
      if (page.entries.size() == query.limit || bytes_read >= storage::kMaxPageBytes) {
        const FeedBounds bounds = feed.Bounds();
        const bool more =
            query.newest_first ? examined > bounds.begin + 1 : examined < bounds.newest;
        if (more) page.continue_after = examined;
        co_return page;
      }
    }
    // Other requests of this thread take their turn.
    co_await boost::asio::post(executor, kUseTask);
  }
}

Task<Result<EventPage>> UserService::ReadEvents(CallContext context, EventQuery query) {
  if (options_.feed == nullptr) co_return NoEvents();
  FeedReader& feed = *options_.feed;
  const FeedBounds bounds = feed.Bounds();
  EventPage page;
  page.next = query.after;
  if (query.from == EventQuery::From::kOldest) page.next = EventCursor(bounds.begin, "");
  if (query.from == EventQuery::From::kNewest) page.next = EventCursor(bounds.newest, "");
  const auto gone = [&](std::uint64_t oldest) {
    Error error = Error::Of(ErrorCode::kGone, "Events after the cursor have been removed.");
    error.oldest_cursor = EncodeEventCursor(EventCursor(oldest, ""), feed.Identity());
    return error;
  };
  if (page.next.position > bounds.newest) co_return NoSuchCursor();
  if (page.next.position < bounds.begin) co_return gone(bounds.begin);

  // The entry at the cursor is read too, if it is still there, because it identifies the place.
  const bool has_place = page.next.position > bounds.begin;
  const std::uint64_t after = has_place ? page.next.position - 1 : page.next.position;
  const std::size_t count = query.limit + (has_place ? 1 : 0);
  auto records = co_await feed.ReadAfter(after, count, storage::kMaxPageBytes);
  if (!records.ok()) co_return std::move(records.error());
  if (HasPassed(context.deadline)) co_return GaveUp();
  for (const FeedRecord& record : *records) {
    const bool is_place = record.position == page.next.position;
    if (!is_place && record.position != page.next.position + 1) co_return gone(record.position - 1);
    auto entry = Decode(record, log_);
    if (!entry.ok()) co_return std::move(entry.error());
    EventCursor here(record.position, DigestOf(*entry));
    if (is_place) {
      const bool is_known = page.next.digest.empty() || page.next.digest == here.digest;
      if (!is_known) co_return NoSuchCursor();
    } else {
      auto event = audit::VerifiedEnvelope(*entry, options_.event_origin);
      if (!event.ok()) {
        log_.Error("event_not_shown").Text("reason", event.error().message);
        co_return Error::Internal();
      }
      page.events.push_back(std::move(*event));
    }
    page.next = std::move(here);
  }
  co_return page;
}

void UserService::RingAtEvent(const EventCursor& after, const std::shared_ptr<Alarm>& alarm) const {
  if (options_.feed != nullptr) options_.feed->RingAfter(after.position, alarm);
}

}  // namespace users::service
