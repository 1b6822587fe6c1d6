#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/iam_policy.h"
#include "base/clock.h"
#include "base/result.h"

namespace users::server {

// A principal that may call the API.
struct Principal {
  std::string arn;
  std::size_t caller_id = 0;  // computed from the ARN, never 0; identifies a connection's caller
  aws::IamPolicy policy;
  std::string policy_hash;  // SHA-256 of the policy in RFC 8785 form, in hex
};

// An access key of a principal.
struct AccessKey {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;            // empty: the key has none
  std::optional<Timestamp> expires_at;  // from then on requests are rejected
  bool active = true;
  const Principal* principal = nullptr;
};

// The principals of the principals file and their keys. Immutable once read, so thread-safe.
class Principals {
 public:
  // Reads the JSON form of the contract strictly: nothing is ignored. An error's fields name places
  // in the file and never contain its content.
  static Result<std::shared_ptr<const Principals>> Parse(std::string_view text);

  // Returns the key, or null if there is none with this id.
  const AccessKey* FindKey(std::string_view access_key_id) const;
  std::size_t size() const { return principals_.size(); }
  // All principals, in the order of the file, and all keys, by their ids.
  const std::vector<std::unique_ptr<Principal>>& all() const { return principals_; }
  const std::map<std::string, AccessKey, std::less<>>& keys() const { return keys_; }

 private:
  std::vector<std::unique_ptr<Principal>> principals_;
  std::map<std::string, AccessKey, std::less<>> keys_;
};

}  // namespace users::server
