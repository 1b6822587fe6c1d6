#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>

#include "base/async/timer.h"

namespace users::net {

using ClientSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

// Closes a socket at a given time, so that every operation on it ends. Use it on the socket's
// executor only.
class Watchdog {
 public:
  // The socket must outlive the watchdog.
  explicit Watchdog(ClientSocket& socket)
      : timer_(socket.get_executor()), target_(std::make_shared<Target>(socket)) {}
  ~Watchdog() { target_->generation = 0; }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Closes the socket at `until`, unless Disarm() or another Arm() comes first. Deadline::max()
  // disarms.
  void Arm(Deadline until) {
    if (until == Deadline::max()) return Disarm();
    const std::uint64_t generation = ++generations_;
    target_->generation = generation;
    timer_.expires_at(until);
    // The handler may be queued already when the time changes or the socket is gone.
    timer_.async_wait([target = target_, generation](const boost::system::error_code& error) {
      if (error || target->generation != generation) return;
      target->expired = true;
      boost::system::error_code ignored;
      target->socket.close(ignored);
    });
  }
  // Disarms the watchdog.
  void Disarm() {
    target_->generation = 0;
    timer_.cancel();
  }
  // Returns whether the watchdog has closed the socket.
  bool expired() const { return target_->expired; }

 private:
  struct Target {
    explicit Target(ClientSocket& socket) : socket(socket) {}
    ClientSocket& socket;
    std::uint64_t generation = 0;  // 0: disarmed
    bool expired = false;
  };

  Timer timer_;
  std::uint64_t generations_ = 0;
  std::shared_ptr<Target> target_;
};

}  // namespace users::net
