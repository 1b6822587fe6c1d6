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

// The metrics of the server, in Prometheus' text format. Thread-safe. No label is ever a user, a
// principal or another value without a bound.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Counts one response. Requests that reached no operation count as "none".
  void CountResponse(std::optional<api::Operation> operation, int status,
                     std::chrono::nanoseconds duration);

  // Adds a number that is read on demand, such as the length of a queue. `read` must be thread-safe
  // and must outlive the use of the metrics.
  enum class Kind { kCounter, kGauge };
  void Add(Kind kind, std::string_view name, std::string_view help, std::function<double()> read);

  // Adds one of several numbers with the same name, distinguished by a label. Add those with the
  // same name one after the other. The values of the label are few and fixed.
  struct Label {
    std::string name;
    std::string value;
  };
  void AddLabelled(Kind kind, std::string_view name, std::string_view help, Label label,
                   std::function<double()> read);

  // Adds a number that other code counts. It must outlive the use of the metrics.
  template <class Number>
  void Add(Kind kind, std::string_view name, std::string_view help,
           const std::atomic<Number>& number) {
    Add(kind, name, help, [&number] { return static_cast<double>(number.load()); });
  }

  // Returns all metrics in Prometheus' text format.
  std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace users::server
