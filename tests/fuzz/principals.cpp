// The principals file and its policies (server/principals.h, aws/iam_policy.h). The first line of
// the input is a request, `<action> <resource>`; the file follows.
#include "server/principals.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <string>

#include "base/text.h"
#include "fuzz.h"
#include "reference.h"

namespace users::fuzz {
namespace {

namespace bj = boost::json;

bool AllowsByTable(const bj::value& policy, std::string_view action, std::string_view resource) {
  const bj::value& statement = policy.at("Statement");
  const bj::array statements = statement.is_array() ? statement.as_array() : bj::array({statement});
  bool allowed = false;
  for (const bj::value& one : statements) {
    const bj::value lower = bj::parse(LowerAscii(bj::serialize(one.at("Action"))));
    if (!AnyMatchesByTable(lower, action) || !AnyMatchesByTable(one.at("Resource"), resource)) {
      continue;
    }
    if (one.at("Effect") == "Deny") return false;
    allowed = true;
  }
  return allowed;
}

void CheckAccepted(const server::Principals& principals, const bj::value& file,
                   std::string_view action, std::string_view resource) {
  const bj::array& list = file.at("principals").as_array();
  PROMISE(file.as_object().size() == 2 && file.at("version") == 1);
  PROMISE(!list.empty() && principals.size() == list.size());
  std::set<std::string> arns;
  std::set<std::string> ids;
  for (const bj::value& principal : list) {
    const std::string arn(principal.at("arn").as_string());
    PROMISE(arns.insert(arn).second);
    PROMISE(arn.starts_with("arn:aws:iam::") || arn.starts_with("arn:aws:sts::"));
    for (const bj::value& key : principal.at("accessKeys").as_array()) {
      const std::string id(key.at("accessKeyId").as_string());
      PROMISE(ids.insert(id).second && id.size() >= 16 && id.size() <= 128);
      const server::AccessKey* found = principals.FindKey(id);
      PROMISE(found != nullptr && found->access_key_id == id);
      PROMISE(found->principal != nullptr && found->principal->arn == arn);
      PROMISE(found->secret_access_key == key.at("secretAccessKey").as_string());
      PROMISE(found->secret_access_key.size() >= 16);
      const auto* status = key.as_object().if_contains("status");
      PROMISE(found->active == (status == nullptr || *status == "Active"));
      const auto* token = key.as_object().if_contains("sessionToken");
      PROMISE(token == nullptr
                  ? found->session_token.empty()
                  : found->session_token == token->as_string() && !found->session_token.empty());
      PROMISE(found->expires_at.has_value() == key.as_object().contains("expiresAt"));
      PROMISE(principals.FindKey(id + "x") == nullptr || id.size() < 128);
      PROMISE(found->principal->policy.Allows(action, resource) ==
              AllowsByTable(principal.at("policy"), action, resource));
    }
  }
}

// Texts of the file that could be a secret. Names of members and words that messages use are none.
void AddSecrets(const bj::value& value, std::set<std::string>& secrets) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "secretAccessKey" && member.value().is_string() &&
          member.value().get_string().size() >= 16) {
        secrets.emplace(member.value().get_string());
      }
      AddSecrets(member.value(), secrets);
    }
  } else if (const auto* array = value.if_array()) {
    for (const bj::value& element : *array) AddSecrets(element, secrets);
  }
}

void AddNames(const bj::value& value, std::string& names) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      names.append(member.key()).append("\n");
      AddNames(member.value(), names);
    }
  } else if (const auto* array = value.if_array()) {
    for (const bj::value& element : *array) AddNames(element, names);
  }
}

void CheckRefused(const Error& error, std::string_view text) {
  PROMISE(error.code == ErrorCode::kValidation && !error.fields.empty());
  const std::string line = InOneLine(error);
  CheckOneLine(line);
  bj::error_code failed;
  const bj::value file = bj::parse(text, failed);
  if (failed) return;
  std::set<std::string> secrets;
  std::string names;
  AddSecrets(file, secrets);
  AddNames(file, names);
  for (const std::string& secret : secrets) {
    if (names.find(secret) != std::string::npos) continue;
    // Pieces of what messages say and of the places that they name ("principals[0].policy") are
    // none.
    if (secret.find_first_of(" :[]") != secret.npos) continue;
    PROMISE(line.find(secret) == std::string::npos);
  }
}

void Test(std::string_view input) {
  std::string_view request = TakeLine(input);
  const std::size_t space = std::min(request.find(' '), request.size());
  // What the front door asks: an action in lower case, a resource of valid UTF-8.
  const std::string action = LowerAscii(request.substr(0, space));
  const std::string_view resource = request.substr(std::min(space + 1, request.size()));
  if (!IsValidUtf8(request)) return;

  const auto parsed = server::Principals::Parse(input);
  if (!parsed.ok()) return CheckRefused(parsed.error(), input);
  CheckAccepted(**parsed, bj::parse(input), action, resource);
  PROMISE(!server::Principals::Parse(WithUnknownMember(input)).ok());
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
