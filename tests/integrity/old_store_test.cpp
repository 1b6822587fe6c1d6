// A store that a program wrote before audit entries had changedFields, role, status and reason. The
// files in tests/data/old_store are from that program, with its event file.
#include <gtest/gtest.h>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "audit/event.h"
#include "base/files.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "integrity/checked_store.h"
#include "integrity/data_copy.h"
#include "maintenance/open_store.h"
#include "service/user_service.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

constexpr const char* kAda = "01M8MSWE4BTY0GYW063FXNMC9A";  // of version 7
constexpr std::uint64_t kUsers = 4;
constexpr std::uint64_t kEntries = 11;

class OldStore : public ::testing::Test {
 protected:
  std::string EventFile() const { return data_ + "/audit-events.jsonl"; }

  // Calls `use(service)` with a service on the store.
  template <class Use>
  void WithService(Use use) {
    const SystemClock clock;
    MemorySink sink;
    const Log log(sink, clock, LogLevel::kWarning);
    const auto store = maintenance::OpenStore(data_, clock, log);
    ASSERT_TRUE(store.ok()) << store.error().message;
    const auto roles = domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
    UlidGenerator ids(clock);
    service::UserService users(**store, *roles, ids, clock, log);
    use(users);
    EXPECT_EQ(sink.text(), "");
  }

  static service::CallContext Call() {
    domain::Caller caller;
    caller.arn = "arn:aws:iam::123456789012:user/newer";
    caller.access_key_id = "AKIDNEWERXXXXXXXXXXX";
    return service::CallContext(caller, "newer", DeadlineIn(std::chrono::seconds(60)));
  }

  static std::vector<domain::AuditEntry> EntriesOf(service::UserService& users,
                                                   const std::string& user_id) {
    auto page = RunTask(users.QueryAudit(Call(), user_id, service::AuditQuery()));
    EXPECT_TRUE(page.ok());
    return page.ok() ? std::move(page->entries) : std::vector<domain::AuditEntry>();
  }

  static void ExpectVerifies(const std::vector<domain::AuditEntry>& entries) {
    audit::ChainVerifier verifier;
    for (const auto& entry : entries) {
      const auto shown = json::ParseFile(audit::EntryJson(entry, audit::EntryView::kWhole));
      EXPECT_EQ(verifier.Add(shown->as_object()), std::nullopt);
    }
    EXPECT_EQ(verifier.Finish(), std::nullopt);
  }

  const DataCopy copy_{"old_store"};
  const std::string& data_ = copy_.path();
};

TEST_F(OldStore, PassesTheCheckWithItsEventFile) {
  const Checked checked = Check(data_, {EventFile()});
  EXPECT_EQ(checked.error.value_or(""), "");
  EXPECT_EQ(checked.text(), "");
  EXPECT_EQ(checked.summary.users, kUsers);
  EXPECT_EQ(checked.summary.entries, kEntries);
}

TEST_F(OldStore, ShowsItsEntriesAndEventsAsTheyWereWritten) {
  const auto events = ReadFile(EventFile());
  ASSERT_TRUE(events.ok());
  WithService([&](service::UserService& users) {
    std::size_t shown = 0;
    for (const std::string_view line : Split(*events, '\n')) {
      if (line.empty()) continue;
      const auto event = json::ParseFile(line);
      const auto& detail = event->at("detail").as_object();
      const auto entries = EntriesOf(users, std::string(detail.at("userId").as_string()));
      ExpectVerifies(entries);
      const auto version = detail.at("version").to_number<std::size_t>();
      ASSERT_LE(version, entries.size());
      const domain::AuditEntry& entry = entries[version - 1];
      EXPECT_EQ(audit::EventEnvelope(entry, {"000000000000", "us-east-1"}), line);
      EXPECT_FALSE(entry.changed_fields || entry.role || entry.status || entry.reason);
      ++shown;
    }
    EXPECT_EQ(shown, kEntries);
  });
}

TEST_F(OldStore, ContinuesItsChainsWithEntriesOfToday) {
  WithService([&](service::UserService& users) {
    service::WriteContext context;
    context.call = Call();
    context.operation = "users_role_assign";
    context.reason = "upgrade";
    context.render = [](const domain::User& user) {
      service::StoredResponse response;
      response.version = user.version;
      return response;
    };
    const auto assigned = RunTask(users.AssignRole(context, kAda, "viewer"));
    ASSERT_TRUE(assigned.ok());
    EXPECT_EQ(assigned->response.version, 8U);
    const auto entries = EntriesOf(users, kAda);
    ASSERT_EQ(entries.size(), 8U);
    ExpectVerifies(entries);
    EXPECT_FALSE(entries[6].changed_fields);
    EXPECT_EQ(entries[7].changed_fields, std::vector<std::string>{"roles"});
    EXPECT_EQ(entries[7].role, "viewer");
    EXPECT_EQ(entries[7].reason, "upgrade");
  });
  const Checked checked = Check(data_);
  EXPECT_EQ(checked.error.value_or(""), "");
  EXPECT_EQ(checked.text(), "");
  EXPECT_EQ(checked.summary.entries, kEntries + 1);
}

}  // namespace
}  // namespace users::testing
