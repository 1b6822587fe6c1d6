#pragma once

#include <string_view>

namespace users::aws {

// Returns the certificate authorities of AWS's endpoints in PEM: Amazon Root CA 1 to 4 and
// Starfield Services Root CA G2 (amazontrust.com/repository). Loading these takes a small part of
// the time that the system's whole bundle takes.
std::string_view RootCertificates();

}  // namespace users::aws
