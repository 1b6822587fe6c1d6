// Nothing is read or changed without a valid signature, or against the policy. The test sends
// random requests through the front door, alters some of them, and compares with an oracle that
// evaluates policies naively. Meanwhile the principals change, and some of the new files are
// faulty.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <thread>

#include "base/json/json.h"
#include "base/text/text.h"
#include "property/policy_oracle.h"
#include "property/property.h"
#include "property/random_call.h"
#include "server/front_door.h"
#include "support/run_task.h"
#include "support/service_fixture.h"
#include "unit/support/files.h"
#include "unit/support/signer.h"

namespace users::testing {
namespace {

using testing::SignableRequest;

constexpr std::string_view kApiArn = "arn:aws:execute-api:us-east-1:000000000000:users/local";

// Alters one signed part so that its meaning changes. It makes no change that only looks different.
void Alter(SignableRequest& request) {
  const auto other_letter = [](std::string& text) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < text.size(); ++i) {
      // The hexadecimal digits of an encoding may have either case.
      const bool encoded = (i >= 1 && text[i - 1] == '%') || (i >= 2 && text[i - 2] == '%');
      if (std::isalnum(static_cast<unsigned char>(text[i])) != 0 && !encoded) places.push_back(i);
    }
    if (places.empty()) {
      text += "x";
      return;
    }
    char& c = text[OneOf(places)];
    c = c == 'q' ? 'z' : 'q';
  };
  switch (*rc::gen::inRange(0, 12)) {
    case 0:
      request.method = request.method == "GET" ? "DELETE" : "GET";
      break;
    case 1:
      other_letter(request.path);
      break;
    case 2:
      request.query += request.query.empty() ? "limit=7" : "&limit=7";
      break;
    case 3:
      other_letter(request.query);
      break;
    case 4:
      other_letter(request.body);
      break;
    case 5:
      request.body += " ";
      break;
    case 6:
      request.headers.emplace_back("X-Amz-More", "x");
      break;
    case 7: {  // drops a signed header (all but the signature are signed)
      const auto which = *rc::gen::inRange<std::size_t>(0, request.headers.size() - 1);
      request.headers.erase(request.headers.begin() + static_cast<std::ptrdiff_t>(which));
      break;
    }
    case 8: {
      const auto which = *rc::gen::inRange<std::size_t>(0, request.headers.size() - 1);
      other_letter(request.headers[which].second);
      break;
    }
    case 9: {  // repeats a signed header
      const auto which = *rc::gen::inRange<std::size_t>(0, request.headers.size());
      request.headers.push_back(request.headers[which]);
      break;
    }
    case 10:
      std::erase_if(request.headers, [](const auto& h) { return h.first == "Authorization"; });
      break;
    default:
      other_letter(request.At("Authorization"));
  }
}

struct Principal {
  std::string arn;
  std::string key_id;
  std::string secret;
  std::string token;  // of its session; empty if it has none
  Policy policy;
};

class Door {
 public:
  explicit Door(ServiceFixture& fixture)
      : fixture_(fixture), log_(sink_, fixture.clock(), LogLevel::kDebug) {
    options_.api_arn = kApiArn;
  }

