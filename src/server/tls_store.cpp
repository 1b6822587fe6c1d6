#include "server/tls_store.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <ctime>

namespace users::server {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// Forward secrecy and authenticated encryption. TLS 1.3 has nothing else.
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::optional<Timestamp> ExpiryOf(const X509* certificate) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{utc.tm_year + 1900},
                                         std::chrono::month{static_cast<unsigned>(utc.tm_mon + 1)},
                                         std::chrono::day{static_cast<unsigned>(utc.tm_mday)}};
  return Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{utc.tm_hour} +
         std::chrono::minutes{utc.tm_min} + std::chrono::seconds{utc.tm_sec};
}

std::optional<Timestamp> ExpiryOf(SSL_CTX* context) {
  auto first = ExpiryOf(SSL_CTX_get0_certificate(context));
  STACK_OF(X509)* chain = nullptr;
  if (!first || SSL_CTX_get0_chain_certs(context, &chain) != 1) return first;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const auto expiry = ExpiryOf(sk_X509_value(chain, i));
    if (!expiry) return std::nullopt;
    first = std::min(*first, *expiry);
  }
  return first;
}

void WarnOfExpiry(const Log& log, Timestamp now, Timestamp expires_at) {
  auto line = expires_at > now ? log.Warning("tls_certificate_expires_soon")
                               : log.Error("tls_certificate_expired");
  line.Text("expiresAt", FormatSeconds(expires_at))
      .Number("daysLeft", std::chrono::floor<std::chrono::days>(expires_at - now).count());
}

Error AtOption(std::string_view option, const std::string& path, std::string_view message) {
  return Error::Unavailable(std::string(option) + " " + path + ": " + std::string(message));
}

}  // namespace

Result<TlsIdentity, TlsFault> MakeTlsIdentity(const std::string& certificates,
                                              const std::string& key) {
  TlsIdentity identity;
  identity.context = std::make_shared<ssl::context>(ssl::context::tls_server);
  ssl::context& context = *identity.context;
  error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                          ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                          ssl::context::no_tlsv1_1,
                      error);
  SSL_CTX* const native = context.native_handle();
  if (SSL_CTX_set_cipher_list(native, kTls12Ciphers) != 1) {
    return TlsFault{false, "TLS 1.2 ciphers are not available in this OpenSSL"};
  }
  // Without this, OpenSSL would ask for the password of an encrypted key on the terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; },
                                error);
  context.use_certificate_chain(boost::asio::buffer(certificates), error);
  if (error) {
    return TlsFault{false, "is not a readable PEM certificate chain (" + error.message() + ")"};
  }
  context.use_private_key(boost::asio::buffer(key), ssl::context::pem, error);
  // The first call does not compare a key with a certificate of another type.
  if (!error && SSL_CTX_check_private_key(native) != 1) {
    error.assign(static_cast<int>(ERR_get_error()), boost::asio::error::get_ssl_category());
  }
  if (error) {
    return TlsFault{true, "is not a readable PEM key of that certificate (" + error.message() +
                              "); it must have no passphrase"};
  }
  const auto expiry = ExpiryOf(native);
  if (!expiry) return TlsFault{false, "has no readable time of expiry"};
  identity.expires_at = *expiry;
  return identity;
}

bool ExpiryReminder::IsDue(Timestamp now, Timestamp expires_at) {
  if (expires_at - now >= kNotice) {
    warned_at_.reset();
    return false;
  }
  const bool is_told = warned_at_ && warned_of_ == expires_at && now >= *warned_at_ &&
                       now - *warned_at_ < std::chrono::days(1);
  if (is_told) return false;
  warned_at_ = now;
  warned_of_ = expires_at;
  return true;
}

Result<std::unique_ptr<TlsStore>> TlsStore::Open(const std::string& certificate_path,
                                                 const std::string& key_path, const Clock& clock,
                                                 const Log& log) {
  Options options;
  options.name = "tls_certificate";
  options.paths = {certificate_path, key_path};
  options.load = [certificate_path, key_path](
                     ConfigurationReader& reader) -> Result<std::shared_ptr<const TlsIdentity>> {
    const auto certificates = reader.Read(certificate_path, Secrecy::kPublic);
    if (!certificates.ok()) {
      return AtOption("--tls-cert", certificate_path, certificates.error().message);
    }
    const auto key = reader.Read(key_path, Secrecy::kSecret);
    if (!key.ok()) return AtOption("--tls-key", key_path, key.error().message);
    auto made = MakeTlsIdentity(*certificates, *key);
    if (!made.ok()) {
      const TlsFault& fault = made.error();
      return AtOption(fault.is_of_key ? "--tls-key" : "--tls-cert",
                      fault.is_of_key ? key_path : certificate_path, fault.reason);
    }
    return std::shared_ptr<const TlsIdentity>(std::make_shared<TlsIdentity>(std::move(*made)));
  };
  options.describe = [](Log::Line& line, const TlsIdentity& identity) {
    line.Text("expiresAt", FormatSeconds(identity.expires_at));
  };
  options.looked = [&clock, &log,
                    reminder = std::make_shared<ExpiryReminder>()](const TlsIdentity& identity) {
    const Timestamp now = clock.Now();
    if (reminder->IsDue(now, identity.expires_at)) WarnOfExpiry(log, now, identity.expires_at);
  };
  std::unique_ptr<TlsStore> store(new TlsStore(std::move(options), log));
  if (auto opened = store->WatchedFiles::Open(); !opened.ok()) return std::move(opened.error());
  return store;
}

}  // namespace users::server
