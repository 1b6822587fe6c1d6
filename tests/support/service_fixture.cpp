#include "support/service_fixture.h"

#include "service/integrity.h"
#include "support/run_task.h"

namespace users::testing {

namespace {

// Reads what property/calls.h renders: the location of a response is its user's id.
service::StoredResponseReader ResponsesOfTheModel() {
  service::StoredResponseReader reader;
  reader.user_of = [](const service::StoredResponse& response) {
    return std::optional<std::string>(response.location);
  };
  reader.responses = [](const service::StoredResponse& response, const domain::AuditEntry& entry) {
    return response.status == 200 && response.version == entry.version;
  };
  return reader;
}

}  // namespace

std::string FindingsOf(storage::local::LocalStore& store, std::uint64_t* users) {
  service::IntegrityChecker checker(store, ResponsesOfTheModel());
  std::string report;
  for (const auto table : {storage::Table::kUsers, storage::Table::kIdempotency}) {
    const auto visited =
        store.ForEachItem(table, [&](const storage::Key& key, const storage::Item* item) {
          if (item == nullptr) {
            report += service::PlaceOf(key) + " is broken\n";
            return;
          }
          const auto checked = RunTask(checker.Check(key, *item));
          if (!checked.ok()) report += "cannot read: " + checked.error().message + "\n";
        });
    if (!visited.ok()) report += "cannot scan\n";
  }
  for (const auto& finding : checker.TakeFindings()) {
    report += finding.place + ": " + finding.what + "\n";
  }
  if (users != nullptr) *users = checker.users();
  return report;
}

}  // namespace users::testing
