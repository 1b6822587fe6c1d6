#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/header_fields.h"
#include "base/sha256.h"

// AWS Signature Version 4 (docs.aws.amazon.com, "AWS Signature Version 4 for API requests"), for
// clients and servers. Tested with AWS's own test suite. All functions are pure and thread-safe.
namespace users::aws {

// A request as it was sent. `path` and `query` are as in the request line, still encoded. The views
// and the headers must outlive it.
struct RequestView {
  std::string_view method;
  std::string_view path;
  std::string_view query;  // without the `?`
  const HeaderFields& headers;
};

// The forms in which clients put the query into the canonical request.
enum class QueryForm {
  kCanonical,     // decoded, encoded again and sorted, as the standard says
  kSortedAsSent,  // botocore, for a URL that was built earlier
  kAsSent,        // curl before 8
};

// Whether `.`, `..` and empty segments are resolved before signing. Every service except S3 does
// this.
enum class PathForm { kAsSent, kNormalised };

// Returns the canonical request. `signed_headers` is the list as in the Authorization header:
// lower-case, sorted, separated by semicolons. `payload_hash` is lower-case hexadecimal. The path
// is percent-encoded as it was sent, so a `%` in it is encoded twice.
std::string CanonicalRequest(const RequestView& request, std::string_view signed_headers,
                             std::string_view payload_hash, QueryForm query_form,
                             PathForm path_form);

// The date, region and service for which a signature is valid.
struct CredentialScope {
  std::string_view date;  // "20150830"
  std::string_view region;
  std::string_view service;
};

// Returns the query in that form.
std::string QueryInForm(std::string_view query, QueryForm form);

// Returns the string to sign for a canonical request. `amz_date` is the value of x-amz-date.
std::string StringToSign(std::string_view amz_date, const CredentialScope& scope,
                         std::string_view canonical_request);

// Returns the key for a day, a region and a service. Deriving it takes four HMACs, so keep it.
Sha256Digest DeriveSigningKey(std::string_view secret_access_key, const CredentialScope& scope);

// Returns the signature: 64 characters of lower-case hexadecimal.
std::string Sign(const Sha256Digest& signing_key, std::string_view string_to_sign);
std::string Sign(const HmacSha256Key& signing_key, std::string_view string_to_sign);

// Format and parse "20150830T123600Z". Parsing returns nothing for any other form.
std::string FormatAmzDate(Timestamp time);
std::optional<Timestamp> ParseAmzDate(std::string_view text);

// An access key.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for long-term keys
};

// Returns the headers that sign a request, to be added to its headers: x-amz-date, authorization,
// and x-amz-security-token if there is a token. All headers of the request are signed. `host` must
// be one of them.
std::vector<std::pair<std::string, std::string>> SignatureHeaders(
    const RequestView& request, std::string_view body, const Credentials& credentials,
    std::string_view region, std::string_view service, Timestamp now);

// The parts of an Authorization header of this scheme. Views into the header.
struct Authorization {
  std::string_view access_key_id;
  CredentialScope scope;
  std::string_view signed_headers;
  std::string_view signature;
};
// Parses an Authorization header. Returns nothing if it has another scheme or form.
std::optional<Authorization> ParseAuthorization(std::string_view header);

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

}  // namespace users::aws
