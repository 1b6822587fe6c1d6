#pragma once

#include <cstdlib>
#include <string>

#include "support/temporary_directory.h"

namespace users::testing {

// A self-signed certificate and its key, created for a test with the openssl program.
class Certificate {
 public:
  // `names` has the syntax of subjectAltName: "DNS:localhost,IP:127.0.0.1".
  explicit Certificate(const std::string& names) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=test -addext subjectAltName=" +
        names + " -keyout " + key_file() + " -out " + file() + " 2>/dev/null";
    made_ = std::system(command.c_str()) == 0;
  }
  bool is_made() const { return made_; }
  std::string file() const { return directory_ / "cert.pem"; }
  std::string key_file() const { return directory_ / "key.pem"; }

 private:
  TemporaryDirectory directory_;
  bool made_ = false;
};

}  // namespace users::testing
