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
  auto checkpoint = feed_.Checkpoint(consumer_);
  milliseconds back_off = kFirstBackOff;
  while (true) {
    const bool last_round = stopping_;
    bool delivered = false;
    Status status =
        checkpoint.ok() ? DeliverNext(*checkpoint, delivered) : Status(Error(checkpoint.error()));
    if (status.ok()) {
      back_off = kFirstBackOff;
      if (delivered) continue;
      if (last_round) return;
      feed_.Wait(*checkpoint, kIdleWait);
      continue;
    }
    ++statistics_.failures;
    log_.Error("relay_failed").Text("reason", status.error().message);
    if (last_round) return;
    for (milliseconds waited{0}; waited < back_off && !stopping_; waited += kFirstBackOff) {
      std::this_thread::sleep_for(kFirstBackOff);
    }
    back_off = std::min(back_off * 2, kLongestBackOff);
    if (!checkpoint.ok()) checkpoint = feed_.Checkpoint(consumer_);
  }
}

Status Relay::DeliverNext(std::uint64_t& checkpoint, bool& delivered) {
  statistics_.checkpoint = checkpoint;
  const auto records = feed_.Read(checkpoint, kMostEventsOfADelivery);
  if (!records.ok()) return records.error();
  if (records->empty()) return Done{};

  std::vector<std::string> envelopes;
  envelopes.reserve(records->size());
  for (const storage::FeedRecord& record : *records) {
    const auto entry = decode_(record);
    if (!entry.ok()) return entry.error();
    envelopes.push_back(EventEnvelope(*entry, origin_));
  }
  if (auto sent = target_.Deliver(envelopes); !sent.ok()) return sent;
  statistics_.delivered += envelopes.size();

  const std::uint64_t done = records->back().position;
  if (auto saved = feed_.SaveCheckpoint(consumer_, done); !saved.ok()) return saved;
  checkpoint = done;
  statistics_.checkpoint = done;
  delivered = true;
  return Done{};
}

}  // namespace users::audit
