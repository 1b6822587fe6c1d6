#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/header_field.h"
#include "base/sha256.h"

// AWS Signature Version 4 (docs.aws.amazon.com, "AWS Signature Version 4 for API requests"), both
// sides of it. Judged by AWS's own test cases. All functions are pure and thread-safe.
namespace users::aws {

// The headers of a request sorted by name in lower case, and those of one name in the order in
// which they were sent. Views into the request.
class HeaderIndex {
 public:
  HeaderIndex(std::span<const HeaderField> headers);    // NOLINT: implicit
  HeaderIndex(const std::vector<HeaderField>& headers)  // NOLINT: implicit
      : HeaderIndex(std::span(headers)) {}
  std::span<const HeaderField* const> all() const { return sorted_; }

 private:
  std::vector<const HeaderField*> sorted_;
};

// A request as it travels. `path` and `query` stand as in the request line, still encoded.
struct RequestView {
  std::string_view method;
  std::string_view path;
  std::string_view query;  // without the `?`
  HeaderIndex headers;
};

// What clients put into the line of the canonical request that holds the query.
enum class QueryForm {
  kCanonical,     // decoded, encoded again, sorted: what the standard says
  kSortedAsSent,  // botocore, for a URL that was made before
  kAsSent,        // curl before 8
};

// Whether `.`, `..` and empty segments are resolved before signing (every service but S3).
enum class PathForm { kAsSent, kNormalised };

// The canonical request. `signed_headers` is the list as it stands in the Authorization header:
// lower-case, sorted, separated by semicolons; `payload_hash` is lower-case hexadecimal. The path
// is percent-encoded as it was sent, so that one that holds `%` already is encoded twice.
std::string CanonicalRequest(const RequestView& request, std::string_view signed_headers,
                             std::string_view payload_hash, QueryForm query_form,
                             PathForm path_form);

// Where and when a signature is valid.
struct CredentialScope {
  std::string_view date;  // "20150830"
  std::string_view region;
  std::string_view service;
};

// The query in that form.
std::string QueryInForm(std::string_view query, QueryForm form);

std::string StringToSign(std::string_view amz_date, const CredentialScope& scope,
                         std::string_view canonical_request);

// Valid for a day, a region and a service; deriving it takes four HMACs, so keep it.
Sha256Digest DeriveSigningKey(std::string_view secret_access_key, const CredentialScope& scope);

// Lower-case hexadecimal, 64 characters.
std::string Sign(const Sha256Digest& signing_key, std::string_view string_to_sign);
std::string Sign(const HmacSha256Key& signing_key, std::string_view string_to_sign);

// "20150830T123600Z", and back; nothing for any other form.
std::string FormatAmzDate(Timestamp time);
std::optional<Timestamp> ParseAmzDate(std::string_view text);

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for long-term keys
};

// The headers that sign a request, to be added to those it has: x-amz-date, x-amz-security-token
// where there is a token, authorization. All headers of the request are signed; `host` must be one
// of them.
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
std::optional<Authorization> ParseAuthorization(std::string_view header);

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

}  // namespace users::aws
