#include "audit/publisher.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string>

#include "base/async/timer.h"
#include "base/random.h"

namespace users::audit {
namespace {

constexpr int kMaxAttempts = 3;

// The events that are not published yet, and the results of the others.
class Publication {
 public:
  explicit Publication(std::vector<BusEvent> events)
      : events_(std::move(events)), attempts_(events_.size()), taken_(events_.size()) {
    for (std::size_t i = 0; i < events_.size(); ++i) waiting_.push_back(i);
  }

  // Returns the events of the next call, in order. Empty if no more events can be sent.
  std::vector<BusEvent> Next() {
    call_.clear();
    std::vector<BusEvent> next;
    std::size_t bytes = 0;
    while (!waiting_.empty() && call_.size() < EventBus::kMaxEventsPerCall) {
      const BusEvent& event = events_[waiting_.front()];
      const std::size_t size = event.SizeInBytes();
      if (size >= EventBus::kMaxCallBytes) held_back_.insert(event.chain);
      if (!held_back_.contains(event.chain)) {
        if (bytes + size >= EventBus::kMaxCallBytes) break;
        bytes += size;
        next.push_back(event);
        call_.push_back(waiting_.front());
      }
      waiting_.pop_front();
    }
    return next;
  }

  // Applies the receipts of the last Next(). Returns true if some of its events must be sent again.
  bool Record(const std::vector<Receipt>& receipts) {
    std::set<std::string> held_up;  // chains whose later events must be sent again too
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < call_.size(); ++i) {
      const std::size_t index = call_[i];
      const std::string& chain = events_[index].chain;
      const bool held = held_up.contains(chain);
      taken_[index] = receipts[i] == Receipt::kTaken && !held;
      if (taken_[index]) continue;
      held_up.insert(chain);
      const bool failed = receipts[i] != Receipt::kTaken;
      if (failed && (receipts[i] == Receipt::kRejected || ++attempts_[index] == kMaxAttempts)) {
        held_back_.insert(chain);
      }
      again.push_back(index);
    }
    waiting_.insert(waiting_.begin(), again.begin(), again.end());
    return !again.empty();
  }

  std::vector<bool> TakeResult() { return std::move(taken_); }

 private:
  const std::vector<BusEvent> events_;
  std::vector<int> attempts_;  // failed attempts
  std::vector<bool> taken_;
  std::deque<std::size_t> waiting_;
  std::vector<std::size_t> call_;
  std::set<std::string> held_back_;  // chains that get no more events sent
};

}  // namespace

Task<std::vector<bool>> Publish(EventBus& bus, std::vector<BusEvent> events, Deadline deadline,
                                std::chrono::milliseconds back_off) {
  Publication publication(std::move(events));
  std::chrono::milliseconds longest_wait = back_off;
  while (!HasPassed(deadline)) {
    std::vector<BusEvent> next = publication.Next();
    if (next.empty()) break;
    const std::size_t count = next.size();
    const auto receipts = co_await bus.Put(std::move(next), deadline);
    // The bus has retried enough by now. The caller tries again later.
    if (!receipts.ok() || receipts->size() != count) break;
    if (!publication.Record(*receipts)) {
      longest_wait = back_off;
      continue;
    }
    co_await SleepUntil(
        std::min(deadline, std::chrono::steady_clock::now() + RandomPartOf(longest_wait)));
    longest_wait *= 2;
  }
  co_return publication.TakeResult();
}

}  // namespace users::audit
