#include "scenarios/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <map>
#include <thread>

#include "api/operation.h"
#include "api/routes.h"
#include "base/files.h"
#include "base/text/text.h"
#include "base/ulid.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

const std::string kTables = SCENARIO_TABLES;
// The time that a response may lag behind. No healthy run needs it.
constexpr std::chrono::seconds kMaxDelay{30};

// The callers that scenarios name. Their keys are in principals.json.
aws::Credentials CredentialsOf(std::string_view name) {
  aws::Credentials credentials;
  if (name == "nobody") return credentials;
  credentials.access_key_id = "AKIDSCENARIO" + std::string(name);
  std::replace(credentials.access_key_id.begin(), credentials.access_key_id.end(), '-', '_');
  credentials.access_key_id.resize(24, 'X');
  credentials.secret_access_key = "secret-of-scenario-" + std::string(name);
  if (name.starts_with("session")) credentials.session_token = "token-of-" + std::string(name);
  return credentials;
}

class Runner {
 public:
  Runner(const Scenario& scenario, ScenarioTarget& target) : scenario_(scenario), target_(target) {}

  void Run() {
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      const bj::object& step = scenario_.steps[i].as_object();
      place_ = scenario_.table + ": " + scenario_.name + ", step " + std::to_string(i + 1);
      if (const auto* seconds = step.if_contains("advance")) {
        if (!target_.Advance(std::chrono::seconds(seconds->as_int64()))) return;
        continue;
      }
      if (!RunStep(step)) return;
    }
  }

 private:
  bool RunStep(const bj::object& step) {
    HttpCall call;
    const std::string request = Fill(step.at("request").as_string());
    const std::size_t space = request.find(' ');
    call.method = request.substr(0, space);
    call.target = request.substr(space + 1);
    place_ += " (" + request + ")";
    if (const auto* body = step.if_contains("body")) {
      call.body = bj::serialize(Filled(*body));
      call.headers.emplace_back("Content-Type", "application/json");
    }
    if (const auto* raw = step.if_contains("raw")) call.body = Fill(raw->as_string());
    if (const auto* headers = step.if_contains("headers")) {
      for (const auto& header : headers->as_object()) {
        if (const auto* repeated = header.value().if_array()) {
          for (const bj::value& value : *repeated) {
            call.headers.emplace_back(header.key(), Fill(value.as_string()));
          }
        } else {
          call.headers.emplace_back(header.key(), Fill(header.value().as_string()));
        }
      }
    }
    const auto* as = step.if_contains("as");
    const auto credentials =
        CredentialsOf(as != nullptr ? std::string_view(as->as_string()) : "admin");
    HttpReply reply = target_.Send(call, credentials);
    if (step.contains("eventually")) SendUntilItMatches(step, call, credentials, reply);

    Compare(step.at("status").as_int64(), reply);
    if (const auto* headers = step.if_contains("expectHeaders")) {
      for (const auto& header : headers->as_object()) {
        const std::string actual = HeaderOf(reply, header.key());
        EXPECT_TRUE(MatchesText(header.value().as_string(), actual))
            << place_ << ": header " << header.key() << " is '" << actual << "'";
      }
    }
    bj::error_code error;
    const bj::value body = bj::parse(reply.body, error);
    if (!error || !reply.body.empty()) {
      EXPECT_FALSE(error) << place_ << ": not JSON: " << reply.body;
    }
    if (const auto* expected = step.if_contains("expect")) {
      std::string difference;
      EXPECT_TRUE(Matches(*expected, body, "", difference))
          << place_ << ": " << difference << "\nin " << reply.body;
    }
    if (const auto* same = step.if_contains("sameAs")) {
      EXPECT_EQ(reply.body, bodies_[std::string(same->as_string())]) << place_;
    }
    if (const auto* save = step.if_contains("save")) {
      for (const auto& entry : save->as_object()) {
        const bj::value* found =
            body.is_null() ? nullptr : FindPath(body, entry.value().as_string());
        if (found == nullptr) {
          ADD_FAILURE() << place_ << ": nothing to save as " << entry.key() << " in " << reply.body;
          return false;
        }
        saved_[std::string(entry.key())] =
            found->is_string() ? std::string(found->as_string()) : bj::serialize(*found);
      }
    }
    if (const auto* name = step.if_contains("name")) {
      bodies_[std::string(name->as_string())] = reply.body;
    }
    return true;
  }

  // Sends the request again until the response has the expected status and body.
  void SendUntilItMatches(const bj::object& step, const HttpCall& call,
                          const aws::Credentials& credentials, HttpReply& reply) {
    const Deadline deadline = DeadlineIn(kMaxDelay);
    std::string difference;
    while (!HasPassed(deadline)) {
      bj::error_code error;
      const bj::value body = bj::parse(reply.body, error);
      const auto* expected = step.if_contains("expect");
      const bool matches = reply.status == step.at("status").as_int64() && !error &&
                           (expected == nullptr || Matches(*expected, body, "", difference));
      if (matches) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      reply = target_.Send(call, credentials);
    }
  }

  void Compare(std::int64_t status, const HttpReply& reply) {
    EXPECT_EQ(reply.status, status) << place_ << ": " << reply.body;
    EXPECT_EQ(HeaderOf(reply, "Cache-Control"), "no-store, no-transform") << place_;
    EXPECT_EQ(HeaderOf(reply, "Content-Type"), "application/json") << place_;
    EXPECT_FALSE(HeaderOf(reply, "X-Correlation-Id").empty()) << place_;
  }

  // Replaces {{name}} by the value saved under the name, and {{repeat:x:300}} by 300 times x.
  std::string Fill(std::string_view text) const {
    std::string filled;
    while (true) {
      const std::size_t open = text.find("{{");
      filled += text.substr(0, open);
      if (open == text.npos) return filled;
      const std::size_t close = text.find("}}", open);
      const std::string name(text.substr(open + 2, close - open - 2));
      if (name.starts_with("repeat:")) {
        const auto parts = Split(name, ':');
        for (int i = 0; i < std::stoi(std::string(parts[2])); ++i) filled += parts[1];
      } else {
        const auto found = saved_.find(name);
        if (found == saved_.end()) {
          ADD_FAILURE() << place_ << ": nothing saved as " << name;
        } else {
          filled += found->second;
        }
      }
      text.remove_prefix(close + 2);
    }
  }

  bj::value Filled(const bj::value& value) const {
    if (value.is_string()) return bj::string(Fill(value.as_string()));
    if (value.is_array()) {
      bj::array array;
      for (const auto& element : value.as_array()) array.push_back(Filled(element));
      return array;
    }
    if (value.is_object()) {
      bj::object object;
      for (const auto& member : value.as_object()) {
        object[Fill(member.key())] = Filled(member.value());
      }
      return object;
    }
    return value;
  }

  bool MatchesText(std::string_view expected, const std::string& actual) const {
    if (expected == "<absent>") return actual.empty();
    if (expected == "<any>") return !actual.empty();
    if (expected == "<ulid>") return ParseUlid(actual).has_value();
    if (expected == "<time>") return actual.size() == 24 && ParseTimestamp(actual).has_value();
    if (expected == "<uuid>") {
      return actual.size() == 36 &&
             actual.find_first_not_of("0123456789abcdef-") == std::string::npos;
    }
    if (expected == "<hex64>") {
      return actual.size() == 64 &&
             actual.find_first_not_of("0123456789abcdef") == std::string::npos;
    }
    return actual == Fill(expected);
  }

  // Objects match member by member. They have no other members unless the expected object contains
  // "...".
  bool Matches(const bj::value& expected, const bj::value& actual, const std::string& path,
               std::string& difference) const {
    const auto differs = [&](const std::string& how) {
      difference = (path.empty() ? "the body" : path) + " " + how;
      return false;
    };
    if (expected.is_string()) {
      if (expected.as_string() == "<any>") return true;
      if (!actual.is_string() ||
          !MatchesText(expected.as_string(), std::string(actual.as_string()))) {
        return differs("is " + bj::serialize(actual) + ", not " + bj::serialize(expected));
      }
      return true;
    }
    if (expected.is_object()) {
      if (!actual.is_object()) return differs("is not an object");
      const bool open = expected.as_object().contains("...");
      for (const auto& member : expected.as_object()) {
        if (member.key() == "...") continue;
        const std::string inner = path + "." + std::string(member.key());
        const bj::value* found = actual.as_object().if_contains(member.key());
        const bool absent = member.value().is_string() && member.value().as_string() == "<absent>";
        if (absent != (found == nullptr)) {
          difference = inner + (found == nullptr ? " is missing" : " is present");
          return false;
        }
        if (!absent && !Matches(member.value(), *found, inner, difference)) return false;
      }
      if (!open) {
        for (const auto& member : actual.as_object()) {
          if (!expected.as_object().contains(member.key())) {
            return differs("has " + std::string(member.key()) + " too");
          }
        }
      }
      return true;
    }
    if (expected.is_array()) {
      if (!actual.is_array() || actual.as_array().size() != expected.as_array().size()) {
        return differs("is " + bj::serialize(actual) + ", not " + bj::serialize(expected));
      }
      for (std::size_t i = 0; i < expected.as_array().size(); ++i) {
        const std::string inner = path + "[" + std::to_string(i) + "]";
        if (!Matches(expected.as_array()[i], actual.as_array()[i], inner, difference)) return false;
      }
      return true;
    }
    if (expected == actual) return true;
    return differs("is " + bj::serialize(actual) + ", not " + bj::serialize(expected));
  }

  // Finds the value at a path such as "users.0.userId".
  static const bj::value* FindPath(const bj::value& value, std::string_view path) {
    const bj::value* at = &value;
    for (const std::string_view part : Split(path, '.')) {
      if (at->is_object()) {
        at = at->as_object().if_contains(part);
      } else if (at->is_array()) {
        at = at->as_array().if_contains(static_cast<std::size_t>(std::stoul(std::string(part))));
      } else {
        return nullptr;
      }
      if (at == nullptr) return nullptr;
    }
    return at;
  }

  const Scenario& scenario_;
  ScenarioTarget& target_;
  std::string place_;
  std::map<std::string, std::string> saved_;
  std::map<std::string, std::string> bodies_;
};

