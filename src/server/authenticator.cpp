#include "server/authenticator.h"

#include <algorithm>

#include "base/text/text.h"
#include "server/signed_headers.h"

namespace users::server {
namespace {

constexpr std::string_view kService = "execute-api";
constexpr std::chrono::minutes kMaxSkew{5};
// A forged request must not make sorting its query expensive. No request of this API has a tenth of
// this many parameters.
constexpr std::ptrdiff_t kMaxSortedParameters = 128;

Error Rejected(Rejection& rejection, RejectionReason reason, std::string message) {
  rejection.reason = reason;
  return Error::Of(ErrorCode::kAuthentication, std::move(message));
}

// SHA-256 of an empty body. Most requests have no body.
constexpr std::string_view kHashOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

bool HasFormOfHash(std::string_view text) {
  return text.size() == kHashOfNothing.size() && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool HasQuerySignature(std::string_view query) {
  return query.find("X-Amz-Signature=") != query.npos ||
         query.find("X-Amz-Algorithm=") != query.npos;
}

RejectionReason ReasonOfRepeated(std::string_view name) {
  if (name == "authorization") return RejectionReason::kNoSignature;
  if (name == "x-amz-date") return RejectionReason::kClock;
  if (name == "x-amz-security-token") return RejectionReason::kToken;
  return name == "host" ? RejectionReason::kHost : RejectionReason::kBodyHash;
}

}  // namespace

// The parts of a request's signature that the head contains. Views into the request.
struct Authenticator::Claim {
  explicit Claim(const net::RequestHead& head)
      : fields(FindSignatureFields(head)), query(head.query) {}

