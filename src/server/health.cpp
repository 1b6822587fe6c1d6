#include "server/health.h"

#include <utility>

namespace users::server {

void Health::Add(std::string name, std::function<bool()> passes) {
  checks_.push_back(Check{std::move(name), std::move(passes)});
}

std::vector<std::string_view> Health::Failing() const {
  std::vector<std::string_view> failing;
  for (const Check& check : checks_) {
    if (!check.passes()) failing.push_back(check.name);
  }
  return failing;
}

void Health::AddMetrics(Metrics& metrics) const {
  for (const Check& check : checks_) {
    metrics.AddLabelled(Metrics::Kind::kGauge, "users_health",
                        "1 while the check passes; all must pass for /healthz to return 200",
                        {"check", check.name}, [&check] { return check.passes() ? 1.0 : 0.0; });
  }
}

}  // namespace users::server
