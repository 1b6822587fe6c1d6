#include "wiring/signals.h"

#include <csignal>

namespace users::wiring {

Signals::Signals() : stop_(context_, SIGTERM, SIGINT), reload_(context_, SIGHUP) {}

void Signals::WaitForStop(const std::function<void()>& reload) {
  stop_.async_wait([this](const boost::system::error_code&, int) { context_.stop(); });
  WaitForReload(reload);
  context_.run();
}

void Signals::WaitForReload(const std::function<void()>& reload) {
  reload_.async_wait([this, &reload](const boost::system::error_code& error, int) {
    if (error) return;
    reload();
    WaitForReload(reload);
  });
}

}  // namespace users::wiring
