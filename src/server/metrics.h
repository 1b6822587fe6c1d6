#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/operation.h"

namespace users::server {

// What the server counts, in Prometheus' text format. Thread-safe. No label is ever a user, a
// principal or anything else that grows without bound.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One answer. Requests that reached no operation count under "none".
  void Answered(std::optional<api::Operation> operation, int status,
                std::chrono::nanoseconds duration);

  // A number that is read when somebody asks, such as a queue's length. `read` is thread-safe and
  // outlives the metrics' use.
  enum class Kind { kCounter, kGauge };
  void Add(Kind kind, std::string_view name, std::string_view help, std::function<double()> read);

  // One of several numbers of one name, told apart by a label. Those of one name are added one
  // after the other. The label's values are few and fixed.
  struct Label {
    std::string name;
    std::string value;
  };
  void AddLabelled(Kind kind, std::string_view name, std::string_view help, Label label,
                   std::function<double()> read);

  // One that somebody else counts, and that outlives the metrics' use.
  template <class Number>
  void Add(Kind kind, std::string_view name, std::string_view help,
           const std::atomic<Number>& number) {
    Add(kind, name, help, [&number] { return static_cast<double>(number.load()); });
  }

  std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace users::server
