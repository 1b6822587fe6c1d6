#include "given_options.h"

#include <algorithm>

#include "base/json/json.h"
#include "base/trusted_files.h"
#include "serve_option_table.h"

namespace users {
namespace {

using wiring::ServeOptions;

const ServeOption* FindOption(std::string_view name) {
  const auto& table = ServeOptionTable();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const ServeOption& option) { return option.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string ValueText(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (value.is_number() || value.is_bool()) return json::Canonical(value);
  return "";
}

// The elements of an array, joined like the values of a repeated option. Empty if an element is not
// a string, number or boolean.
std::string ListText(const boost::json::value& value) {
  const auto* elements = value.if_array();
  if (elements == nullptr) return ValueText(value);
  std::string joined;
  for (const auto& element : *elements) {
    const std::string text = ValueText(element);
    if (text.empty()) return "";
    joined += (joined.empty() ? "" : ",") + text;
  }
  return joined;
}

// Rejects options that the chosen store does not use, and missing options that it requires.
ProgramStatus CheckStore(const GivenOptions& given, const ServeOptions& options) {
  const bool on_dynamodb = options.store == wiring::StoreKind::kDynamoDb;
  for (const char* name :
       {"users-table", "idempotency-table", "dynamodb-endpoint", "list-shards", "create-tables"}) {
    const auto found = given.find(name);
    if (!on_dynamodb && found != given.end()) {
      return ProgramError::CannotRun(found->second.origin + ": requires --store dynamodb");
    }
  }
  if (const auto found = given.find("accept-older-store"); on_dynamodb && found != given.end()) {
    return ProgramError::CannotRun(found->second.origin + ": requires --store local");
  }
  if (!on_dynamodb) return Done{};
  for (const char* name : {"users-table", "idempotency-table", "principals"}) {
    if (!given.contains(name)) {
      return ProgramError::CannotRun("--" + std::string(name) +
                                     ": is required with --store dynamodb");
    }
  }
  if (options.dynamodb.users_table == options.dynamodb.idempotency_table) {
    return ProgramError::CannotRun("--idempotency-table " + options.dynamodb.idempotency_table +
                                   ": must not be the users table");
  }
  return Done{};
}

ProgramStatus SetValues(const GivenOptions& given, ServeOptions& options) {
  for (const ServeOption& option : ServeOptionTable()) {
    const auto value = given.find(option.name);
    if (value == given.end()) continue;
    if (const auto fault = option.set(options, value->second.value)) {
      return ProgramError::CannotRun(value->second.origin + " " + value->second.value + ": " +
                                     *fault);
    }
  }
  return Done{};
}

}  // namespace

ProgramStatus AddFromFile(const std::string& path, GivenOptions& given) {
  const std::string origin = "--config " + path + ": ";
  const auto file = ReadTrustedFile(path);
  if (!file.ok()) return ProgramError::CannotRun(origin + file.error().message);
  const auto parsed = json::ParseFile(file->content);
  if (!parsed.ok()) return ProgramError::CannotRun(origin + InOneLine(parsed.error()));
  const auto* object = parsed->if_object();
  if (object == nullptr) return ProgramError::CannotRun(origin + "must contain a JSON object");
  for (const auto& member : *object) {
    const std::string name = member.key();
    const ServeOption* option = FindOption(name);
    if (option == nullptr) {
      return ProgramError::CannotRun(origin + name + ": is not an option of usersd serve");
    }
    const std::string value =
        option->is_list ? ListText(member.value()) : ValueText(member.value());
    if (value.empty()) {
      return ProgramError::CannotRun(origin + name +
                                     ": must be a string, a number or true or false");
    }
    given.emplace(name, GivenValue{value, origin + name});
  }
  return Done{};
}

ProgramStatus SetServeOptions(const GivenOptions& given, ServeOptions& options) {
  if (auto set = SetValues(given, options); !set.ok()) return set;
  // Half of the total, so that one caller cannot use all of it.
  if (!given.contains("principal-rate")) {
    options.throttle.principal_rate = options.throttle.rate / 2;
  }
  const auto burst = given.find("principal-burst");
  if (burst == given.end()) {
    options.throttle.principal_burst = options.throttle.burst / 2;
  } else if (options.throttle.principal_rate == 0) {
    return ProgramError::CannotRun(burst->second.origin +
                                   " has no effect without --principal-rate");
  }
  return CheckStore(given, options);
}

ProgramStatus SetMigrateOptions(const GivenOptions& given, ServeOptions& options) {
  if (auto set = SetValues(given, options); !set.ok()) return set;
  if (options.store != wiring::StoreKind::kDynamoDb) {
    return ProgramError::CannotRun(
        "--store dynamodb: is required. usersd serve upgrades an embedded store when it starts.");
  }
  if (options.dynamodb.users_table.empty()) {
    return ProgramError::CannotRun("--users-table: is required");
  }
  return Done{};
}

}  // namespace users
