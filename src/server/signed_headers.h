#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"
#include "base/result.h"
#include "net/http_head.h"

namespace users::server {

// The headers of a signature, found in one walk over the head. Views into the head.
struct SignatureFields {
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> amz_date;
  std::optional<std::string_view> security_token;
  std::optional<std::string_view> content_sha256;
  std::optional<std::string_view> host;
  std::string_view repeated;  // the lower-case name of one of these that was sent twice, or empty
};
SignatureFields FindSignatureFields(const net::RequestHead& head);

// Returns the fields that CheckSignedHeaders and the canonical request need: those that the list
// names, and every x-amz-* field. Sorting only these keeps a head of thousands of fields cheap.
std::vector<HeaderField> RelevantFields(const net::RequestHead& head,
                                        std::string_view signed_headers);

// Checks the list SignedHeaders: lower-case, sorted, without repeats; it has `host` and every
// x-amz-* header that was sent except the two that clients add after signing; each header that it
// names was sent. The error is kAuthentication and names the header.
Status CheckSignedHeaders(std::string_view signed_headers, const aws::HeaderIndex& index);

}  // namespace users::server
