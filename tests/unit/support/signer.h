#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/sigv4.h"
#include "base/text/text.h"
#include "net/http_head.h"

namespace users::testing {

inline constexpr std::string_view kKeyId = "AKIAIOSFODNN7EXAMPLE";
inline constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

// A request that is signed as clients sign, or wrongly in any way.
struct SignableRequest {
  std::string method = "POST";
  std::string path = "/users/a%40b";
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers = {{"Host", "users.example.com"}};
  std::string body = "{}";

  const std::string* Find(std::string_view name) const {
    for (const auto& header : headers) {
      if (EqualIgnoringAsciiCase(header.first, name)) return &header.second;
    }
    return nullptr;
  }
  std::string& At(std::string_view name) { return const_cast<std::string&>(*Find(name)); }

  // Views into this request.
  net::RequestHead Head() const {
    net::RequestHead head;
    head.method = method;
    head.path = path;
    head.query = query;
    for (const auto& [name, value] : headers) head.fields.Add(HeaderField{name, value});
    return head;
  }
};

// How a request is signed. The defaults are valid.
struct Signing {
  std::string key_id{kKeyId};
  std::string secret{kSecret};
  std::string amz_date = "20261122T210935Z";
  std::string scope_date;  // empty: the day of amz_date
  std::string region = "us-east-1";
  std::string service = "execute-api";
  std::string signed_headers;  // empty: all headers
  std::string payload_hash;    // empty: the hash of the body
  aws::QueryForm query_form = aws::QueryForm::kCanonical;
};

inline std::string NamesOf(const SignableRequest& request) {
  std::vector<std::string> names;
  for (const auto& header : request.headers) names.push_back(LowerAscii(header.first));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ";") + name;
  return joined;
}

// Adds X-Amz-Date and Authorization.
inline void Sign(SignableRequest& request, const Signing& signing = {}) {
  request.headers.emplace_back("X-Amz-Date", signing.amz_date);
  const std::string names =
      signing.signed_headers.empty() ? NamesOf(request) : signing.signed_headers;
  const std::string date =
      signing.scope_date.empty() ? signing.amz_date.substr(0, 8) : signing.scope_date;
  const std::string hash =
      signing.payload_hash.empty() ? ToHex(Sha256(request.body)) : signing.payload_hash;
  const aws::CredentialScope scope{date, signing.region, signing.service};
  const net::RequestHead head = request.Head();
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  const std::string canonical =
      aws::CanonicalRequest(view, names, hash, signing.query_form, aws::PathForm::kAsSent);
  const std::string signature = aws::Sign(aws::DeriveSigningKey(signing.secret, scope),
                                          aws::StringToSign(signing.amz_date, scope, canonical));
  request.headers.emplace_back(
      "Authorization", "AWS4-HMAC-SHA256 Credential=" + signing.key_id + "/" + date + "/" +
                           signing.region + "/" + signing.service +
                           "/aws4_request, SignedHeaders=" + names + ", Signature=" + signature);
}

}  // namespace users::testing
