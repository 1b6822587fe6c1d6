#include "support/report.h"

#include <array>
#include <cstdio>

#include "base/json/json.h"

namespace users::bench {

void Report::Name(std::string_view name) {
  if (!members_.empty()) members_ += ',';
  json::AppendString(members_, name);
  members_ += ':';
}

Report& Report::Number(std::string_view name, double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.3f", value);
  Name(name);
  members_ += text.data();
  return *this;
}

Report& Report::Text(std::string_view name, std::string_view value) {
  Name(name);
  json::AppendString(members_, value);
  return *this;
}

Report& Report::Quantiles(std::string_view name, Latencies& latencies) {
  Report inner;
  inner.Number("p50", latencies.Quantile(0.5));
  inner.Number("p99", latencies.Quantile(0.99));
  inner.Number("p999", latencies.Quantile(0.999));
  inner.Number("max", latencies.Quantile(1));
  Name(name);
  members_ += "{" + inner.members_ + "}";
  return *this;
}

}  // namespace users::bench