  // Makes these principals effective. An additional principal without permissions shows when they
  // are.
  void Admit(const std::vector<Principal>& principals) {
    const std::string marker = "AKIAMARKER" + std::to_string(100'000 + ++admissions_);
    std::string text = R"({"version":1,"principals":[{"arn":"arn:aws:iam::123456789012:user/m",)"
                       R"("accessKeys":[{"accessKeyId":")" +
                       marker + R"(","secretAccessKey":"0123456789abcdef"}],"policy":)" +
                       JsonOf({Statement{false, {"*"}, {"*"}}}) + '}';
    for (const Principal& principal : principals) {
      text += R"(,{"arn":")" + principal.arn + R"(","accessKeys":[{"accessKeyId":")" +
              principal.key_id + R"(","secretAccessKey":")" + principal.secret + '"';
      if (!principal.token.empty()) text += R"(,"sessionToken":")" + principal.token + '"';
      text += R"(}],"policy":)" + JsonOf(principal.policy) + '}';
    }
    testing::WriteAll(path_, text + "]}");
    if (store_ == nullptr) {
      store_ = std::move(*server::PrincipalStore::Open(path_, log_));
      const server::FrontDoor::Shared shared{
          options_, fixture_.users(),     *store_,       throttles_, metrics_, fixture_.clock(),
          log_,     unauthenticated_log_, throttled_log_};
      door_ = std::make_unique<server::FrontDoor>(shared);
      return;
    }
    store_->Reload();
    const Deadline deadline = DeadlineIn(std::chrono::seconds(60));
    while (store_->Current()->FindKey(marker) == nullptr) {
      RC_ASSERT(!HasPassed(deadline));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // Leaves a broken file, which must not change anything.
  void LeaveFaultyFile() {
    const std::size_t before = sink_.Count("principals_rejected");
    testing::WriteAll(path_, R"({"version":1,"principals":[{"arn":"*"}]})");
    store_->Reload();
    RC_ASSERT(sink_.WaitFor("principals_rejected", before + 1));
  }

  server::HttpResponse Send(const SignableRequest& request) {
    const net::RequestHead head = request.Head();
    const server::HttpRequest http{head, request.body, "127.0.0.1"};
    return RunTask(door_->Handle(http));
  }

 private:
  ServiceFixture& fixture_;
  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "principals.json";
  int admissions_ = 0;
  MemorySink sink_;
  Log log_;
  server::RejectionLog unauthenticated_log_{log_, "unauthenticated"};
  server::RejectionLog throttled_log_{log_, "throttled"};
  server::FrontDoorOptions options_;
  server::Throttles throttles_{server::ThrottleOptions{.rate = 0}};
  server::Metrics metrics_;
  std::unique_ptr<server::PrincipalStore> store_;
  std::unique_ptr<server::FrontDoor> door_;
};

// Returns all content of the store.
std::map<std::string, std::string> ContentOf(storage::local::LocalStore& store) {
  std::map<std::string, std::string> content;
  for (const auto table : {storage::Table::kUsers, storage::Table::kIdempotency}) {
    const auto visited =
        store.ForEachItem(table, [&](const storage::Key& key, const storage::Item* item) {
          content[key.partition + " " + key.sort] = item->encoded();
        });
    RC_ASSERT(visited.ok());
  }
  return content;
}

struct Route {
  std::string method;
  std::string path;  // decoded
  std::string query;
  std::string body;
};

// Returns a valid request for one of the eight operations.
Route AnyRoute(const std::vector<std::string>& ids, int number) {
  const std::string user = "/users/" + OneOf(ids);
  const std::string key = R"({"idempotencyKey":"k)" + std::to_string(number) + "\",";
  switch (*rc::gen::inRange(0, 8)) {
    case 0:
      return {"POST", "/users", "",
              key + R"("email":"n)" + std::to_string(number) + R"(@x.org","name":"New"})"};
    case 1:
      return {"GET", user, "", ""};
    case 2:
      return {"PATCH", user, "", key + R"("name":"Name )" + std::to_string(number) + "\"}"};
    case 3:
      return {"PUT", user + "/status", "",
              OneIn(2) ? R"({"status":"disabled"})" : R"({"status":"active"})"};
    case 4:
      return {"POST", user + "/roles", "", R"({"role":"viewer"})"};
    case 5:
      return {"DELETE", user + "/roles/viewer", "", ""};
    case 6:
      return {"GET", "/users", OneIn(2) ? "limit=5&status=active" : "", ""};
    default:
      return {"GET", user + "/audit", OneIn(2) ? "limit=3" : "", ""};
  }
}

