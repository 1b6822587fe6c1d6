#include "server/worker.h"

#include <array>
#include <boost/asio/post.hpp>
#include <ctime>

namespace users::server {
namespace {

constexpr std::chrono::milliseconds kSweepInterval{250};

}  // namespace

Worker::Worker(const HttpServerOptions& options, std::size_t most_connections,
               std::atomic<std::size_t>& connections)
    : options_(options),
      most_connections_(most_connections),
      connections_(connections),
      keep_running_(context_.get_executor()),
      sweep_timer_(context_) {}

Worker::~Worker() {
  Stop();
}

void Worker::Start(std::unique_ptr<RequestHandler> handler) {
  handler_ = std::move(handler);
  thread_ = std::thread([this] {
    Sweep();
    context_.run();
  });
}

void Worker::Stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::Add(ConnectionBase& connection) {
  if (kept_ >= most_connections_) GiveOneUp();
  ListOf(connection).push_back(connection);
  ++kept_;
}

void Worker::Remove(ConnectionBase& connection) {
  connection.unlink();
  if (!connection.is_given_up) --kept_;
  --connections_;
}

void Worker::Enter(ConnectionBase& connection, ConnectionBase::Phase phase) {
  connection.phase = phase;
  connection.unlink();
  ListOf(connection).push_back(connection);
}

Worker::List& Worker::ListOf(const ConnectionBase& connection) {
  if (connection.is_given_up) return given_up_;
  if (connection.phase == ConnectionBase::Phase::kServing) return serving_;
  if (!connection.is_known) return strangers_;
  return connection.phase == ConnectionBase::Phase::kIdle ? idle_ : waiting_;
}

template <class Action>
void Worker::ForEach(Action action) {
  for (List* list : {&strangers_, &idle_, &waiting_, &serving_, &given_up_}) {
    for (ConnectionBase& connection : *list) action(connection);
  }
}

void Worker::GiveOneUp() {
  for (List* list : {&strangers_, &idle_, &waiting_}) {
    if (list->empty()) continue;
    ConnectionBase& connection = list->front();
    GiveUp(connection);
    connection.Close();
    return;
  }
}

void Worker::GiveUp(ConnectionBase& connection) {
  if (connection.is_given_up) return;
  connection.is_given_up = true;
  --kept_;
  connection.unlink();
  given_up_.push_back(connection);
}

void Worker::Drain() {
  draining_ = true;
  ForEach([](ConnectionBase& connection) {
    if (connection.phase == ConnectionBase::Phase::kIdle) connection.StopReading();
  });
}

// One timer for all connections: cheaper than one for each step of each.
void Worker::Sweep() {
  const auto now = std::chrono::steady_clock::now();
  ForEach([now](ConnectionBase& connection) {
    if (connection.deadline <= now) connection.TimeOut();
  });
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Sweep();
  });
}

std::string_view Worker::HttpDate() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 64> text;
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    date_.assign(text.data(), size);
  }
  return date_;
}

}  // namespace users::server
