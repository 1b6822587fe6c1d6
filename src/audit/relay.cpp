#include "audit/relay.h"

#include <algorithm>

#include "audit/chain.h"

namespace users::audit {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxEventsPerDelivery = 1000;
constexpr milliseconds kIdleWait{1000};
// The time for which the relay gathers changes. Each delivery costs a sync of the target, and each
// checkpoint a synced write of the store, for which other writers wait.
constexpr milliseconds kGatherTime{20};
constexpr milliseconds kSaveTime{200};
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kMaxBackOff{10'000};

}  // namespace

Relay::Relay(storage::ChangeFeed& feed, EventTarget& target, EntryDecoder decode,
             EventOrigin origin, std::string consumer, const Log& log)
    : feed_(feed),
      target_(target),
      decode_(std::move(decode)),
      origin_(std::move(origin)),
      consumer_(std::move(consumer)),
      log_(log),
      thread_([this] { Run(); }) {}

Relay::~Relay() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  feed_.Interrupt();
  thread_.join();
}

void Relay::Run() {
  std::optional<Progress> progress;
  milliseconds back_off = kFirstBackOff;
  while (true) {
    const bool last_round = IsStopping();
    bool idle = false;
    const Status status = progress ? DeliverNext(*progress, idle) : Begin(progress);
    if (status.ok()) {
      back_off = kFirstBackOff;
      if (!idle) {
        PauseUntil(progress->gather_until);
        continue;
      }
      if (last_round) return;
      feed_.Wait(progress->delivered, kIdleWait);
      continue;
    }
    ++statistics_.failures;
    log_.Error("relay_failed").Text("reason", status.error().message);
    if (last_round) return;
    PauseUntil(DeadlineIn(back_off));
    back_off = std::min(back_off * 2, kMaxBackOff);
  }
}

Status Relay::Begin(std::optional<Progress>& progress) {
  const auto checkpoint = feed_.Checkpoint(consumer_);
  if (!checkpoint.ok()) return checkpoint.error();
  progress.emplace();
  progress->delivered = progress->saved = *checkpoint;
  statistics_.checkpoint = *checkpoint;
  return Done{};
}

Status Relay::DeliverNext(Progress& progress, bool& idle) {
  if (HasPassed(progress.save_at)) {
    if (auto saved = Save(progress); !saved.ok()) return saved;
  }
  progress.gather_until = DeadlineIn(kGatherTime);
  const auto records = feed_.Read(progress.delivered, kMaxEventsPerDelivery);
  if (!records.ok()) return records.error();
  idle = records->empty();
  if (idle) return Save(progress);
  if (records->size() == kMaxEventsPerDelivery) progress.gather_until = Deadline();

  std::vector<std::string> envelopes;
  envelopes.reserve(records->size());
  for (const storage::FeedRecord& record : *records) {
    auto envelope = EnvelopeOf(record);
    if (!envelope.ok()) {
      if (envelopes.empty()) return envelope.error();
      break;  // The entries before it are delivered first.
    }
    envelopes.push_back(std::move(*envelope));
  }
  if (auto sent = target_.Deliver(envelopes); !sent.ok()) return sent;
  statistics_.delivered += envelopes.size();
  progress.delivered = (*records)[envelopes.size() - 1].position;
  return Done{};
}

Result<std::string> Relay::EnvelopeOf(const storage::FeedRecord& record) const {
  const auto entry = decode_(record);
  if (!entry.ok()) return entry.error();
  if (!HashesMatch(*entry)) {
    return Error::Of(ErrorCode::kInternal,
                     "entry " + std::to_string(entry->version) +
                         (entry->subject.empty() ? " of user " : " of subject ") + entry->chain() +
                         " does not verify: its hashes do not match its members");
  }
  return EventEnvelope(*entry, origin_);
}

Status Relay::Save(Progress& progress) {
  if (progress.saved == progress.delivered) return Done{};
  if (auto saved = feed_.SaveCheckpoint(consumer_, progress.delivered); !saved.ok()) return saved;
  progress.saved = progress.delivered;
  progress.save_at = DeadlineIn(kSaveTime);
  statistics_.checkpoint = progress.saved;
  return Done{};
}

void Relay::PauseUntil(Deadline moment) {
  MutexLock lock(mutex_);
  stop_.WaitUntil(mutex_, moment, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
}

bool Relay::IsStopping() {
  const MutexLock lock(mutex_);
  return stopping_;
}

}  // namespace users::audit
