#include "support/fake_runtime_api.h"

#include <cstdio>
#include <string_view>
#include <thread>

#include "base/clock.h"

namespace users::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::string_view kRuntime = "/2018-06-01/runtime/";
constexpr std::string_view kInvocation = "invocation/";
constexpr int kAccepted = 202;
constexpr int kTooLarge = 413;

std::string RequestId(int number) {
  char text[40];
  std::snprintf(text, sizeof text, "8476a536-e9f4-11e8-9739-%012d", number);
  return text;
}

}  // namespace

FakeRuntimeApi::FakeRuntimeApi() : server_([this](Socket& socket, int) { Serve(socket); }) {}

FakeRuntimeApi::~FakeRuntimeApi() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

std::string FakeRuntimeApi::address() const {
  return "127.0.0.1:" + std::to_string(server_.port());
}

std::string FakeRuntimeApi::Offer(const FakeEvent& event) {
  const MutexLock lock(mutex_);
  events_.push_back(Waiting{RequestId(++offered_), event});
  changed_.NotifyAll();
  return events_.back().request_id;
}

std::optional<FunctionReport> FakeRuntimeApi::WaitForReport(std::size_t number) {
  MutexLock lock(mutex_);
  if (!changed_.WaitFor(mutex_, kPatience,
                        [&]() USERS_REQUIRES(mutex_) { return reports_.size() > number; })) {
    return std::nullopt;
  }
  return reports_[number];
}

std::optional<FunctionReport> FakeRuntimeApi::Invoke(const FakeEvent& event) {
  std::size_t number = reports().size();
  Offer(event);
  auto report = WaitForReport(number);
  while (report && report->status == kTooLarge) report = WaitForReport(++number);
  return report;
}

bool FakeRuntimeApi::WaitForNext(int times) {
  MutexLock lock(mutex_);
  return changed_.WaitFor(mutex_, kPatience,
                          [&]() USERS_REQUIRES(mutex_) { return asked_ >= times; });
}

std::vector<FunctionReport> FakeRuntimeApi::reports() const {
  const MutexLock lock(mutex_);
  return reports_;
}

void FakeRuntimeApi::RespondToReports(std::vector<int> statuses) {
  const MutexLock lock(mutex_);
  report_statuses_.assign(statuses.begin(), statuses.end());
}

void FakeRuntimeApi::RespondToNext(int status) {
  const MutexLock lock(mutex_);
  next_statuses_.push_back(status);
  changed_.NotifyAll();
}

void FakeRuntimeApi::SplitResponses(std::size_t size) {
  const MutexLock lock(mutex_);
  piece_ = size;
}

void FakeRuntimeApi::OnReport(std::function<void()> look) {
  const MutexLock lock(mutex_);
  look_ = std::move(look);
}

void FakeRuntimeApi::Serve(Socket& socket) {
  while (true) {
    const std::string request = ScriptedServer::ReadRequest(socket);
    const std::size_t path_begin = request.find(' ') + 1;
    const std::string target =
        request.substr(path_begin, request.find(' ', path_begin) - path_begin);
    if (!target.starts_with(kRuntime)) return;
    const std::string path = target.substr(kRuntime.size());
    if (request.starts_with("GET ") && path == "invocation/next") {
      const auto response = ResponseToNext();
      if (!response) return;
      Send(socket, *response);
    } else if (request.starts_with("POST ")) {
      Send(socket, ResponseToReport(path, request));
    } else {
      Send(socket, ScriptedServer::Response(404, ""));
    }
  }
}

std::optional<std::string> FakeRuntimeApi::ResponseToNext() {
  MutexLock lock(mutex_);
  ++asked_;
  changed_.NotifyAll();
  changed_.Wait(mutex_, [&]() USERS_REQUIRES(mutex_) {
    return stopping_ || !next_statuses_.empty() || !events_.empty();
  });
  if (stopping_) return std::nullopt;
  if (events_.empty()) {
    const int status = next_statuses_.front();
    next_statuses_.pop_front();
    return ScriptedServer::Response(status, R"({"errorMessage":"","errorType":"Test"})");
  }
  const Waiting waiting = std::move(events_.front());
  events_.pop_front();
  const auto due = SystemClock().Now().time_since_epoch() + waiting.event.time;
  std::string headers = "Lambda-Runtime-Aws-Request-Id: " + waiting.request_id +
                        "\r\nLambda-Runtime-Deadline-Ms: " + std::to_string(due.count()) +
                        "\r\nLambda-Runtime-Invoked-Function-Arn: "
                        "arn:aws:lambda:us-east-1:123456789012:function:tested\r\n"
                        "Content-Type: application/json\r\n";
  if (!waiting.event.trace_header.empty()) {
    headers += "Lambda-Runtime-Trace-Id: " + waiting.event.trace_header + "\r\n";
  }
  return ScriptedServer::Response(200, waiting.event.body, headers);
}

std::string FakeRuntimeApi::ResponseToReport(const std::string& path, const std::string& request) {
  FunctionReport report;
  report.kind = path;
  const std::size_t head_end = request.find("\r\n\r\n") + 4;
  report.head = request.substr(0, head_end);
  report.body = request.substr(head_end);
  if (path.starts_with(kInvocation)) {
    const std::size_t slash = path.find('/', kInvocation.size());
    report.request_id = path.substr(kInvocation.size(), slash - kInvocation.size());
    report.kind = path.substr(std::min(path.size(), slash + 1));
  }
  const auto look = [&] {
    const MutexLock lock(mutex_);
    return look_;
  }();
  if (look) look();

  const MutexLock lock(mutex_);
  report.status = report.body.size() > kMaxResponseBytes ? kTooLarge : kAccepted;
  if (!report_statuses_.empty()) {
    report.status = report_statuses_.front();
    report_statuses_.pop_front();
  }
  reports_.push_back(report);
  changed_.NotifyAll();
  return ScriptedServer::Response(report.status, R"({"status":"OK"})");
}

void FakeRuntimeApi::Send(Socket& socket, const std::string& text) {
  const std::size_t piece = [&] {
    const MutexLock lock(mutex_);
    return piece_ == 0 ? text.size() : piece_;
  }();
  boost::system::error_code ignored;
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    // Keeps the pieces from being read together.
    if (at > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ScriptedServer::Write(socket, text.substr(at, piece));
  }
}

}  // namespace users::testing
