#include "server/authenticator.h"

#include <algorithm>

#include "base/text.h"

namespace users::server {
namespace {

constexpr std::string_view kService = "execute-api";
constexpr std::chrono::minutes kMostSkew{5};

Error Refused(std::string message) {
  return Error::Of(ErrorCode::kAuthentication, std::move(message));
}

// The value of a header that may stand there once; the error says which one is repeated.
Result<std::optional<std::string_view>> Single(const net::RequestHead& head,
                                               std::string_view name) {
  if (head.Count(name) > 1) return Refused("The header " + std::string(name) + " is repeated.");
  return head.Find(name);
}

// Lower-case, sorted, without repeats, with `host` and every x-amz-* header, and each is there.
Status CheckSignedHeaders(std::string_view signed_headers, const aws::HeaderIndex& index) {
  const auto is_amz = [](const HeaderField* header) {
    constexpr std::string_view kPrefix = "x-amz-";
    return EqualIgnoringAsciiCase(header->name.substr(0, kPrefix.size()), kPrefix);
  };
  // Names and headers are in the same order: what is passed over is not signed.
  auto header = index.all().begin();
  const auto end = index.all().end();
  bool host_is_signed = false;
  bool amz_is_unsigned = false;
  std::optional<std::string_view> last;
  for (PartReader reader(signed_headers, ';'); const auto name = reader.Next();) {
    const bool lower =
        std::none_of(name->begin(), name->end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!lower || (last && *name <= *last)) {
      return Refused("SignedHeaders must be lower-case, sorted and without repeats.");
    }
    for (; header != end && CompareIgnoringAsciiCase((*header)->name, *name) < 0; ++header) {
      amz_is_unsigned = amz_is_unsigned || is_amz(*header);
    }
    if (header == end || !EqualIgnoringAsciiCase((*header)->name, *name)) {
      return Refused("A header that SignedHeaders names was not sent.");
    }
    while (header != end && EqualIgnoringAsciiCase((*header)->name, *name)) ++header;
    host_is_signed = host_is_signed || *name == "host";
    last = name;
  }
  if (!host_is_signed) return Refused("The header host must be signed.");
  if (amz_is_unsigned || std::any_of(header, end, is_amz)) {
    return Refused("Every x-amz-* header must be signed.");
  }
  return Done{};
}

// The hash that a request without a body signs, which most are.
constexpr std::string_view kHashOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

bool HasQuerySignature(std::string_view query) {
  return query.find("X-Amz-Signature=") != query.npos ||
         query.find("X-Amz-Algorithm=") != query.npos;
}

}  // namespace

Result<Identity> Authenticator::Authenticate(const net::RequestHead& head, std::string_view body,
                                             Timestamp now) {
  FollowPrincipals();
  const auto authorization_header = Single(head, "Authorization");
  if (!authorization_header.ok()) return authorization_header.error();
  if (!authorization_header->has_value()) {
    if (HasQuerySignature(head.query)) {
      return Refused("Signatures in the query are not accepted. Sign with headers.");
    }
    return Refused("The request is not signed. Sign it with AWS Signature Version 4.");
  }
  const auto authorization = aws::ParseAuthorization(**authorization_header);
  if (!authorization) return Refused("The Authorization header is not of AWS Signature Version 4.");

  const auto amz_date = Single(head, "X-Amz-Date");
  if (!amz_date.ok()) return amz_date.error();
  const auto signed_at = amz_date->has_value() ? aws::ParseAmzDate(**amz_date) : std::nullopt;
  if (!signed_at)
    return Refused("The header X-Amz-Date is missing or not of the form YYYYMMDDTHHMMSSZ.");
  const aws::CredentialScope& scope = authorization->scope;
  if (scope.service != kService) {
    return Refused("The signature must be for the service execute-api.");
  }
  if (scope.region != region_)
    return Refused("The signature must be for the region " + region_ + ".");
  if (scope.date != (*amz_date)->substr(0, 8)) {
    return Refused("The day of the signature's scope is not the day of X-Amz-Date.");
  }
  if (*signed_at > now + kMostSkew || *signed_at < now - kMostSkew) {
    return Refused("X-Amz-Date is more than 5 minutes off. The time here is " +
                   aws::FormatAmzDate(now) + ".");
  }
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  if (auto checked = CheckSignedHeaders(authorization->signed_headers, view.headers);
      !checked.ok()) {
    return std::move(checked.error());
  }

  KnownKey* known = FindKey(authorization->access_key_id);
  const AccessKey* key = known == nullptr ? nullptr : known->key;
  const bool usable = key != nullptr && key->active && (!key->expires_at || now < *key->expires_at);
  if (!usable) return Refused("The access key is unknown, inactive or expired.");
  const auto token = Single(head, "X-Amz-Security-Token");
  if (!token.ok()) return token.error();
  if (token->has_value() == key->session_token.empty() ||
      !EqualInConstantTime(token->value_or(std::string_view()), key->session_token)) {
    return Refused("The session token is missing, wrong, or the key has none.");
  }

  const std::string hash_of_body = body.empty() ? std::string() : ToHex(Sha256(body));
  const std::string_view payload_hash = body.empty() ? kHashOfNothing : hash_of_body;
  const auto sent_hash = Single(head, "X-Amz-Content-Sha256");
  if (!sent_hash.ok()) return sent_hash.error();
  if (sent_hash->has_value() && **sent_hash != payload_hash) {
    return Refused("X-Amz-Content-Sha256 is not the hash of the body.");
  }

  const HmacSha256Key& signing_key = SigningKeyOf(*known, scope);
  for (const aws::QueryForm form :
       {aws::QueryForm::kCanonical, aws::QueryForm::kSortedAsSent, aws::QueryForm::kAsSent}) {
    const std::string canonical = aws::CanonicalRequest(view, authorization->signed_headers,
                                                        payload_hash, form, aws::PathForm::kAsSent);
    const std::string expected =
        aws::Sign(signing_key, aws::StringToSign(**amz_date, scope, canonical));
    if (EqualInConstantTime(expected, authorization->signature)) {
      Identity identity;
      identity.principal = key->principal;
      identity.key = key;
      return identity;
    }
    if (head.query.empty()) break;  // all forms are alike
  }
  return Refused(
      "The signature does not match. Check the secret access key, and that nothing changed the "
      "method, "
      "the path, the query, the signed headers or the body on the way.");
}

Authenticator::KnownKey* Authenticator::FindKey(std::string_view access_key_id) {
  const auto found = known_keys_.find(access_key_id);
  if (found != known_keys_.end()) return &found->second;
  const AccessKey* key = principals_->FindKey(access_key_id);
  if (key == nullptr) return nullptr;  // what is asked for in vain takes no memory
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
  known_keys_.clear();  // before the principals, which hold the ids, may go
  principals_ = store_.Current();
}

}  // namespace users::server
