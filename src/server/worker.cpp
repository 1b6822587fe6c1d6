#include "server/worker.h"

#include <array>
#include <boost/asio/post.hpp>
#include <ctime>

namespace users::server {
namespace {

constexpr std::chrono::milliseconds kSweepInterval{250};

}  // namespace

Worker::Worker(const HttpServerOptions& options, std::atomic<std::size_t>& connections)
    : options_(options),
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
  busy_.push_back(connection);
  ++connections_;
}

void Worker::Remove(ConnectionBase& connection) {
  connection.unlink();
  --connections_;
}

void Worker::BecomeIdle(ConnectionBase& connection) {
  connection.unlink();
  idle_.push_back(connection);
}

void Worker::BecomeBusy(ConnectionBase& connection) {
  connection.unlink();
  busy_.push_back(connection);
}

void Worker::CloseLongestIdle() {
  if (!idle_.empty()) idle_.front().Close();
}

void Worker::Drain() {
  draining_ = true;
  for (ConnectionBase& connection : idle_) connection.StopReading();
}

// One timer for all connections: cheaper than one for each step of each.
void Worker::Sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (List* list : {&idle_, &busy_}) {
    for (ConnectionBase& connection : *list) {
      if (connection.deadline <= now) connection.Close();
    }
  }
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
