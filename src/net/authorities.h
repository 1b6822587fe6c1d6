#pragma once

#include <openssl/types.h>

#include <string_view>

#include "base/result.h"

namespace users::net {

// Makes a context trust the certificates of a PEM text. A certificate is parsed only when a
// server's chain first leads to its name. Parsing all of them at the start of every program would
// take a third of a millisecond each, nearly all of it for the key.
//
// Fails with kUnavailable if the text contains no certificate, or something that is not one. The
// context must not be in use by another thread.
Status TrustAuthorities(SSL_CTX& context, std::string_view pem);

}  // namespace users::net
