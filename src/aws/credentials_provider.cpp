#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include "aws/credentials.h"
#include "base/async/timer.h"
#include "base/mutex.h"

namespace users::aws {
namespace {

constexpr std::chrono::minutes kRefreshBefore{5};
constexpr std::chrono::seconds kFetchTime{5};
constexpr std::chrono::seconds kBetweenFailures{1};
constexpr std::chrono::milliseconds kFirstCredentialsPollInterval{5};

}  // namespace

struct CredentialsProvider::State {
  State(std::unique_ptr<CredentialsSource> source, const Clock& clock, const Log& log)
      : source(std::move(source)), clock(clock), log(log) {}

  // Whether the current credentials may be used, and whether they need no refresh.
  bool IsUsable() const USERS_REQUIRES(mutex) {
    return current != nullptr && (!expires || clock.Now() < *expires);
  }
  bool IsFresh() const USERS_REQUIRES(mutex) {
    return current != nullptr && (!expires || clock.Now() + kRefreshBefore < *expires);
  }

  const std::unique_ptr<CredentialsSource> source;
  const Clock& clock;
  const Log& log;

  Mutex mutex;
  std::shared_ptr<const Credentials> current USERS_GUARDED_BY(mutex);
  std::optional<Timestamp> expires USERS_GUARDED_BY(mutex);
  bool refreshing USERS_GUARDED_BY(mutex) = false;
  Deadline not_before USERS_GUARDED_BY(mutex){};  // set after a failure
  std::string failure USERS_GUARDED_BY(mutex);
};

CredentialsProvider::CredentialsProvider(std::unique_ptr<CredentialsSource> source,
                                         const Clock& clock, const Log& log)
    : state_(std::make_shared<State>(std::move(source), clock, log)) {}

Task<Result<std::shared_ptr<const Credentials>>> CredentialsProvider::Get(Deadline deadline) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  while (true) {
    std::shared_ptr<const Credentials> usable;
    bool fetches = false;
    {
      const MutexLock lock(state_->mutex);
      if (state_->IsFresh()) co_return state_->current;
      fetches = !state_->refreshing && HasPassed(state_->not_before);
      if (fetches) state_->refreshing = true;
      if (state_->IsUsable()) usable = state_->current;
      if (usable == nullptr && !state_->refreshing) co_return Error::Unavailable(state_->failure);
    }
    // The refresh may start at once and be finished when this returns.
    if (fetches) boost::asio::co_spawn(executor, Refresh(state_), boost::asio::detached);
    if (usable != nullptr) co_return usable;
    if (fetches) continue;
    if (HasPassed(deadline)) co_return Error::Unavailable("no credentials in time");
    // Reached only before the first credentials arrive, or if they expired before a refresh
    // succeeded.
    const Deadline again = DeadlineIn(kFirstCredentialsPollInterval);
    co_await SleepUntil(again);
  }
}

Task<void> CredentialsProvider::Refresh(std::shared_ptr<State> state) {
  // If the io_context stops during the refresh, others can refresh again.
  struct EndOfRefresh {
    explicit EndOfRefresh(State& state) : state(state) {}
    ~EndOfRefresh() {
      const MutexLock lock(state.mutex);
      state.refreshing = false;
    }
    State& state;
  };
  const EndOfRefresh end(*state);
  const Deadline deadline = DeadlineIn(kFetchTime);
  auto fetched = co_await state->source->Fetch(deadline);
  const MutexLock lock(state->mutex);
  if (!fetched.ok()) {
    state->not_before = DeadlineIn(kBetweenFailures);
    state->failure = fetched.error().message;
    state->log.Error("credentials_failed").Text("reason", state->failure);
    co_return;
  }
  state->current = std::make_shared<const Credentials>(std::move(fetched->credentials));
  state->expires = fetched->expires;
  // A source that returns credentials close to their expiry is asked again, but not continuously.
  if (!state->IsFresh()) state->not_before = DeadlineIn(kBetweenFailures);
}

void CredentialsProvider::Rejected(const std::shared_ptr<const Credentials>& credentials) {
  const MutexLock lock(state_->mutex);
  if (state_->current == credentials) state_->current = nullptr;
}

}  // namespace users::aws
