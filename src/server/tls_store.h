#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "server/watched_files.h"

namespace users::server {

// A certificate chain and its key, ready for new connections.
struct TlsIdentity {
  std::shared_ptr<boost::asio::ssl::context> context;
  Timestamp expires_at;  // of the first certificate of the chain that expires
};

// Whether the certificate or the key is wrong, and why.
struct TlsFault {
  bool is_of_key = false;
  std::string reason;
};

// Creates the context of a server from PEM texts: TLS 1.3, and TLS 1.2 with ECDHE and AEAD only.
Result<TlsIdentity, TlsFault> MakeTlsIdentity(const std::string& certificates,
                                              const std::string& key);

// Decides when to warn about a certificate that expires soon: at once, and then once a day. For one
// thread.
class ExpiryReminder {
 public:
  static constexpr std::chrono::days kNotice{14};

  // Returns whether a warning is due now. A new time of expiry makes a warning due at once.
  bool IsDue(Timestamp now, Timestamp expires_at);

 private:
  std::optional<Timestamp> warned_at_;
  Timestamp warned_of_;
};

// The certificate and the key in force, from two files that are loaded together. The log events are
// `tls_certificate_loaded` and `tls_certificate_rejected`. `tls_certificate_expires_soon` (warning)
// and `tls_certificate_expired` (error) are written at the load and then daily.
class TlsStore final : public WatchedFiles<TlsIdentity> {
 public:
  // Reads both files. Call Watch to follow them. The error's message is one line that names the
  // option (--tls-cert or --tls-key) and the path. The clock must outlive the store.
  static Result<std::unique_ptr<TlsStore>> Open(const std::string& certificate_path,
                                                const std::string& key_path, const Clock& clock,
                                                const Log& log);

 private:
  using WatchedFiles::WatchedFiles;
};

}  // namespace users::server
