#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http_head.h"
#include "server/principal_store.h"

namespace users::server {

// Who signed a request. The pointers hold until the next call of Authenticate on this thread's
// authenticator has fetched newer principals; copy what must live longer.
struct Identity {
  const Principal* principal = nullptr;
  const AccessKey* key = nullptr;
};

// Judges signatures as the contract's section "Signatures" says. One for each thread: it keeps the
// principals and the derived signing keys without locks.
class Authenticator {
 public:
  // `region` is the one that signatures must name.
  Authenticator(const PrincipalStore& store, std::string region)
      : store_(store), region_(std::move(region)) {}

  // The error is kAuthentication; its message says what to mend and nothing that is secret.
  Result<Identity> Authenticate(const net::RequestHead& head, std::string_view body, Timestamp now);

 private:
  // A key that has been asked for, with the signing key that is derived from it for a day.
  struct KnownKey {
    const AccessKey* key = nullptr;
    std::string date;
    std::optional<HmacSha256Key> signing_key;  // of that date
  };
  // Null if there is no such key.
  KnownKey* FindKey(std::string_view access_key_id);
  static const HmacSha256Key& SigningKeyOf(KnownKey& known, const aws::CredentialScope& scope);
  void FollowPrincipals();

  const PrincipalStore& store_;
  const std::string region_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const Principals> principals_;
  std::unordered_map<std::string_view, KnownKey> known_keys_;  // by id, which the principals hold
};

}  // namespace users::server
