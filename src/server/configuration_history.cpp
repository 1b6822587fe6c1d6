#include "server/configuration_history.h"

#include <algorithm>
#include <map>

#include "base/async/timer.h"
#include "base/json/json.h"

namespace users::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookInterval{250};
constexpr milliseconds kRecordTime{10'000};
constexpr milliseconds kFirstPause{1'000};
constexpr milliseconds kMaxPause{60'000};

domain::SubjectState StateOf(const LoadedCatalogue& catalogue) {
  return domain::StateOf(catalogue.roles);
}

void AppendKey(std::string& out, const AccessKey& key) {
  json::ObjectWriter writer(out);
  writer.String("accessKeyId", key.access_key_id);
  if (key.expires_at) {
    writer.Time("expiresAt", std::min(*key.expires_at, kEndOfTime - milliseconds(1)));
  }
  writer.String("status", key.active ? "Active" : "Inactive");
  writer.Close();
}

}  // namespace

domain::SubjectState StateOf(const Principals& principals) {
  std::map<const Principal*, std::vector<const AccessKey*>> keys_of;
  for (const auto& [id, key] : principals.keys()) keys_of[key.principal].push_back(&key);
  domain::SubjectState state;
  for (const auto& principal : principals.all()) {
    std::string& value = state[principal->arn];
    const auto& keys = keys_of[principal.get()];
    json::ObjectWriter writer(value);
    writer.Name("accessKeys");
    const std::size_t begin = value.size();
    json::ArrayWriter list(value);
    for (const AccessKey* key : keys) {
      list.Next();
      AppendKey(value, *key);
    }
    list.Close();
    domain::BoundStateList(value, begin, keys.size());
    writer.String("policySha256", principal->policy_hash);
    writer.Close();
  }
  return state;
}

template <class Value>
Task<bool> ConfigurationHistory::RecordOne(std::string subject, const WatchedFiles<Value>& files,
                                           Progress& progress, Deadline deadline) {
  // Read before the value, so that a change in between is found by the next look.
  const std::uint64_t generation = files.generation();
  if (generation == progress.recorded) co_return true;
  if (generation != progress.noticed) {
    progress.noticed = generation;
    progress.since = clock_.Now();
  }
  service::StateInForce in_force(subject, StateOf(*files.Current()), progress.since);
  const auto version = co_await users_.RecordState(std::move(in_force), deadline);
  if (!version.ok()) {
    log_.Warning("history_not_recorded")
        .Text("subject", subject)
        .Text("reason", version.error().message);
    co_return false;
  }
  progress.recorded = generation;
  if (*version != progress.version) {
    log_.Info("history_recorded")
        .Text("subject", subject)
        .Number("version", static_cast<std::int64_t>(*version));
  }
  progress.version = *version;
  co_return true;
}

Task<bool> ConfigurationHistory::Record(Deadline deadline) {
  const bool catalogue = co_await RecordOne<LoadedCatalogue>(std::string(domain::kCatalogueSubject),
                                                             roles_, catalogue_progress_, deadline);
  const bool principals = co_await RecordOne<Principals>(
      std::string(domain::kPrincipalsSubject), principals_, principals_progress_, deadline);
  co_return catalogue&& principals;
}

Task<void> ConfigurationHistory::Follow() {
  milliseconds pause = kFirstPause;
  while (true) {
    const Deadline deadline = DeadlineIn(kRecordTime);
    const bool done = co_await Record(deadline);
    const Deadline next = DeadlineIn(done ? kLookInterval : pause);
    pause = done ? kFirstPause : std::min(2 * pause, kMaxPause);
    co_await SleepUntil(next);
  }
}

}  // namespace users::server
