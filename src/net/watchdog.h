#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>

#include "base/timer.h"

namespace users::net {

using ClientSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

// Closes a socket at a given time, so that every operation on it ends. Use it on the socket's
// executor only.
class Watchdog {
 public:
  // The socket must outlive the watchdog.
  explicit Watchdog(ClientSocket& socket)
      : timer_(socket.get_executor()), guarded_(std::make_shared<Guarded>(socket)) {}
  ~Watchdog() { guarded_->generation = 0; }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Closes the socket at `until`, unless Rest or another Guard comes first. Deadline::max()
  // disarms.
  void Guard(Deadline until) {
    if (until == Deadline::max()) return Rest();
    const std::uint64_t generation = ++generations_;
    guarded_->generation = generation;
    timer_.expires_at(until);
    // The handler may be queued already when the time changes or the socket is gone.
    timer_.async_wait([guarded = guarded_, generation](const boost::system::error_code& error) {
      if (error || guarded->generation != generation) return;
      guarded->has_barked = true;
      boost::system::error_code ignored;
      guarded->socket.close(ignored);
    });
  }
  // Disarms the watchdog.
  void Rest() {
    guarded_->generation = 0;
    timer_.cancel();
  }
  // Returns whether the watchdog has closed the socket.
  bool has_barked() const { return guarded_->has_barked; }

 private:
  struct Guarded {
    explicit Guarded(ClientSocket& socket) : socket(socket) {}
    ClientSocket& socket;
    std::uint64_t generation = 0;  // 0: disarmed
    bool has_barked = false;
  };

  Timer timer_;
  std::uint64_t generations_ = 0;
  std::shared_ptr<Guarded> guarded_;
};

}  // namespace users::net
