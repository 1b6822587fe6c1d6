#include "server/rejection.h"

#include <algorithm>

#include "base/text/text.h"

namespace users::server {
namespace {

constexpr std::size_t kMaxShownNameBytes = 64;
constexpr std::size_t kMaxShownRequestBytes = 8 << 10;

// Replaces the value of a header in the canonical request, where each header has one line.
void HideValue(std::string& canonical_request, std::string_view name) {
  const std::string line = "\n" + std::string(name) + ":";
  const std::size_t at = canonical_request.find(line);
  if (at == std::string::npos) return;
  const std::size_t value = at + line.size();
  const std::size_t end = std::min(canonical_request.find('\n', value), canonical_request.size());
  canonical_request.replace(value, end - value, "(not shown)");
}

}  // namespace

std::string_view NameOf(RejectionReason reason) {
  switch (reason) {
    case RejectionReason::kNone:
      return "";
    case RejectionReason::kNoSignature:
      return "no_signature";
    case RejectionReason::kUnknownKey:
      return "unknown_key";
    case RejectionReason::kInactive:
      return "inactive";
    case RejectionReason::kExpired:
      return "expired";
    case RejectionReason::kClock:
      return "clock";
    case RejectionReason::kScope:
      return "scope";
    case RejectionReason::kMismatch:
      return "mismatch";
    case RejectionReason::kToken:
      return "token";
    case RejectionReason::kUnsignedHeader:
      return "unsigned_header";
    case RejectionReason::kBodyHash:
      return "body_hash";
    case RejectionReason::kHost:
      return "host";
  }
  return "";
}

bool IsAccessKeyId(std::string_view text) {
  return text.size() >= 16 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const char lower = LowerAscii(c);
           return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::string Shown(std::string_view name) {
  std::string shown(name.substr(0, kMaxShownNameBytes));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < 0x21 || c > 0x7E; }, '?');
  if (name.size() > kMaxShownNameBytes) shown += "...";
  return shown;
}

Error MismatchError(std::string_view query, std::string_view canonical_request,
                    std::string string_to_sign) {
  std::string message =
      "The signature in the header Authorization does not match. Check the secret access key, and "
      "that nothing changed the method, the path, the query, the signed headers or the body on the "
      "way. Compare details.canonicalRequest with what your client signed.";
  if (query.find('+') != query.npos) {
    message += " The query has a plus sign: send a space as %20 and a plus as %2B.";
  }
  std::string shown(canonical_request);
  HideValue(shown, "x-amz-security-token");
  HideValue(shown, "authorization");
  if (shown.size() > kMaxShownRequestBytes) {
    shown.resize(kMaxShownRequestBytes);
    shown += "... (cut)";
  }
  if (!IsValidUtf8(shown)) {
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; },
        '?');
  }
  Error error = Error::Of(ErrorCode::kAuthentication, std::move(message));
  error.fields.push_back(FieldError{"canonicalRequest", std::move(shown)});
  error.fields.push_back(FieldError{"stringToSign", std::move(string_to_sign)});
  return error;
}

}  // namespace users::server
