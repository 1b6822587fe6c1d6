#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/event_bus.h"

namespace users::testing {

// A bus that keeps the events it accepts and responds as configured. It rejects and counts calls
// that exceed EventBridge's limits.
class FakeBus final : public audit::EventBus {
 public:
  // Returns the receipt of an event. `attempt` is how often this very event was sent before.
  using Decide = std::function<audit::Receipt(const audit::BusEvent& event, int attempt)>;

  explicit FakeBus(Decide decide) : decide_(std::move(decide)) {}
  FakeBus() : FakeBus([](const audit::BusEvent&, int) { return audit::Receipt::kTaken; }) {}

  Task<Result<std::vector<audit::Receipt>>> Put(std::vector<audit::BusEvent> events,
                                                Deadline) override {
    ++calls;
    if (calls == unreachable_from) co_return Error::Unavailable("the bus is unreachable");
    std::size_t bytes = 0;
    for (const audit::BusEvent& event : events) bytes += event.SizeInBytes();
    if (events.empty() || events.size() > 10 || bytes >= 256 * 1024) {
      ++oversized;
      co_return Error::Unavailable("too much");
    }
    std::vector<audit::Receipt> receipts;
    for (const audit::BusEvent& event : events) {
      int attempt = 0;
      for (const std::string& seen : seen_) attempt += seen == event.detail ? 1 : 0;
      seen_.push_back(event.detail);
      receipts.push_back(decide_(event, attempt));
      if (receipts.back() == audit::Receipt::kTaken) taken.push_back(event.detail);
    }
    co_return receipts;
  }

  std::vector<std::string> taken;  // details, in the order of acceptance
  int calls = 0;
  int oversized = 0;
  int unreachable_from = 0;  // the number of the only call that fails; 0: none

 private:
  const Decide decide_;
  std::vector<std::string> seen_;
};

}  // namespace users::testing
