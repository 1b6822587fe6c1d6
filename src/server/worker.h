#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "server/http_server.h"

namespace users::server {

// What a worker knows of a connection. Belongs to the worker's thread.
class ConnectionBase : public boost::intrusive::list_base_hook<
                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~ConnectionBase() = default;
  // Ends whatever the connection waits for; its coroutine then comes to its end and does no more.
  virtual void Close() = 0;
  // Takes what has arrived and no more: a request that is there is served, then the end is near.
  virtual void StopReading() = 0;

  std::chrono::steady_clock::time_point deadline;
};

// One thread and its io_context, with the connections that live there. All methods but Post and the
// counters belong to that thread.
class Worker {
 public:
  Worker(const HttpServerOptions& options, std::atomic<std::size_t>& connections);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start(std::unique_ptr<RequestHandler> handler);
  // Ends the thread, whatever it is at.
  void Stop();

  boost::asio::io_context& context() { return context_; }
  RequestHandler& handler() { return *handler_; }
  const HttpServerOptions& options() const { return options_; }

  // A connection is listed while it lives, idle ones in the order in which they became idle.
  void Add(ConnectionBase& connection);
  void Remove(ConnectionBase& connection);
  void BecomeIdle(ConnectionBase& connection);
  void BecomeBusy(ConnectionBase& connection);
  // Makes room: closes the connection that has been idle longest.
  void CloseLongestIdle();

  // From now on connections close after their answer, idle ones once they have read what has
  // arrived.
  void Drain();
  bool draining() const { return draining_; }

  // "Sun, 22 Nov 2026 21:09:35 GMT", made once a second.
  std::string_view HttpDate();

 private:
  using List = boost::intrusive::list<ConnectionBase, boost::intrusive::constant_time_size<false>>;
  void Sweep();

  const HttpServerOptions& options_;
  std::atomic<std::size_t>& connections_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> keep_running_;
  boost::asio::steady_timer sweep_timer_;
  std::unique_ptr<RequestHandler> handler_;
  List idle_;
  List busy_;
  bool draining_ = false;
  std::time_t date_second_ = 0;
  std::string date_;
  std::thread thread_;
};

}  // namespace users::server
