#include "server/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <optional>
#include <sstream>
#include <vector>

#include "base/mutex.h"

namespace users::server {
namespace {

constexpr std::size_t kLabels = api::kOperationCount + 1;  // the last is "none"

// The statuses of the contract; any other counts as 500.
constexpr std::array<int, 15> kStatuses = {200, 201, 400, 401, 403, 404, 405, 409,
                                           412, 413, 415, 429, 431, 500, 503};

std::size_t StatusIndex(int status) {
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    if (kStatuses[i] == status) return i;
  }
  return 13;
}

std::string LabelOf(std::size_t index) {
  return index < api::kOperationCount ? std::string(api::kOperations[index].name) : "none";
}

// Seconds. Reads take some microseconds, durable writes some milliseconds.
const prometheus::Histogram::BucketBoundaries kBuckets = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

// Numbers that are read at the time of collection.
class ReadNumbers final : public prometheus::Collectable {
 public:
  struct Number {
    Metrics::Kind kind;
    std::string name;
    std::string help;
    std::optional<Metrics::Label> label;
    std::function<double()> read;
  };

  void Add(Number number) {
    const MutexLock lock(mutex_);
    numbers_.push_back(std::move(number));
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    const MutexLock lock(mutex_);
    std::vector<prometheus::MetricFamily> families;
    for (const Number& number : numbers_) {
      const bool is_counter = number.kind == Metrics::Kind::kCounter;
      prometheus::ClientMetric metric;
      (is_counter ? metric.counter.value : metric.gauge.value) = number.read();
      if (number.label) {
        metric.label.push_back({number.label->name, number.label->value});
        if (!families.empty() && families.back().name == number.name) {
          families.back().metric.push_back(std::move(metric));
          continue;
        }
      }
      prometheus::MetricFamily family;
      family.name = number.name;
      family.help = number.help;
      family.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      family.metric.push_back(metric);
      families.push_back(std::move(family));
    }
    return families;
  }

 private:
  mutable Mutex mutex_;
  std::vector<Number> numbers_ USERS_GUARDED_BY(mutex_);
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  std::array<std::array<prometheus::Counter*, kStatuses.size()>, kLabels> responses{};
  std::array<prometheus::Histogram*, kLabels> durations{};
  ReadNumbers numbers;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
  auto& responses = prometheus::BuildCounter()
                        .Name("users_requests_total")
                        .Help("Responses by operation and status")
                        .Register(state_->registry);
  auto& durations = prometheus::BuildHistogram()
                        .Name("users_request_duration_seconds")
                        .Help("Time from the complete request to its response, by operation")
                        .Register(state_->registry);
  for (std::size_t label = 0; label < kLabels; ++label) {
    state_->durations[label] = &durations.Add({{"operation", LabelOf(label)}}, kBuckets);
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      state_->responses[label][i] =
          &responses.Add({{"operation", LabelOf(label)}, {"status", std::to_string(kStatuses[i])}});
    }
  }
}

Metrics::~Metrics() = default;

void Metrics::CountResponse(std::optional<api::Operation> operation, int status,
                            std::chrono::nanoseconds duration) {
  const std::size_t label = operation ? static_cast<std::size_t>(*operation) : api::kOperationCount;
  state_->responses[label][StatusIndex(status)]->Increment();
  state_->durations[label]->Observe(std::chrono::duration<double>(duration).count());
}

void Metrics::Add(Kind kind, std::string_view name, std::string_view help,
                  std::function<double()> read) {
  ReadNumbers::Number number{kind, std::string(name), std::string(help), std::nullopt,
                             std::move(read)};
  state_->numbers.Add(std::move(number));
}

void Metrics::AddLabelled(Kind kind, std::string_view name, std::string_view help, Label label,
                          std::function<double()> read) {
  ReadNumbers::Number number{kind, std::string(name), std::string(help), std::move(label),
                             std::move(read)};
  state_->numbers.Add(std::move(number));
}

std::string Metrics::Text() const {
  auto families = state_->registry.Collect();
  for (auto& family : state_->numbers.Collect()) families.push_back(std::move(family));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace users::server
