#pragma once

#include <optional>
#include <string_view>

#include "aws/sigv4.h"
#include "base/result.h"
#include "net/http_head.h"

namespace users::server {

// The headers of a signature. Views into the head.
struct SignatureFields {
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> amz_date;
  std::optional<std::string_view> security_token;
  std::optional<std::string_view> content_sha256;
  std::optional<std::string_view> host;
  std::string_view repeated;  // the lower-case name of one of these that was sent twice, or empty
};
// Returns those that the head has. Thread-safe.
SignatureFields FindSignatureFields(const net::RequestHead& head);

// Checks the list SignedHeaders: it must be in lower case, sorted and without repeats; it must name
// `host` and every x-amz-* header that was sent, except the two that clients add after signing;
// each header that it names must have been sent. Fails with kAuthentication; the message names the
// header. Thread-safe.
Status CheckSignedHeaders(std::string_view signed_headers, const HeaderFields& headers);

}  // namespace users::server
