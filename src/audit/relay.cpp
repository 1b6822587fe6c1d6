#include "audit/relay.h"

#include <algorithm>

namespace users::audit {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostEventsOfADelivery = 1000;
constexpr milliseconds kIdleWait{1000};
constexpr milliseconds kFirstBackOff{100};
constexpr milliseconds kLongestBackOff{10'000};

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
  stopping_ = true;
  feed_.Interrupt();
  thread_.join();
}

void Relay::Run() {
  std::optional<Progress> progress;
  milliseconds back_off = kFirstBackOff;
  while (true) {
    const bool last_round = stopping_;
    bool idle = false;
    const Status status = progress ? DeliverNext(*progress, idle) : Begin(progress);
    if (status.ok()) {
      back_off = kFirstBackOff;
      if (!idle) continue;
      if (last_round) return;
      feed_.Wait(progress->delivered, kIdleWait);
      continue;
    }
    ++statistics_.failures;
    log_.Error("relay_failed").Text("reason", status.error().message);
    if (last_round) return;
    for (milliseconds waited{0}; waited < back_off && !stopping_; waited += kFirstBackOff) {
      std::this_thread::sleep_for(kFirstBackOff);
    }
    back_off = std::min(back_off * 2, kLongestBackOff);
  }
}

Status Relay::Begin(std::optional<Progress>& progress) {
  const auto checkpoint = feed_.Checkpoint(consumer_);
  if (!checkpoint.ok()) return checkpoint.error();
  progress = Progress{*checkpoint, *checkpoint};
  statistics_.checkpoint = *checkpoint;
  return Done{};
}

Status Relay::DeliverNext(Progress& progress, bool& idle) {
  if (progress.saved != progress.delivered) {
    if (auto saved = feed_.SaveCheckpoint(consumer_, progress.delivered); !saved.ok()) {
      return saved;
    }
    progress.saved = progress.delivered;
    statistics_.checkpoint = progress.saved;
  }
  const auto records = feed_.Read(progress.delivered, kMostEventsOfADelivery);
  if (!records.ok()) return records.error();
  idle = records->empty();
  if (idle) return Done{};

  std::vector<std::string> envelopes;
  envelopes.reserve(records->size());
  for (const storage::FeedRecord& record : *records) {
    const auto entry = decode_(record);
    if (!entry.ok()) return entry.error();
    envelopes.push_back(EventEnvelope(*entry, origin_));
  }
  if (auto sent = target_.Deliver(envelopes); !sent.ok()) return sent;
  statistics_.delivered += envelopes.size();
  progress.delivered = records->back().position;
  return Done{};
}

}  // namespace users::audit
