#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "storage/local/local_store.h"

namespace users::wiring {

// Whose change an event tells of, as far as its line is an event.
struct EventOf {
  std::string user_id;
  std::uint64_t version = 0;
};

// How an event compares with the store.
enum class EventState {
  kSame,       // the entry is in the store, and the event is what the entry makes
  kNoEvent,    // the line is no event of this service
  kAbsent,     // the store does not have the entry
  kDifferent,  // the store has another entry of that user and version
  kUnknown,    // the entry cannot be read
};

EventState Compare(storage::TableStore& store, std::string_view line, EventOf& event);

// Cuts off the events at the end of the file whose entries the store does not have, and syncs the
// file. Those are the changes that came after a copy of the store was made, because events are in
// the order of commitment. An error says why that was not possible, without the path.
Status CutEventsNotIn(storage::TableStore& store, const std::string& path);

// Compares event files with the store: each event is what an audit entry of the store makes, and
// the newest entries that the relay has delivered are among the events. Reports at most some
// thousand findings. Uses a bounded amount of memory: of the users in the files it knows the last
// hundred thousand or more.
class EventFileChecker {
 public:
  using Report = std::function<void(std::string place, std::string what)>;

  EventFileChecker(storage::local::LocalStore& store, Report report)
      : store_(store), report_(std::move(report)) {}

  // The files in the order in which they were written. `go_on` is asked after each line; false ends
  // the comparison.
  void CheckFile(const std::string& path, const std::function<bool()>& go_on);

  // After the file that the server writes to now.
  void CheckThatNoneIsMissing();

 private:
  using Versions = std::unordered_map<std::string, std::uint64_t>;

  void CheckLine(const std::string& place, std::string_view line);
  void Remember(const EventOf& event);
  void ReportFault(const std::string& place, std::string what);

  storage::local::LocalStore& store_;
  const Report report_;
  std::uint64_t faults_ = 0;
  // The greatest version of each user in the files: of the latest users, and of those before them.
  Versions latest_;
  Versions earlier_;
};

}  // namespace users::wiring
