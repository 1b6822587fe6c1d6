#include "server/principals.h"

#include <algorithm>
#include <set>

#include "base/json/json.h"
#include "base/json/json_reader.h"
#include "base/sha256.h"
#include "base/text/text.h"

namespace users::server {
namespace {

using json::Presence;

constexpr std::size_t kMaxArnBytes = 2048;

bool IsPrintable(std::string_view text, char least) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c >= least && c <= '~'; });
}

// arn:aws:iam|sts::<12 digits>:...
bool IsPrincipalArn(std::string_view arn) {
  const auto parts = Split(arn, ':');
  return arn.size() <= kMaxArnBytes && IsPrintable(arn, '!') && parts.size() >= 6 &&
         parts[0] == "arn" && parts[1] == "aws" && (parts[2] == "iam" || parts[2] == "sts") &&
         parts[3].empty() && parts[4].size() == 12 &&
         std::all_of(parts[4].begin(), parts[4].end(),
                     [](char c) { return c >= '0' && c <= '9'; }) &&
         !parts[5].empty();
}

bool IsAccessKeyId(std::string_view id) {
  return id.size() >= 16 && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

AccessKey ReadKey(const boost::json::value& value, const std::string& path,
                  json::FieldErrors& errors) {
  json::ObjectReader reader(value, path, errors);
  AccessKey key;
  if (const auto id = reader.String("accessKeyId", Presence::kRequired)) {
    key.access_key_id = *id;
    if (!IsAccessKeyId(*id)) {
      errors.Add(reader.PathOf("accessKeyId"), "must be 16 to 128 of [A-Za-z0-9_]");
    }
  }
  if (const auto secret = reader.String("secretAccessKey", Presence::kRequired)) {
    key.secret_access_key = *secret;
    if (secret->size() < 16 || secret->size() > 256 || !IsPrintable(*secret, ' ')) {
      errors.Add(reader.PathOf("secretAccessKey"), "must be 16 to 256 printable ASCII characters");
    }
  }
  if (const auto token = reader.String("sessionToken", Presence::kOptional)) {
    key.session_token = *token;
    if (token->empty() || token->size() > 4096 || !IsPrintable(*token, '!')) {
      errors.Add(reader.PathOf("sessionToken"),
                 "must be 1 to 4,096 printable ASCII characters without spaces");
    }
  }
  if (const auto expires = reader.String("expiresAt", Presence::kOptional)) {
    key.expires_at = ParseTimestamp(*expires);
    if (!key.expires_at) {
      errors.Add(reader.PathOf("expiresAt"),
                 "must be an RFC 3339 time, such as 2026-12-31T00:00:00Z");
    }
  }
  if (const auto status = reader.String("status", Presence::kOptional)) {
    key.active = *status == "Active";
    if (!key.active && *status != "Inactive") {
      errors.Add(reader.PathOf("status"), "must be Active or Inactive");
    }
  }
  reader.RejectOthers();
  return key;
}

}  // namespace

Result<std::shared_ptr<const Principals>> Principals::Parse(std::string_view text) {
  const auto parsed = json::ParseFile(text);
  if (!parsed.ok()) return parsed.error();

  auto principals = std::make_shared<Principals>();
  json::FieldErrors errors;
  std::set<std::string> arns;
  json::ObjectReader file(*parsed, "", errors, "file");
  const auto version = file.Integer("version", Presence::kRequired);
  if (version && *version != 1) errors.Add("version", "must be 1");
  const auto* list = file.Array("principals", Presence::kRequired);
  file.RejectOthers();
  if (list != nullptr && list->empty()) errors.Add("principals", "must not be empty");

  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const std::string path = json::ElementPath("principals", i);
    json::ObjectReader reader((*list)[i], path, errors);
    auto principal = std::make_unique<Principal>();
    if (const auto arn = reader.String("arn", Presence::kRequired)) {
      principal->arn = *arn;
      principal->caller_id = std::hash<std::string_view>()(*arn) | 1U;
      if (!IsPrincipalArn(*arn)) {
        errors.Add(reader.PathOf("arn"),
                   "must be arn:aws:iam::<12 digits>:... or arn:aws:sts::...");
      } else if (!arns.insert(principal->arn).second) {
        errors.Add(reader.PathOf("arn"), "occurs twice in the file");
      }
    }
    if (const auto* policy = reader.Find("policy", Presence::kRequired)) {
      auto read = aws::IamPolicy::Parse(*policy, reader.PathOf("policy"), errors);
      if (read) principal->policy = std::move(*read);
      principal->policy_hash = ToHex(Sha256(json::Canonical(*policy)));
    }
    if (const auto* keys = reader.Array("accessKeys", Presence::kRequired)) {
      for (std::size_t k = 0; k < keys->size(); ++k) {
        const std::string key_path = json::ElementPath(reader.PathOf("accessKeys"), k);
        AccessKey key = ReadKey((*keys)[k], key_path, errors);
        key.principal = principal.get();
        std::string id = key.access_key_id;
        if (!principals->keys_.emplace(std::move(id), std::move(key)).second) {
          errors.Add(key_path + ".accessKeyId", "occurs twice in the file");
        }
      }
    }
    reader.RejectOthers();
    principals->principals_.push_back(std::move(principal));
  }
  if (!errors.empty()) return std::move(errors).ToError();
  return std::shared_ptr<const Principals>(std::move(principals));
}

const AccessKey* Principals::FindKey(std::string_view access_key_id) const {
  const auto found = keys_.find(access_key_id);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace users::server
