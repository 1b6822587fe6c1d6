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

// What a thread keeps about an access key that was used: the signing key that is derived from it
// for a day, and the principal's bucket, so that neither is looked up for each request.
struct KnownKey {
  const AccessKey* key = nullptr;
  std::string date;
  std::optional<HmacSha256Key> signing_key;  // of that date
  Throttle* bucket = nullptr;                // set by the front door
};

// Who signed a request. The pointers hold until the next call on this thread's authenticator has
// fetched newer principals; copy what must live longer.
struct Identity {
  const Principal* principal = nullptr;
  KnownKey* known = nullptr;
};

// Checks signatures as the contract's section "Signatures" says. One for each thread: it keeps the
// principals and the derived signing keys without locks.
//
// Errors are kAuthentication. Their messages name the header they are about and hold nothing
// secret. `rejection` is set to what the log says about the error.
class Authenticator {
 public:
  // Signatures must name `region`; the signed Host must be one of `hosts`.
  Authenticator(const PrincipalStore& store, std::string region, HostList hosts = HostList({}))
      : store_(store), region_(std::move(region)), hosts_(std::move(hosts)) {}

  // Checks everything that the head alone can prove wrong, so that the body of such a request need
  // not be read. Success says nothing about who the caller is.
  Status CheckHead(const net::RequestHead& head, Timestamp now, Rejection& rejection);

  Result<Identity> Authenticate(const net::RequestHead& head, std::string_view body, Timestamp now,
                                Rejection& rejection);

 private:
  struct Claim;
  Status ReadClaim(const net::RequestHead& head, Timestamp now, Claim& claim, Rejection& rejection);
  Status CheckScope(const Claim& claim, Timestamp now, Rejection& rejection) const;
  Status CheckKey(Claim& claim, Timestamp now, Rejection& rejection);
  static Status Verify(Claim& claim, std::string_view payload_hash, Rejection& rejection);

  // Null if there is no such key.
  KnownKey* FindKey(std::string_view access_key_id);
  static const HmacSha256Key& SigningKeyOf(KnownKey& known, const aws::CredentialScope& scope);
  void FollowPrincipals();

  const PrincipalStore& store_;
  const std::string region_;
  const HostList hosts_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const Principals> principals_;
  std::unordered_map<std::string_view, KnownKey> known_keys_;  // by id, which the principals hold
};

}  // namespace users::server
