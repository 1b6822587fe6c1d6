// A repeated request is recognised by the hash of its canonical form, which is stored for a day. If
// the form changed, the retry of yesterday's request would count as a different request.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "base/json/json.h"
#include "property/calls.h"
#include "property/property.h"
#include "service/idempotency.h"
#include "support/random_text.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

service::WriteContext ContextWithKey(const char* key) {
  Model::Write write;
  write.operation = "operation";
  write.key = key;
  return ContextOf(write, kArns[0], "c");
}

// The hashes of all records in the store.
std::vector<Sha256Digest> RecordedHashes(ServiceFixture& fixture) {
  std::vector<Sha256Digest> hashes;
  const auto visit = [&](const storage::Key&, const storage::Item* item) {
    hashes.push_back(service::DecodeRecord(*item)->request_hash);
  };
  RC_ASSERT(fixture.store().ForEachItem(storage::Table::kIdempotency, visit).ok());
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

bj::object ObjectOf(const domain::Metadata& metadata) {
  bj::object object;
  for (const auto& [key, value] : metadata) object[key] = value;
  return object;
}

PROPERTY(RequestHash, IsTheHashOfTheCanonicalRequest, 20) {
  ServiceFixture fixture;
  std::vector<Sha256Digest> expected;
  const auto expect = [&](const bj::object& request) {
    expected.push_back(Sha256(json::Canonical(request)));
  };
  const auto text = AnyUtf8();
  service::NewUser user;
  user.email = *text;
  user.name = *text;
  user.metadata = *rc::gen::container<domain::Metadata>(text, text);
  // The metadata after the changes must obey the limits.
  while (user.metadata.size() > 10) user.metadata.erase(user.metadata.begin());
  bj::object creation = {
      {"name", user.name}, {"email", user.email}, {"metadata", ObjectOf(user.metadata)}};
  if (OneIn(2)) creation["userName"] = *(user.user_name = *text);
  if (OneIn(2)) creation["externalId"] = *(user.external_id = *text);
  expect(creation);
  const auto created = RunTask(fixture.users().Register(ContextWithKey("1"), user));
  RC_ASSERT(created.ok());
  const std::string id = created->response.location;

  service::ProfileChange change;
  bj::object patch;
  if (OneIn(2)) patch["name"] = *(change.name = *text + "x");
  if (OneIn(2)) patch["email"] = *(change.email = *text + "x");
  const auto change_handle = [&](const char* name, service::HandleChange& handle) {
    if (OneIn(2)) return;
    handle = OneIn(2) ? std::optional<std::string>(*text) : std::nullopt;
    patch[name] = *handle ? bj::value(bj::string(**handle)) : bj::value(nullptr);
  };
  change_handle("userName", change.user_name);
  change_handle("externalId", change.external_id);
  if (OneIn(2)) {
    change.metadata = domain::Metadata{{*text + "y", *text}, {*text, "new"}};
    patch["metadata"] = ObjectOf(*change.metadata);
  } else {
    change.metadata_changes = domain::MetadataChanges{{*text + "y", *text + "w"}, {*text, {}}};
    bj::object& object = patch["metadataChanges"].emplace_object();
    for (const auto& [key, value] : *change.metadata_changes) {
      object[key] = value ? bj::value(bj::string(*value)) : bj::value(nullptr);
    }
  }
  expect(patch);
  RC_ASSERT(RunTask(fixture.users().UpdateProfile(ContextWithKey("2"), id, change)).ok());

  expect({{"role", "viewer"}});
  RC_ASSERT(RunTask(fixture.users().AssignRole(ContextWithKey("3"), id, "viewer")).ok());
  expect({{"status", "disabled"}});
  const auto disabled = domain::UserStatus::kDisabled;
  RC_ASSERT(RunTask(fixture.users().SetStatus(ContextWithKey("4"), id, disabled)).ok());
  std::sort(expected.begin(), expected.end());
  RC_ASSERT(RecordedHashes(fixture) == expected);
}

}  // namespace
}  // namespace users::testing
