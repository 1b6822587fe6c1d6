#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/audit_entry.h"

// The arguments and results of the two operations that read all entries in commit order.
namespace users::service {

// The entries that a query of the trail shows. An absent member admits every entry.
struct TrailFilter {
  TrailFilter() = default;

  std::optional<Timestamp> from;      // inclusive
  std::optional<Timestamp> to;        // exclusive
  std::optional<std::string> action;  // exact
  std::optional<std::string> actor;   // exact, or a prefix that ends in `*`
  std::optional<std::string> user_id;
  std::optional<std::string> role;   // of an assignment or a removal
  std::optional<std::string> field;  // a name in changedFields

  // Returns whether the filter admits the entry. Thread-safe.
  bool Admits(const domain::AuditEntry& entry) const;
  // Returns whether the filter admits every entry.
  bool AdmitsAll() const;
};

// The arguments of QueryTrail.
struct TrailQuery {
  TrailQuery() = default;

  std::size_t limit = 50;
  bool newest_first = true;
  TrailFilter filter;
  std::optional<std::uint64_t> after;  // the last position that the previous page examined
};

// A page of entries. It may have fewer entries than the limit, or none, even if `continue_after` is
// set.
struct TrailPage {
  std::vector<domain::AuditEntry> entries;
  // The last position that was examined, if others may follow.
  std::optional<std::uint64_t> continue_after;
};

// The place of a reader of events: it has seen everything up to this position.
struct EventCursor {
  EventCursor() = default;
  EventCursor(std::uint64_t position, std::string digest)
      : position(position), digest(std::move(digest)) {}

  std::uint64_t position = 0;
  // The first bytes of the hash of the entry at this position; empty if the entry is not known. It
  // shows that a store was replaced by an older copy and has gone another way since.
  std::string digest;
};

// Encodes a cursor for callers; it is bound to the store. Decoding returns nothing if the text is
// damaged or belongs to another store. Thread-safe.
std::string EncodeEventCursor(const EventCursor& cursor, std::string_view store_identity);
std::optional<EventCursor> DecodeEventCursor(std::string_view text,
                                             std::string_view store_identity);

// The arguments of ReadEvents.
struct EventQuery {
  EventQuery() = default;

  enum class From { kOldest, kNewest, kCursor };
  std::size_t limit = 50;
  From from = From::kOldest;
  EventCursor after;  // with kCursor
};

// A page of events, each in its envelope, and the cursor after them.
struct EventPage {
  std::vector<std::string> events;
  EventCursor next;
};

}  // namespace users::service
