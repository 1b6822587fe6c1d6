#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "server/watched_files.h"

namespace users::server {

// A certificate chain and its key, ready for new connections.
struct TlsIdentity {
  std::shared_ptr<boost::asio::ssl::context> context;
  Timestamp expires_at;  // of the first certificate of the chain that expires
};

// Makes the context of a server from PEM texts: TLS 1.3, and TLS 1.2 with ECDHE and AEAD only. The
// error says whether certificate or key is at fault, and why.
struct TlsFault {
  bool is_of_key = false;
  std::string reason;
};
std::variant<TlsIdentity, TlsFault> MakeTlsIdentity(const std::string& certificates,
                                                    const std::string& key);

// Decides when to warn of a certificate that expires soon: at once, and then once a day. Belongs to
// one thread.
class ExpiryReminder {
 public:
  static constexpr std::chrono::days kNotice{14};

  // Whether a warning is due now. A new time of expiry is warned of at once.
  bool IsDue(Timestamp now, Timestamp expires_at);

 private:
  std::optional<Timestamp> warned_at_;
  Timestamp warned_of_;
};

// The certificate and the key in force, from two files that are loaded together. The log events are
// `tls_certificate_loaded` and `tls_certificate_rejected`; `tls_certificate_expires_soon` (warning)
// and `tls_certificate_expired` (error) come at the load and then daily.
class TlsStore final : public WatchedFiles<TlsIdentity> {
 public:
  // Reads both files. Call Watch to follow them. The error's message is one line that names
  // --tls-cert or
  // --tls-key and the path. The clock outlives the store.
  static Result<std::unique_ptr<TlsStore>> Open(const std::string& certificate_path,
                                                const std::string& key_path, const Clock& clock,
                                                const Log& log);

 private:
  using WatchedFiles::WatchedFiles;
};

}  // namespace users::server
