#include "support/people.h"

#include <array>

#include "base/json/json.h"

namespace users::bench {
namespace {

constexpr std::array<std::string_view, 8> kGivenNames = {
    "Ada", "Grace", "Barbara", "Edsger", "Frances", "Donald", "Margaret", "Niklaus"};
constexpr std::array<std::string_view, 8> kFamilyNames = {
    "Lovelace", "Hopper", "Liskov", "Dijkstra", "Allen", "Knuth", "Hamilton", "Wirth"};
constexpr std::array<std::string_view, 4> kTeams = {"engines", "billing", "support", "research"};

}  // namespace

service::NewUser PersonAt(std::string_view run, std::uint64_t number) {
  const std::string_view given = kGivenNames[number % kGivenNames.size()];
  const std::string_view family = kFamilyNames[number / 8 % kFamilyNames.size()];
  service::NewUser person;
  person.email.append(given).append(".").append(family).append(".").append(run).append(".");
  person.email.append(std::to_string(number)).append("@example.com");
  person.name.append(given).append(" ").append(family);
  person.metadata["team"] = kTeams[number % kTeams.size()];
  person.metadata["costCentre"] = std::to_string(1000 + number % 500);
  return person;
}

std::string IdempotencyKeyAt(std::string_view run, std::uint64_t number) {
  return "register-" + std::string(run) + "-" + std::to_string(number);
}

std::string RegistrationBody(std::string_view run, std::uint64_t number) {
  const service::NewUser person = PersonAt(run, number);
  std::string body;
  json::ObjectWriter writer(body);
  writer.String("idempotencyKey", IdempotencyKeyAt(run, number));
  writer.String("email", person.email);
  writer.String("name", person.name);
  writer.Name("metadata");
  json::ObjectWriter metadata(body);
  for (const auto& [key, value] : person.metadata) metadata.String(key, value);
  metadata.Close();
  writer.Close();
  return body;
}

}  // namespace users::bench
