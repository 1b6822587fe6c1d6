#include "base/json/json.h"

#include <benchmark/benchmark.h>

#include "api/representation.h"
#include "domain/role_catalogue.h"
#include "support/people.h"

namespace users::bench {
namespace {

domain::User SomeUser() {
  const service::NewUser person = PersonAt("01ARZ3NDEKTSV4RRFFQ69G5FAV", 12345);
  domain::User user;
  user.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  user.email = person.email;
  user.name = person.name;
  user.metadata = person.metadata;
  user.roles = {"editor", "viewer"};
  user.created_at = user.updated_at = SystemClock().Now();
  return user;
}

void ParseRegistration(benchmark::State& state) {
  const std::string body = RegistrationBody("01ARZ3NDEKTSV4RRFFQ69G5FAV", 12345);
  for (auto _ : state) benchmark::DoNotOptimize(json::Parse(body));
}
BENCHMARK(ParseRegistration);

void RenderUser(benchmark::State& state) {
  const auto roles = domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  const domain::User user = SomeUser();
  for (auto _ : state) benchmark::DoNotOptimize(api::UserJson(user, *roles));
}
BENCHMARK(RenderUser);

void RenderPageOf50(benchmark::State& state) {
  const domain::UserSummary summary = domain::Summarise(SomeUser());
  for (auto _ : state) {
    std::string out;
    for (int i = 0; i < 50; ++i) api::AppendSummary(out, summary);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(RenderPageOf50);

}  // namespace
}  // namespace users::bench
