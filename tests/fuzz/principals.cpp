// The principals file and its policies (server/principals.h, aws/iam_policy.h). The first line of
// the input is a request, `<action> <resource>`. The file follows.
#include "server/principals.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <string>

#include "base/text/text.h"
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

// Replaces secrets by others of the same length and the same kinds of characters.
void ChangeSecrets(bj::value& value) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      if (member.key() == "secretAccessKey" && member.value().is_string()) {
        for (char& c : member.value().get_string()) {
          if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + 13) % 26);
          if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + (c - 'A' + 13) % 26);
          if (c >= '0' && c <= '9') c = static_cast<char>('0' + (c - '0' + 5) % 10);
        }
      }
      ChangeSecrets(member.value());
    }
  } else if (auto* array = value.if_array()) {
    for (bj::value& element : *array) ChangeSecrets(element);
  }
}

std::string LineFor(const bj::value& file) {
  const auto parsed = server::Principals::Parse(bj::serialize(file));
  return parsed.ok() ? "" : InOneLine(parsed.error());
}

void CheckRejected(const Error& error, std::string_view text) {
  PROMISE(error.code == ErrorCode::kValidation && !error.fields.empty());
  CheckOneLine(InOneLine(error));
  // The message does not depend on the secrets, so it reveals nothing about them.
  bj::error_code failed;
  bj::value file = bj::parse(text, failed);
  if (failed) return;
  const std::string line = LineFor(file);
  ChangeSecrets(file);
  PROMISE(LineFor(file) == line);
}

void Test(std::string_view input) {
  std::string_view request = TakeLine(input);
  const std::size_t space = std::min(request.find(' '), request.size());
  // The front door passes an action in lower case and a resource in valid UTF-8.
  const std::string action = LowerAscii(request.substr(0, space));
  const std::string_view resource = request.substr(std::min(space + 1, request.size()));
  if (!IsValidUtf8(request)) return;

  const auto parsed = server::Principals::Parse(input);
  if (!parsed.ok()) return CheckRejected(parsed.error(), input);
  CheckAccepted(**parsed, bj::parse(input), action, resource);
  PROMISE(!server::Principals::Parse(WithUnknownMember(input)).ok());
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
