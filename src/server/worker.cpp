#include "server/worker.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <ctime>
#include <utility>

namespace users::server {
namespace {

constexpr std::chrono::milliseconds kSweepInterval{250};

bool ClientHasGone(ConnectionBase& connection) {
  pollfd state{connection.socket(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0;
}

}  // namespace

Worker::Worker(const HttpServerOptions& options, std::size_t max_connections,
               std::size_t max_unknown_client_bytes, std::atomic<std::size_t>& connections)
    : options_(options),
      max_connections_(max_connections),
      max_known_(std::max<std::size_t>(1, max_connections - max_connections / 4)),
      max_known_of_one_caller_(std::max<std::size_t>(1, max_connections / 4)),
      max_unknown_client_bytes_(max_unknown_client_bytes),
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
  if (open_count_ >= max_connections_) CloseOneForRoom();
  ListOf(connection).push_back(connection);
  ++open_count_;
}

void Worker::Remove(ConnectionBase& connection) {
  connection.unlink();
  if (!connection.closed_for_room) {
    --open_count_;
    Uncount(connection);
  }
  --connections_;
}

void Worker::Enter(ConnectionBase& connection, ConnectionBase::Phase phase) {
  connection.phase = phase;
  connection.unlink();
  ListOf(connection).push_back(connection);
}

Worker::List& Worker::ListOf(const ConnectionBase& connection) {
  if (connection.closed_for_room) return closed_for_room_;
  if (connection.phase == ConnectionBase::Phase::kServing) return serving_;
  if (connection.caller_id == 0) return unknown_clients_;
  return connection.phase == ConnectionBase::Phase::kIdle ? idle_ : waiting_;
}

template <class Action>
void Worker::ForEach(Action action) {
  for (List* list : {&unknown_clients_, &idle_, &waiting_, &serving_, &closed_for_room_}) {
    for (ConnectionBase& connection : *list) action(connection);
  }
}

void Worker::BeginWait(ConnectionBase& connection, std::chrono::steady_clock::time_point until,
                       std::size_t caller_id) {
  connection.deadline = until + options_.response_time;
  connection.waits_for_event = true;
  SetCaller(connection, caller_id);
  Enter(connection, ConnectionBase::Phase::kWaiting);
}

void Worker::FinishWait(ConnectionBase& connection) {
  connection.deadline = std::chrono::steady_clock::now() + options_.response_time;
  connection.waits_for_event = false;
  Enter(connection, ConnectionBase::Phase::kServing);
}

void Worker::CloseOneForRoom() {
  for (List* list : {&unknown_clients_, &idle_, &waiting_}) {
    if (list->empty()) continue;
    ConnectionBase& connection = list->front();
    GiveUp(connection);
    connection.Close();
    return;
  }
}

void Worker::GiveUp(ConnectionBase& connection) {
  if (connection.closed_for_room) return;
  Uncount(connection);
  connection.closed_for_room = true;
  --open_count_;
  connection.unlink();
  closed_for_room_.push_back(connection);
}

void Worker::CloseUnknownClientsAboveMax() {
  while (unknown_client_bytes() > max_unknown_client_bytes_ && !unknown_clients_.empty()) {
    ConnectionBase& connection = unknown_clients_.front();
    GiveUp(connection);
    connection.Close();
  }
}

void Worker::Uncount(const ConnectionBase& connection) {
  if (connection.caller_id == 0) {
    AddTo(unknown_client_bytes_, std::size_t{0} - connection.held_bytes);
    return;
  }
  AddTo(known_, std::size_t{0} - 1);
  const auto found = known_of_.find(connection.caller_id);
  if (--found->second == 0) known_of_.erase(found);
}

void Worker::ChangeCaller(ConnectionBase& connection, std::size_t caller_id) {
  if (connection.closed_for_room) return;
  Uncount(connection);
  connection.caller_id = 0;
  if (caller_id != 0 && known_connections() < max_known_) {
    const auto [of_caller, is_new] = known_of_.try_emplace(caller_id, 0);
    if (of_caller->second < max_known_of_one_caller_) {
      ++of_caller->second;
      AddTo(known_, 1);
      connection.caller_id = caller_id;
    }
  }
  if (connection.caller_id != 0) return;
  AddTo(unknown_client_bytes_, connection.held_bytes);
  CloseUnknownClientsAboveMax();
}

void Worker::ChangeHeldBytes(ConnectionBase& connection, std::size_t bytes) {
  const std::size_t before = std::exchange(connection.held_bytes, bytes);
  if (connection.caller_id != 0 || connection.closed_for_room) return;
  AddTo(unknown_client_bytes_, bytes - before);
  CloseUnknownClientsAboveMax();
}

void Worker::Drain() {
  draining_ = true;
  ForEach([](ConnectionBase& connection) {
    if (connection.phase == ConnectionBase::Phase::kIdle) connection.StopReading();
  });
}

// One timer for all connections is cheaper than one for each step of each connection.
void Worker::Sweep() {
  const auto now = std::chrono::steady_clock::now();
  ForEach([&](ConnectionBase& connection) {
    if (connection.deadline <= now) connection.TimeOut();
    if (connection.waits_for_event && (draining_ || ClientHasGone(connection))) {
      connection.EndWait();
    }
  });
  handler_->Tick();
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
