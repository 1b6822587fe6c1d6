#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "storage/local/local_store.h"

namespace users::maintenance {

// The chain (domain/audit_entry.h) and the version of an event. Empty if the line is not an event.
struct EventOf {
  std::string chain;
  std::uint64_t version = 0;
};

// The result of comparing an event with the store.
enum class EventState {
  kSame,       // the entry is in the store, and produces this event
  kNoEvent,    // the line is not an event of this service
  kAbsent,     // the store does not have the entry
  kDifferent,  // the store has another entry of that chain and version
  kUnknown,    // the entry cannot be read
};

// Compares a line of an event file with the store. Fills `event` unless the line is not an event.
EventState Compare(storage::TableStore& store, std::string_view line, EventOf& event);

// Removes events from the end of the file if the store does not have their entries, and syncs the
// file. These are changes made after a copy of the store, because events are in the order of
// commitment. An error's message has the reason, without the path.
Status CutEventsNotIn(storage::TableStore& store, const std::string& path);

// Compares event files with the store: an audit entry of the store must produce each event, and the
// newest entries that the relay has delivered must be among the events. Reports at most a few
// thousand findings. Memory is bounded: it knows the last hundred thousand or more of the chains in
// the files.
class EventFileChecker {
 public:
  // Receives each finding.
  using Report = std::function<void(std::string place, std::string what)>;

  EventFileChecker(storage::local::LocalStore& store, Report report)
      : store_(store), report_(std::move(report)) {}

  // Pass the files in the order in which they were written. `go_on` is called after each line;
  // false ends the comparison.
  void CheckFile(const std::string& path, const std::function<bool()>& go_on);

  // Call it after the file that the server writes to now.
  void CheckThatNoneIsMissing();

 private:
  using Versions = std::unordered_map<std::string, std::uint64_t>;

  void CheckLine(const std::string& place, std::string_view line);
  void Remember(const EventOf& event);
  void ReportFault(const std::string& place, std::string what);

  storage::local::LocalStore& store_;
  const Report report_;
  std::uint64_t faults_ = 0;
  // The greatest version of each chain in the files: of the latest chains, and of those before them.
  Versions latest_;
  Versions earlier_;
};

}  // namespace users::maintenance
