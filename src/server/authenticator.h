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
#include "server/host_list.h"
#include "server/principal_store.h"
#include "server/rejection.h"
#include "server/throttle.h"

namespace users::server {

// A thread's cache for an access key that was used: the signing key derived from it for a day, and
// the principal's bucket. Neither is looked up for each request.
struct KnownKey {
  const AccessKey* key = nullptr;
  std::string date;
  std::optional<HmacSha256Key> signing_key;  // of that date
  Throttle* bucket = nullptr;                // set by the front door
};

// The signer of a request. The pointers are valid until the next call on this thread's
// authenticator has fetched newer principals. Copy values that must live longer.
struct Identity {
  const Principal* principal = nullptr;
  KnownKey* known = nullptr;
};

// Checks signatures as the contract's section "Signatures" says. Each thread has its own, which
// keeps the principals and the derived signing keys without locks.
//
// Errors are kAuthentication. Their messages name the header they are about and contain no secret.
// `rejection` receives the details for the log.
class Authenticator {
 public:
  // Signatures must name `region`; the signed Host must be one of `hosts`.
  Authenticator(const PrincipalStore& store, std::string region, HostList hosts = HostList({}))
      : store_(store), region_(std::move(region)), hosts_(std::move(hosts)) {}

  // Makes all checks that need only the head, so that the body of a rejected request need not be
  // read. Success does not authenticate the caller.
  Status CheckHead(const net::RequestHead& head, Timestamp now, Rejection& rejection);

  // Makes all checks and returns the caller. `body` is the whole body. Fails with kAuthentication if
  // the signature is missing or wrong, or the key may not be used.
  Result<Identity> Authenticate(const net::RequestHead& head, std::string_view body, Timestamp now,
                                Rejection& rejection);

 private:
  struct Claim;
  Status ReadClaim(const net::RequestHead& head, Timestamp now, Claim& claim, Rejection& rejection);
  Status CheckScope(const Claim& claim, Timestamp now, Rejection& rejection) const;
  Status CheckKey(Claim& claim, Timestamp now, Rejection& rejection);
  static Status Verify(Claim& claim, std::string_view payload_hash, Rejection& rejection);

  // Returns null if there is no such key.
  KnownKey* FindKey(std::string_view access_key_id);
  static const HmacSha256Key& SigningKeyOf(KnownKey& known, const aws::CredentialScope& scope);
  void FollowPrincipals();

  const PrincipalStore& store_;
  const std::string region_;
  const HostList hosts_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const Principals> principals_;
  std::unordered_map<std::string_view, KnownKey> known_keys_;  // by id, owned by the principals
};

}  // namespace users::server
