#pragma once

#include <openssl/types.h>

#include <string_view>

#include "base/result.h"

namespace users::net {

// Makes a context trust the certificates of a PEM text. Each certificate is parsed when a server's
// chain first leads to its name. Nearly all the time of parsing goes into the key: a third of a
// millisecond for each certificate, at the start of every program.
//
// Fails with kUnavailable if the text contains no certificate, or something that is not one. The
// context must not be in use by another thread.
Status TrustAuthorities(SSL_CTX& context, std::string_view pem);

}  // namespace users::net