  SignatureFields fields;
  std::string_view query;
  aws::Authorization authorization;
  std::optional<aws::RequestView> view;
  KnownKey* known = nullptr;
};

Status Authenticator::CheckHead(const net::RequestHead& head, Timestamp now, Rejection& rejection) {
  Claim claim(head);
  if (auto read = ReadClaim(head, now, claim, rejection); !read.ok()) return read;
  // If the request sends the hash of its body, the signature can be verified before the body is
  // read.
  if (claim.fields.content_sha256) return Verify(claim, *claim.fields.content_sha256, rejection);
  return Done{};
}

Result<Identity> Authenticator::Authenticate(const net::RequestHead& head, std::string_view body,
                                             Timestamp now, Rejection& rejection) {
  Claim claim(head);
  if (auto read = ReadClaim(head, now, claim, rejection); !read.ok()) {
    return std::move(read.error());
  }
  const std::string hash_of_body = body.empty() ? std::string() : ToHex(Sha256(body));
  const std::string_view payload_hash = body.empty() ? kHashOfNothing : hash_of_body;
  const auto& sent_hash = claim.fields.content_sha256;
  if (sent_hash && *sent_hash != payload_hash) {
    return Rejected(rejection, RejectionReason::kBodyHash,
                    "The header X-Amz-Content-Sha256 is not the hash of the body.");
  }
  if (auto verified = Verify(claim, payload_hash, rejection); !verified.ok()) {
    return std::move(verified.error());
  }
  Identity identity;
  identity.principal = claim.known->key->principal;
  identity.known = claim.known;
  return identity;
}

Status Authenticator::ReadClaim(const net::RequestHead& head, Timestamp now, Claim& claim,
                                Rejection& rejection) {
  FollowPrincipals();
  const SignatureFields& fields = claim.fields;
  if (!fields.repeated.empty()) {
    return Rejected(rejection, ReasonOfRepeated(fields.repeated),
                    "The header " + std::string(fields.repeated) + " is repeated.");
  }
  if (!fields.authorization) {
    return Rejected(
        rejection, RejectionReason::kNoSignature,
        HasQuerySignature(head.query)
            ? "The header Authorization is missing. Signatures in the query are not accepted."
            : "The header Authorization is missing. Sign the request with AWS Signature Version "
              "4.");
  }
  const auto authorization = aws::ParseAuthorization(*fields.authorization);
  if (!authorization) {
    return Rejected(rejection, RejectionReason::kNoSignature,
                    "The header Authorization is not a signature of AWS Signature Version 4.");
  }
  claim.authorization = *authorization;
  if (IsAccessKeyId(authorization->access_key_id)) {
    rejection.claimed_key_id = authorization->access_key_id;
  }
  if (auto checked = CheckScope(claim, now, rejection); !checked.ok()) return checked;
  if (auto checked = CheckKey(claim, now, rejection); !checked.ok()) return checked;
  if (fields.host && !hosts_.Accepts(*fields.host)) {
    return Rejected(rejection, RejectionReason::kHost,
                    "The header Host names a host that this service does not serve.");
  }
  if (fields.content_sha256 && !HasFormOfHash(*fields.content_sha256)) {
    return Rejected(rejection, RejectionReason::kBodyHash,
                    "The header X-Amz-Content-Sha256 is not the hash of the body.");
  }
  claim.view.emplace(aws::RequestView{head.method, head.path, head.query, head.fields});
  auto checked = CheckSignedHeaders(authorization->signed_headers, head.fields);
  if (!checked.ok()) rejection.reason = RejectionReason::kUnsignedHeader;
  return checked;
}

Status Authenticator::CheckScope(const Claim& claim, Timestamp now, Rejection& rejection) const {
  const auto& amz_date = claim.fields.amz_date;
  const auto signed_at = amz_date ? aws::ParseAmzDate(*amz_date) : std::nullopt;
  if (!signed_at) {
    return Rejected(rejection, RejectionReason::kClock,
                    "The header X-Amz-Date is missing or not of the form YYYYMMDDTHHMMSSZ.");
  }
  const aws::CredentialScope& scope = claim.authorization.scope;
  if (scope.service != kService) {
    return Rejected(rejection, RejectionReason::kScope,
                    "The signature in the header Authorization must be for the service "
                    "execute-api.");
  }
  if (scope.region != region_) {
    return Rejected(
        rejection, RejectionReason::kScope,
        "The signature in the header Authorization must be for the region " + region_ + ".");
  }
  if (scope.date != amz_date->substr(0, 8)) {
    return Rejected(rejection, RejectionReason::kScope,
                    "The day of the scope in the header Authorization is not the day of "
                    "X-Amz-Date.");
  }
  if (*signed_at > now + kMaxSkew || *signed_at < now - kMaxSkew) {
    return Rejected(rejection, RejectionReason::kClock,
                    "The header X-Amz-Date is more than 5 minutes off. The time here is " +
                        aws::FormatAmzDate(now) + ".");
  }
  return Done{};
}

Status Authenticator::CheckKey(Claim& claim, Timestamp now, Rejection& rejection) {
  claim.known = FindKey(claim.authorization.access_key_id);
  if (claim.known == nullptr) {
    return Rejected(rejection, RejectionReason::kUnknownKey,
                    "The access key in the header Authorization is unknown.");
  }
  const AccessKey& key = *claim.known->key;
  if (!key.active) {
    return Rejected(rejection, RejectionReason::kInactive,
                    "The access key in the header Authorization is inactive.");
  }
  if (key.expires_at && now >= *key.expires_at) {
    return Rejected(rejection, RejectionReason::kExpired,
                    "The access key in the header Authorization has expired.");
  }
  const auto& token = claim.fields.security_token;
  if (!token && !key.session_token.empty()) {
    return Rejected(rejection, RejectionReason::kToken,
                    "The header X-Amz-Security-Token is missing: the access key has a session "
                    "token.");
  }
  if (token && key.session_token.empty()) {
    return Rejected(rejection, RejectionReason::kToken,
                    "The header X-Amz-Security-Token was sent, but the access key has no session "
                    "token.");
  }
  if (token && !EqualInConstantTime(*token, key.session_token)) {
    return Rejected(rejection, RejectionReason::kToken,
                    "The header X-Amz-Security-Token is not the session token of the access key.");
  }
  return Done{};
}

// Most clients send the query in canonical form, so the query as it was sent is tried first: it
// needs no decoding and no sorting. The other forms are tried only where they differ.
Status Authenticator::Verify(Claim& claim, std::string_view payload_hash, Rejection& rejection) {
  const aws::Authorization& authorization = claim.authorization;
  const HmacSha256Key& signing_key = SigningKeyOf(*claim.known, authorization.scope);
  aws::RequestView& view = *claim.view;
  std::string canonical;
  std::string string_to_sign;
  const auto matches_with = [&](std::string_view query) {
    view.query = query;
    canonical = aws::CanonicalRequest(view, authorization.signed_headers, payload_hash,
                                      aws::QueryForm::kAsSent, aws::PathForm::kAsSent);
    string_to_sign = aws::StringToSign(*claim.fields.amz_date, authorization.scope, canonical);
    return EqualInConstantTime(aws::Sign(signing_key, string_to_sign), authorization.signature);
  };
  if (matches_with(claim.query)) return Done{};
  const std::ptrdiff_t separators = std::count(claim.query.begin(), claim.query.end(), '&');
  const bool may_sort = separators < kMaxSortedParameters;
  if (!claim.query.empty() && may_sort) {
    const std::string sorted = aws::QueryInForm(claim.query, aws::QueryForm::kSortedAsSent);
    const std::string encoded = aws::QueryInForm(claim.query, aws::QueryForm::kCanonical);
    if (sorted != claim.query && sorted != encoded && matches_with(sorted)) return Done{};
    // Tried last, because the error shows this form.
    if (encoded != claim.query && matches_with(encoded)) return Done{};
  }
  rejection.reason = RejectionReason::kMismatch;
  Error error = MismatchError(claim.query, canonical, std::move(string_to_sign));
  if (!may_sort) {
    error.message += " The query has more than 128 parameters, so it was taken as it was sent.";
  }
  return error;
}

KnownKey* Authenticator::FindKey(std::string_view access_key_id) {
  const auto found = known_keys_.find(access_key_id);
  if (found != known_keys_.end()) return &found->second;
  const AccessKey* key = principals_->FindKey(access_key_id);
  if (key == nullptr) return nullptr;  // unknown ids use no memory
  KnownKey& known = known_keys_[key->access_key_id];
  known.key = key;
  return &known;
}

const HmacSha256Key& Authenticator::SigningKeyOf(KnownKey& known,
                                                 const aws::CredentialScope& scope) {
  if (known.date != scope.date) {
    known.date = scope.date;
    known.signing_key.emplace(aws::DeriveSigningKey(known.key->secret_access_key, scope));
  }
  return *known.signing_key;
}

void Authenticator::FollowPrincipals() {
  const std::uint64_t newest = store_.generation();
  if (newest == generation_) return;
  generation_ = newest;
  known_keys_.clear();  // first, because its keys point into the principals
  principals_ = store_.Current();
}

}  // namespace users::server