bool NeedsServer(const bj::value& step) {
  const auto* request = step.as_object().if_contains("request");
  if (request == nullptr) return false;
  const std::string_view text = request->as_string();
  const std::size_t space = text.find(' ');
  const std::string_view target = text.substr(space + 1);
  const auto route = api::FindRoute(text.substr(0, space), target.substr(0, target.find('?')));
  return route.operation && (api::RowOf(*route.operation).needs & api::kServer) != 0;
}

bool IsFor(const Scenario& scenario, Way way) {
  const bool is_embedded = way == Way::kEmbedded;
  if (!scenario.store.empty() && (scenario.store == "embedded") != is_embedded) return false;
  return way != Way::kFunctions ||
         std::none_of(scenario.steps.begin(), scenario.steps.end(), NeedsServer);
}

}  // namespace

ScenarioFiles FilesForScenarios() {
  return ScenarioFiles{kTables + "/setup/principals.json", kTables + "/setup/roles.json"};
}

std::string TestNameOf(const Scenario& scenario) {
  std::string name = scenario.table + "_" + scenario.name;
  std::erase_if(name, [](char c) { return c == '\'' || c == ','; });
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.table << ": " << scenario.name;
}

std::vector<Scenario> LoadScenarios(Way way) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kTables)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Scenario> scenarios;
  for (const auto& file : files) {
    const auto text = ReadFile(file);
    const bj::value table = bj::parse(*text);
    for (const auto& entry : table.as_array()) {
      Scenario scenario;
      scenario.table = file.stem();
      scenario.name = entry.at("scenario").as_string();
      if (const auto* store = entry.as_object().if_contains("store")) {
        scenario.store = store->as_string();
      }
      scenario.steps = entry.at("steps").as_array();
      if (IsFor(scenario, way)) scenarios.push_back(std::move(scenario));
    }
  }
  return scenarios;
}

void RunScenario(const Scenario& scenario, ScenarioTarget& target) {
  Runner(scenario, target).Run();
}

}  // namespace users::testing