SignableRequest RequestOf(const Route& route, const Principal& principal, Timestamp now) {
  SignableRequest request;
  request.method = route.method;
  request.path = route.path;
  request.query = route.query;
  request.body = route.body;
  // The same resource in another encoding, which must not mislead policies.
  if (OneIn(4)) request.path.replace(1, 1, "%75");
  if (!route.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (OneIn(3)) request.headers.emplace_back("X-Correlation-Id", "abc-123");
  if (!principal.token.empty()) {
    request.headers.emplace_back("X-Amz-Security-Token", principal.token);
  }
  testing::Signing signing;
  signing.key_id = principal.key_id;
  signing.secret = principal.secret;
  signing.amz_date = aws::FormatAmzDate(now);
  testing::Sign(request, signing);
  return request;
}

// Returns why the door rejected the request, or "" if it admitted it.
std::string RejectionOf(const server::HttpResponse& response) {
  if (response.status == 401) return "signature";
  const bool by_policy = response.body.find("Your policy does not allow") != std::string::npos;
  return by_policy ? "policy" : "";
}

PROPERTY(Door, AdmitsExactlySignedAndAllowedRequests, 25) {
  ServiceFixture fixture;
  fixture.clock().Set(*ParseTimestamp("2026-11-22T12:00:00Z"));
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    RandomCall call;
    call.email = "u" + std::to_string(i) + "@x.org";
    call.name = "User";
    ids.push_back(RunTask(Perform(fixture.users(), call, "seed"))->response.location);
  }
  std::vector<std::string> resources;
  for (const std::string path : {"/GET/users", "/POST/users", "/GET/users/", "/PATCH/users/",
                                 "/PUT/users/", "/POST/users/", "/DELETE/users/", "/GET/users/"}) {
    const bool of_user = path.ends_with('/');
    resources.push_back(std::string(kApiArn) + path + (of_user ? ids[0] : ""));
    if (of_user) resources.push_back(std::string(kApiArn) + path + "*/audit");
    if (of_user) resources.push_back(std::string(kApiArn) + path + "*");
  }
  std::vector<Principal> principals(3);
  const auto draw_policies = [&] {
    for (Principal& principal : principals) principal.policy = AnyPolicy(resources);
  };
  draw_policies();
  for (std::size_t i = 0; i < principals.size(); ++i) {
    const std::string number = std::to_string(i);
    principals[i].arn = "arn:aws:iam::123456789012:user/p" + number;
    principals[i].key_id = "AKIAPRINCIPALNUMBER" + number;
    principals[i].secret = "secret-of-the-principal-" + number;
    if (i == 2) principals[i].token = "token-of-the-session";
  }
  Door door(fixture);
  door.Admit(principals);

  for (int number = 0; number < 25; ++number) {
    if (OneIn(8)) door.LeaveFaultyFile();
    if (OneIn(8)) {
      draw_policies();
      door.Admit(principals);
    }
    const Principal& principal = OneOf(principals);
    const Route route = AnyRoute(ids, number);
    const std::string resource = std::string(kApiArn) + "/" + route.method + route.path;
    const bool may = NaivelyAllows(principal.policy, "execute-api:Invoke", resource);
    // A failing store must not admit anyone.
    fixture.unreliable().SetFaults({.lost_requests = 10, .lost_responses = 10}, AnySeed());
    SignableRequest request = RequestOf(route, principal, fixture.clock().Now());
    const auto content = ContentOf(fixture.store());
    const int fate = *rc::gen::inRange(0, 6);
    if (fate <= 2) {
      const auto response = door.Send(request);
      RC_ASSERT(RejectionOf(response) == (may ? "" : "policy"));
      if (!may) RC_ASSERT(ContentOf(fixture.store()) == content);
      continue;
    }
    if (fate == 3) {  // too old or too new by a second; one second less is in time
      const bool late = OneIn(2);
      const auto skew = std::chrono::minutes(late ? 5 : -5);
      fixture.clock().Advance(skew);
      RC_ASSERT(RejectionOf(door.Send(request)) != "signature");
      fixture.clock().Advance(std::chrono::seconds(late ? 1 : -1));
      const auto before = ContentOf(fixture.store());
      RC_ASSERT(door.Send(request).status == 401);
      RC_ASSERT(ContentOf(fixture.store()) == before);
      continue;
    }
    if (fate == 4) {  // signed with the secret of another principal
      Principal thief = principal;
      thief.secret = OneOf(principals).secret;
      RC_PRE(thief.secret != principal.secret);
      request = RequestOf(route, thief, fixture.clock().Now());
    } else {
      Alter(request);
    }
    const auto response = door.Send(request);
    // If the altered path does not exist, the signature is not checked.
    RC_ASSERT(response.status == 401 || response.status == 404 || response.status == 405);
    RC_ASSERT(ContentOf(fixture.store()) == content);
    if (response.status != 401) {
      RC_ASSERT(response.body.find("There is no such path") != std::string::npos ||
                response.status == 405);
    }
  }
}

}  // namespace
}  // namespace users::testing
