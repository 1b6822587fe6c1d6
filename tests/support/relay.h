#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string>

#include "base/mutex.h"
#include "support/scripted_server.h"

namespace users::testing {

// Forwards bytes to a server on a loopback port, and can close the open connections. Thread-safe.
class Relay {
 public:
  // Forwards to this port of 127.0.0.1.
  explicit Relay(unsigned short port)
      : port_(port), server_([this](Socket& client, int) { Pass(client); }) {}
  ~Relay() { CloseAll(); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  // Returns how many connections have been opened.
  int connections() const { return server_.connections(); }

  // Closes all connections, as a server does that drops idle ones. The clients' sockets have
  // received the end when this returns.
  void CloseAll() {
    const MutexLock lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }

 private:
  using Socket = ScriptedServer::Socket;

  void Pass(Socket& client) {
    boost::asio::io_context context;
    Socket server(context);
    boost::system::error_code error;
    server.connect({boost::asio::ip::address_v4::loopback(), port_}, error);
    const int ends[] = {client.native_handle(), server.native_handle()};
    {
      const MutexLock lock(mutex_);
      open_.insert(ends[0]);
    }
    bool is_open = !error;
    while (is_open) {
      pollfd states[] = {{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}};
      ::poll(states, 2, -1);
      for (int i = 0; i < 2; ++i) {
        if (states[i].revents != 0) is_open = is_open && Copy(ends[i], ends[1 - i]);
      }
    }
    const MutexLock lock(mutex_);
    open_.erase(ends[0]);
  }

  // Returns false at the end of the stream.
  static bool Copy(int from, int to) {
    std::array<char, 16384> buffer;
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size <= 0) return false;
    return ::send(to, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  }

  const unsigned short port_;
  Mutex mutex_;
  std::set<int> open_ USERS_GUARDED_BY(mutex_);
  ScriptedServer server_;
};

}  // namespace users::testing
