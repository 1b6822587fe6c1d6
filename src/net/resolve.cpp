#include "net/resolve.h"

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "base/async/timer.h"

namespace users::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;

// A look-up cannot be interrupted. The caller resumes at the deadline, and a later result is
// dropped.
template <class Handler>
struct Lookup {
  Lookup(Executor executor, Deadline deadline, Handler handler)
      : resolver(executor), timer(executor, deadline), handler(std::move(handler)) {}

  void Finish(Result<Endpoints> result) {
    if (done) return;
    done = true;
    timer.cancel();
    handler(std::move(result));
  }

  Resolver resolver;
  Timer timer;
  Handler handler;
  bool done = false;
};

}  // namespace

Task<Result<Endpoints>> Resolve(std::string host, std::uint16_t port, Deadline deadline) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) co_return Endpoints{tcp::endpoint(address, port)};

  const Executor executor = co_await asio::this_coro::executor;
  auto start = [executor, deadline, host = std::move(host), port](auto handler) {
    auto lookup =
        std::make_shared<Lookup<decltype(handler)>>(executor, deadline, std::move(handler));
    lookup->resolver.async_resolve(
        host, std::to_string(port), Resolver::numeric_service,
        [lookup](const boost::system::error_code& failed, const Resolver::results_type& found) {
          if (failed || found.empty()) {
            lookup->Finish(Error::Unavailable("the host name was not found"));
          } else {
            lookup->Finish(Endpoints(found.begin(), found.end()));
          }
        });
    lookup->timer.async_wait([lookup](const boost::system::error_code& cancelled) {
      if (!cancelled) lookup->Finish(Error::Unavailable("the host name was not found in time"));
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>,
                                          void(Result<Endpoints>)>(std::move(start), kUseTask);
}

}  // namespace users::net
