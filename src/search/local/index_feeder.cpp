#include "search/local/index_feeder.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/trusted_files.h"

namespace users::search::local {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxRecords = 1000;
constexpr std::size_t kUsersPerStep = 500;
constexpr milliseconds kIdleWait{1000};
// The time for which the feeder gathers changes.
constexpr milliseconds kGatherTime{50};
// The wait of a feed that is shutting down ends at once.
constexpr milliseconds kPauseAfterEmptyWait{20};
// Making the index durable writes a file, and many small files cost merges. Until then, the feed
// keeps the records.
constexpr milliseconds kSaveTime{300'000};
constexpr milliseconds kReportInterval{5'000};
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kMaxBackOff{30'000};

// Creates the directory if it does not exist. Fails if others may write to it or its files: they
// could make the engine read anything.
Status CheckDirectory(const std::string& path) {
  if (auto made = MakePrivateDirectory(path); !made.ok()) return made;
  const auto directory = OpenTrustedDirectory(path);
  if (!directory.ok()) return directory.error();
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    auto checked = CheckTrustedEntry(*directory, it->path().filename());
    if (!checked.ok()) return checked;
  }
  if (error) return Error::Unavailable(error.message());
  return Done{};
}

}  // namespace

IndexFeeder::IndexFeeder(storage::ChangeFeed& feed, storage::TableStore& store,
                         std::uint32_t list_shards, const IndexDatabaseOptions& options,
                         const Log& log)
    : feed_(feed), options_(options), log_(log), source_(store, list_shards, log), thread_([this] {
        Run();
      }) {}

IndexFeeder::~IndexFeeder() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  feed_.Interrupt();
  thread_.join();
}

std::shared_ptr<const IndexDatabase> IndexFeeder::Ready() const {
  const MutexLock lock(mutex_);
  return ready_index_;
}

void IndexFeeder::ReportFailure(std::string reason) {
  const MutexLock lock(mutex_);
  reported_failure_ = std::move(reason);
}

void IndexFeeder::WaitUntilReady(milliseconds at_most) {
  MutexLock lock(mutex_);
  changed_.WaitFor(mutex_, at_most,
                   [&]() USERS_REQUIRES(mutex_) { return stopping_ || ready_index_ != nullptr; });
}

void IndexFeeder::Run() {
  milliseconds back_off = kFirstBackOff;
  while (!IsStopping()) {
    const Status status = Step();
    if (status.ok()) {
      if (statistics_.ready) back_off = kFirstBackOff;
      continue;
    }
    ++statistics_.failures;
    log_.Warning("search_index_failed").Text("reason", status.error().message);
    PauseUntil(DeadlineIn(back_off));
    back_off = std::min(back_off * 2, kMaxBackOff);
  }
  if (index_ == nullptr) return;
  if (auto saved = Save(); !saved.ok()) {
    log_.Warning("search_index_failed").Text("reason", saved.error().message);
  }
  SetReady(false);
}

Status IndexFeeder::Step() {
  std::optional<std::string> failure;
  {
    const MutexLock lock(mutex_);
    failure.swap(reported_failure_);
  }
  if (failure && index_ != nullptr) return Discard(*failure);
  if (index_ == nullptr) return OpenIndex();
  if (index_->state()->built_to) return BuildNext();
  return Follow();
}

Status IndexFeeder::OpenIndex() {
  if (auto checked = CheckDirectory(options_.directory); !checked.ok()) {
    return Discard(checked.error().message);
  }
  auto opened = IndexDatabase::Open(options_, log_);
  if (!opened.ok()) return Discard(opened.error().message);
  index_ = std::move(*opened);
  Status begun = Done{};
  if (!index_->state()) {
    begun = BeginBuild();
  } else {
    begun = CompareWithStore(*index_->state());
  }
  if (!begun.ok()) {
    index_.reset();  // opened again by the next step, unless it was discarded
    return begun;
  }
  statistics_.position = index_->state()->position;
  ready_at_ = feed_.NewestPosition();
  return Done{};
}

Status IndexFeeder::CompareWithStore(const IndexState& state) {
  if (state.position > feed_.NewestPosition()) return Discard("is ahead of the store");
  if (!state.change) return Done{};
  const auto has = source_.Has(*state.change);
  if (!has.ok()) return has.error();
  if (!*has) return Discard("belongs to another store");
  return Done{};
}

Status IndexFeeder::BeginBuild() {
  // The feed keeps the records after the checkpoint. The position is read after it was saved, so no
  // record after the position can be gone.
  auto kept = feed_.SaveCheckpoint(kSearchConsumer, feed_.NewestPosition());
  if (!kept.ok()) return kept;
  IndexState state;
  state.position = feed_.NewestPosition();
  state.built_to = Ulid();
  ++statistics_.builds;
  log_.Info("search_index_building");
  return Write({}, state);
}

Status IndexFeeder::BuildNext() {
  if (!build_began_) {
    build_began_ = std::chrono::steady_clock::now();
    users_built_ = 0;
    report_at_ = DeadlineIn(kReportInterval);
  }
  IndexState state = *index_->state();
  auto part = source_.ReadAfter(*state.built_to, kUsersPerStep);
  if (!part.ok()) return std::move(part.error());
  const bool done = !part->more || part->users.empty();
  state.built_to.reset();
  if (!done) state.built_to = part->users.back().user;
  if (auto written = Write(part->users, state); !written.ok()) return written;
  users_built_ += part->users.size();
  if (!done && !HasPassed(report_at_)) return Done{};
  report_at_ = DeadlineIn(kReportInterval);
  const auto took = std::chrono::steady_clock::now() - *build_began_;
  log_.Info(done ? "search_index_built" : "search_index_building")
      .Number("users", static_cast<std::int64_t>(users_built_))
      .Number("milliseconds", std::chrono::duration_cast<milliseconds>(took).count());
  if (!done) return Done{};
  build_began_.reset();
  ready_at_ = feed_.NewestPosition();
  return Save();
}

Status IndexFeeder::Follow() {
  if (save_at_ && HasPassed(*save_at_)) {
    if (auto saved = Save(); !saved.ok()) return saved;
  }
  const Deadline gather_until = DeadlineIn(kGatherTime);
  IndexState state = *index_->state();
  const std::uint64_t newest = feed_.NewestPosition();
  const auto records = feed_.Read(state.position, kMaxRecords);
  if (!records.ok()) return records.error();
  const bool has_gap =
      records->empty() ? newest > state.position : records->front().position != state.position + 1;
  if (has_gap) return Discard("the change feed no longer has the changes after the index");
  if (!records->empty()) {
    std::set<Ulid> changed;
    for (const storage::FeedRecord& record : *records) {
      if (const auto user = ChangedUser(record)) changed.insert(*user);
    }
    auto users = source_.Read(changed);
    if (!users.ok()) return std::move(users.error());
    state.position = records->back().position;
    state.change = UserSource::ChangeOf(records->back());
    if (auto written = Write(*users, state); !written.ok()) return written;
  }
  if (state.position >= ready_at_ && !statistics_.ready) SetReady(true);
  if (records->size() == kMaxRecords) return Done{};
  if (!records->empty()) {
    PauseUntil(gather_until);
    return Done{};
  }
  feed_.Wait(state.position, kIdleWait);
  if (feed_.NewestPosition() <= state.position) PauseUntil(DeadlineIn(kPauseAfterEmptyWait));
  return Done{};
}

Status IndexFeeder::Write(const std::vector<UserTerms>& users, const IndexState& state) {
  auto updated = index_->Update(users, state);
  if (!updated.ok()) return Discard(updated.error().message);
  statistics_.users += users.size();
  statistics_.position = state.position;
  if (!save_at_) save_at_ = DeadlineIn(kSaveTime);
  return Done{};
}

Status IndexFeeder::Save() {
  if (!save_at_) return Done{};
  auto flushed = index_->Flush();
  if (!flushed.ok()) return Discard(flushed.error().message);
  save_at_.reset();
  return feed_.SaveCheckpoint(kSearchConsumer, index_->state()->position);
}

Error IndexFeeder::Discard(const std::string& reason) {
  log_.Warning("search_index_discarded").Text("reason", reason);
  SetReady(false);
  index_.reset();
  build_began_.reset();
  save_at_.reset();
  std::error_code error;
  std::filesystem::remove_all(options_.directory, error);
  if (!error) return Error::Unavailable(reason);
  return Error::Unavailable(reason + "; the index cannot be removed: " + error.message());
}

void IndexFeeder::SetReady(bool ready) {
  {
    const MutexLock lock(mutex_);
    ready_index_ = ready ? index_ : nullptr;
  }
  statistics_.ready = ready;
  changed_.NotifyAll();
  // A search has a bounded number of steps. The index is closed on this thread, after the last one.
  while (!ready && index_.use_count() > 1) std::this_thread::sleep_for(milliseconds(1));
}

void IndexFeeder::PauseUntil(Deadline moment) {
  MutexLock lock(mutex_);
  changed_.WaitUntil(mutex_, moment, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
}

bool IndexFeeder::IsStopping() {
  const MutexLock lock(mutex_);
  return stopping_;
}

}  // namespace users::search::local
