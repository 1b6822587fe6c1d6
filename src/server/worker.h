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
#include <unordered_map>

#include "server/http_server.h"

namespace users::server {

// The worker's view of a connection. For the worker's thread only.
class ConnectionBase : public boost::intrusive::list_base_hook<
                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~ConnectionBase() = default;
  // Ends all waits of the connection. Its coroutine then returns without further work.
  virtual void Close() = 0;
  // Accepts no further bytes. A request that has arrived is still served.
  virtual void StopReading() = 0;
  // Called when the deadline has passed, repeatedly until the connection is gone.
  virtual void TimeOut() { Close(); }

  // Ends the wait of the request for an event, if it waits.
  virtual void EndWait() {}
  // The open socket, or -1.
  virtual int socket() { return -1; }

  // The phase of a connection. In kServing it waits for the server, otherwise for its client.
  enum class Phase { kIdle, kWaiting, kServing };

  std::chrono::steady_clock::time_point deadline;
  Phase phase = Phase::kWaiting;
  std::size_t caller_id = 0;     // the caller for whom it is known; 0: unknown client
  std::size_t held_bytes = 0;    // of memory
  bool closed_for_room = false;  // closed to make room for others
  bool waits_for_event = false;  // its request does; then it is in kWaiting
};

// One thread and its io_context, with the connections that live there. Except for the counters,
// call the methods on that thread only.
class Worker {
 public:
  // Closes connections when there are `max_connections`, and unknown ones while they hold more than
  // `max_unknown_client_bytes`. The caller increments `connections` for each connection that it
  // passes; the worker decrements it when the connection has ended.
  Worker(const HttpServerOptions& options, std::size_t max_connections,
         std::size_t max_unknown_client_bytes, std::atomic<std::size_t>& connections);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Starts the thread. `handler` serves its requests.
  void Start(std::unique_ptr<RequestHandler> handler);
  // Ends the thread, whatever it is doing.
  void Stop();

  // The parts that connections use. handler() is valid after Start.
  boost::asio::io_context& context() { return context_; }
  RequestHandler& handler() { return *handler_; }
  const HttpServerOptions& options() const { return options_; }

  // A connection is listed while it lives. If there are too many, a new one replaces another one.
  void Add(ConnectionBase& connection);
  void Remove(ConnectionBase& connection);
  void Enter(ConnectionBase& connection, ConnectionBase::Phase phase);
  // Sets the caller of the connection's last request; 0: unknown client. Above the max numbers of
  // known connections, the connection remains unknown. Call Enter afterwards.
  void SetCaller(ConnectionBase& connection, std::size_t caller_id) {
    if (connection.caller_id != caller_id) ChangeCaller(connection, caller_id);
  }
  // The request of the connection waits for an event until this time, or no longer. Meanwhile the
  // connection is in kWaiting, and its wait is ended if the server drains or its client has gone.
  void BeginWait(ConnectionBase& connection, std::chrono::steady_clock::time_point until,
                 std::size_t caller_id);
  void FinishWait(ConnectionBase& connection);
  // Sets the memory that the connection holds now. If the unknown connections hold too much, those
  // that have waited longest are closed. This connection can be one of them.
  void SetHeldBytes(ConnectionBase& connection, std::size_t bytes) {
    if (connection.held_bytes != bytes) ChangeHeldBytes(connection, bytes);
  }
  // Makes room: closes the connection that has waited longest for its client, unknown ones before
  // known ones, and of the known ones idle ones first. A connection in kServing is never closed.
  void CloseOneForRoom();
  // The connection no longer counts: its response was sent, but its handler has not returned.
  void GiveUp(ConnectionBase& connection);

  // From now on, connections close after their response, and idle ones after the bytes that have
  // arrived are read.
  void Drain();
  bool draining() const { return draining_; }

  // Thread-safe.
  std::size_t known_connections() const { return known_.load(std::memory_order_relaxed); }
  std::size_t unknown_client_bytes() const {
    return unknown_client_bytes_.load(std::memory_order_relaxed);
  }

  // "Sun, 22 Nov 2026 21:09:35 GMT", formatted once a second.
  std::string_view HttpDate();

 private:
  using List = boost::intrusive::list<ConnectionBase, boost::intrusive::constant_time_size<false>>;
  void Sweep();
  void CloseUnknownClientsAboveMax();
  void ChangeCaller(ConnectionBase& connection, std::size_t caller_id);
  void ChangeHeldBytes(ConnectionBase& connection, std::size_t bytes);
  // Removes the connection from the counters.
  void Uncount(const ConnectionBase& connection);
  // Only this thread writes these two, so that adding takes no locked instruction.
  static void AddTo(std::atomic<std::size_t>& number, std::size_t difference) {
    number.store(number.load(std::memory_order_relaxed) + difference, std::memory_order_relaxed);
  }
  List& ListOf(const ConnectionBase& connection);
  template <class Action>
  void ForEach(Action action);

  const HttpServerOptions& options_;
  const std::size_t max_connections_;
  const std::size_t max_known_;
  const std::size_t max_known_of_one_caller_;
  const std::size_t max_unknown_client_bytes_;
  std::atomic<std::size_t>& connections_;
  std::atomic<std::size_t> known_{0};
  std::atomic<std::size_t> unknown_client_bytes_{0};
  std::unordered_map<std::size_t, std::size_t> known_of_;  // by caller, never 0
  // Declared after the members that connections use at their end: the context destroys the rest of
  // them.
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> keep_running_;
  boost::asio::steady_timer sweep_timer_;
  std::unique_ptr<RequestHandler> handler_;
  // In the order in which they entered their phase.
  List unknown_clients_;  // idle or waiting
  List idle_;
  List waiting_;
  List serving_;
  List closed_for_room_;        // being closed
  std::size_t open_count_ = 0;  // all others
  bool draining_ = false;
  std::time_t date_second_ = 0;
  std::string date_;
  std::thread thread_;
};

}  // namespace users::server
