#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "base/text/text.h"
#include "net/http_head.h"

namespace users::testing {

// Checks the signature of a request to an AWS service as AWS does. Returns a description of the
// fault, or nothing. `text` is the whole request.
inline std::optional<std::string> SignatureFault(std::string_view text,
                                                 const aws::Credentials& credentials,
                                                 std::string_view region,
                                                 std::string_view service) {
  const std::size_t head_size = text.find("\r\n\r\n") + 4;
  net::RequestHead head;
  if (!net::ParseRequestHead(text.substr(0, head_size), head)) return "the request is malformed";
  const auto header = head.Find("Authorization");
  const auto authorization = header ? aws::ParseAuthorization(*header) : std::nullopt;
  if (!authorization) return "there is no signature";
  if (authorization->access_key_id != credentials.access_key_id) return "the access key is unknown";
  const auto& scope = authorization->scope;
  if (scope.region != region || scope.service != service) return "the scope is wrong";
  if (head.Find("X-Amz-Security-Token").value_or("") != credentials.session_token) {
    return "the session token is missing or wrong";
  }
  const std::string names = ";" + std::string(authorization->signed_headers) + ";";
  for (const HeaderField& field : head.fields) {
    const std::string name = LowerAscii(field.name);
    const bool must = name == "host" || name == "content-type" || name.starts_with("x-amz-");
    if (must && names.find(";" + name + ";") == names.npos) return name + " is not signed";
  }
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  const std::string canonical = aws::CanonicalRequest(
      view, authorization->signed_headers, ToHex(Sha256(text.substr(head_size))),
      aws::QueryForm::kCanonical, aws::PathForm::kAsSent);
  const std::string to_sign =
      aws::StringToSign(head.Find("X-Amz-Date").value_or(""), scope, canonical);
  const std::string expected =
      aws::Sign(aws::DeriveSigningKey(credentials.secret_access_key, scope), to_sign);
  if (expected != authorization->signature) return "the signature is wrong";
  return std::nullopt;
}

}  // namespace users::testing
