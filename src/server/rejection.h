#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace users::server {

// Why a signature was rejected: the kinds that the log tells apart.
enum class RejectionReason {
  kNone,
  kNoSignature,
  kUnknownKey,
  kInactive,
  kExpired,
  kClock,
  kScope,
  kMismatch,
  kToken,
  kUnsignedHeader,
  kBodyHash,
  kHost,
};

// "no_signature", "unknown_key", ...; empty for kNone.
std::string_view NameOf(RejectionReason reason);

// What the log says about a rejected signature.
struct Rejection {
  RejectionReason reason = RejectionReason::kNone;
  // The access key id that the request claims, if it is well-formed. A view into the request.
  std::string_view claimed_key_id;
};

// Whether the text can be an access key id: 16 to 128 characters of [A-Za-z0-9_].
bool IsAccessKeyId(std::string_view text);

// A name that a request holds, to be shown in a message: cut short, and printable.
std::string Shown(std::string_view name);

// The error for a signature that does not match: it shows what the server derived from the request.
// Neither text holds a secret: the values of the session token and of Authorization are left out,
// long texts are cut. `query` decides whether the message explains the plus sign.
Error MismatchError(std::string_view query, std::string_view canonical_request,
                    std::string string_to_sign);

}  // namespace users::server
