#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

namespace users::wiring {

// Receives SIGTERM, SIGINT and SIGHUP from its construction on, so that a signal during the start
// does not end the process by its default action. For one thread.
class Signals {
 public:
  Signals();

  // Returns once the server must stop (SIGTERM or SIGINT). Each SIGHUP calls `reload`.
  void WaitForStop(const std::function<void()>& reload);

 private:
  void WaitForReload(const std::function<void()>& reload);

  boost::asio::io_context context_{1};
  boost::asio::signal_set stop_;
  boost::asio::signal_set reload_;
};

}  // namespace users::wiring
