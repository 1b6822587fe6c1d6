#pragma once

#include <atomic>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <string>

#include "base/mutex.h"
#include "support/certificate.h"
#include "support/scripted_server.h"

namespace users::testing {

// An HTTPS server on a loopback port that gives the same response, 200, to every request.
// Thread-safe.
class TlsServer {
 public:
  // `before` is called with the number of each connection before its handshake. If it returns
  // false, there is no handshake, and the connection stays open until the client gives up.
  TlsServer(
      const Certificate& certificate, std::string body,
      std::function<bool(int)> before = [](int) { return true; })
      : response_(ScriptedServer::Response(200, body)),
        before_(std::move(before)),
        context_(MakeContext(certificate)),
        server_([this](auto& socket, int number) { Serve(socket, number); }) {}

  // Returns the URL of the server under this host name.
  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(server_.port());
  }
  int connections() const { return server_.connections(); }
  int handshakes() const { return handshakes_; }
  // The TLS version that the last client used, and the server name that it requested.
  int version() const { return version_; }
  std::string asked_for() const {
    const MutexLock lock(mutex_);
    return asked_for_;
  }

 private:
  static boost::asio::ssl::context MakeContext(const Certificate& certificate) {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    context.use_certificate_chain_file(certificate.file());
    context.use_private_key_file(certificate.key_file(), boost::asio::ssl::context::pem);
    return context;
  }

  void Serve(ScriptedServer::Socket& socket, int number) {
    if (!before_(number)) return ScriptedServer::WaitForEnd(socket);
    boost::asio::ssl::stream<ScriptedServer::Socket&> stream(socket, context_);
    boost::system::error_code error;
    stream.handshake(boost::asio::ssl::stream_base::server, error);
    if (error) return;
    version_ = ::SSL_version(stream.native_handle());
    if (const char* name =
            ::SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name)) {
      const MutexLock lock(mutex_);
      asked_for_ = name;
    }
    ++handshakes_;
    while (!ScriptedServer::ReadRequest(stream).empty()) ScriptedServer::Write(stream, response_);
  }

  const std::string response_;
  const std::function<bool(int)> before_;
  boost::asio::ssl::context context_;
  mutable Mutex mutex_;
  std::string asked_for_ USERS_GUARDED_BY(mutex_);
  std::atomic<int> handshakes_{0};
  std::atomic<int> version_{0};
  ScriptedServer server_;
};

}  // namespace users::testing
