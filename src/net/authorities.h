#pragma once

#include <openssl/types.h>

#include <string_view>

#include "base/result.h"

namespace users::net {

// Makes a context trust the certificates of a PEM text. Each is parsed when a server's chain first
// leads to its name, since nearly all the time of parsing goes into its key: a third of a
// millisecond each, at the start of every program. An error is kUnavailable: the text holds no
// certificate, or something that is none.
Status TrustAuthorities(SSL_CTX& context, std::string_view pem);

}  // namespace users::net
