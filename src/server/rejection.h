#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace users::server {

// The reasons for rejecting a signature that the log distinguishes.
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

// The details of a rejected signature for the log.
struct Rejection {
  RejectionReason reason = RejectionReason::kNone;
  // The access key id that the request claims, if it is well-formed. A view into the request.
  std::string_view claimed_key_id;
};

// Returns whether the text can be an access key id: 16 to 128 characters of [A-Za-z0-9_].
bool IsAccessKeyId(std::string_view text);

// Returns a name from a request in a form for messages: cut short, and printable.
std::string Shown(std::string_view name);

// Returns the error for a signature that does not match. It has the texts that the server derived
// from the request. Neither text contains a secret: the values of the session token and of
// Authorization are omitted. Long texts are cut. `query` decides whether the message explains the
// plus sign.
Error MismatchError(std::string_view query, std::string_view canonical_request,
                    std::string string_to_sign);

}  // namespace users::server
