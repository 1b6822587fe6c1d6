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
  // The deadline has passed. Called again and again until the connection is gone.
  virtual void TimeOut() { Close(); }

  // What a connection is at. Serving, it waits for us; else for its client.
  enum class Phase { kIdle, kWaiting, kServing };

  std::chrono::steady_clock::time_point deadline;
  Phase phase = Phase::kWaiting;
  bool is_known = false;     // a request of it had a good signature
  bool is_given_up = false;  // closed to make room for others
};

// One thread and its io_context, with the connections that live there. All methods but Post and the
// counters belong to that thread.
class Worker {
 public:
  // Gives connections up from `most_connections` on. `connections` is counted up by whoever sends a
  // connection here, and down when it is gone.
  Worker(const HttpServerOptions& options, std::size_t most_connections,
         std::atomic<std::size_t>& connections);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start(std::unique_ptr<RequestHandler> handler);
  // Ends the thread, whatever it is at.
  void Stop();

  boost::asio::io_context& context() { return context_; }
  RequestHandler& handler() { return *handler_; }
  const HttpServerOptions& options() const { return options_; }

  // A connection is listed while it lives. Where there are too many, a new one takes the place of
  // another.
  void Add(ConnectionBase& connection);
  void Remove(ConnectionBase& connection);
  void Enter(ConnectionBase& connection, ConnectionBase::Phase phase);
  // Makes room: closes the connection that has waited longest for its client, strangers before
  // known callers and, of these, idle ones before others. One that is being served is never closed.
  void GiveOneUp();
  // The connection no longer counts: it has its response, but its handler has not returned.
  void GiveUp(ConnectionBase& connection);

  // From now on connections close after their answer, idle ones once they have read what has
  // arrived.
  void Drain();
  bool draining() const { return draining_; }

  // "Sun, 22 Nov 2026 21:09:35 GMT", made once a second.
  std::string_view HttpDate();

 private:
  using List = boost::intrusive::list<ConnectionBase, boost::intrusive::constant_time_size<false>>;
  void Sweep();
  List& ListOf(const ConnectionBase& connection);
  template <class Action>
  void ForEach(Action action);

  const HttpServerOptions& options_;
  const std::size_t most_connections_;
  std::atomic<std::size_t>& connections_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> keep_running_;
  boost::asio::steady_timer sweep_timer_;
  std::unique_ptr<RequestHandler> handler_;
  // In the order in which they entered their phase.
  List strangers_;  // idle or waiting
  List idle_;
  List waiting_;
  List serving_;
  List given_up_;         // on their way to their end
  std::size_t kept_ = 0;  // all but the given up
  bool draining_ = false;
  std::time_t date_second_ = 0;
  std::string date_;
  std::thread thread_;
};

}  // namespace users::server
