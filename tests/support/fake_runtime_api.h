#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "support/scripted_server.h"

namespace users::testing {

// One event for a function.
struct FakeEvent {
  FakeEvent(std::string body = "{}") : body(std::move(body)) {}  // NOLINT: implicit

  std::string body;
  std::chrono::milliseconds time{60'000};  // from the offer to the deadline
  std::string trace_header;                // empty if there is none
};

// A report of a function to the interface.
struct FunctionReport {
  std::string kind;  // "response", "error" or "init/error"
  std::string request_id;
  std::string head;  // of the request that carried it
  std::string body;
  int status = 0;  // the status with which the interface responded
};

// The runtime interface of AWS Lambda, version 2018-06-01, on a loopback port, for one function.
// `next` waits until there is an event. A response of more than 6 MB is rejected with 413. The
// function must end before this object. Thread-safe.
class FakeRuntimeApi {
 public:
  static constexpr std::size_t kMaxResponseBytes = 6 << 20;

  FakeRuntimeApi();
  ~FakeRuntimeApi();
  FakeRuntimeApi(const FakeRuntimeApi&) = delete;
  FakeRuntimeApi& operator=(const FakeRuntimeApi&) = delete;

  // Returns HOST:PORT.
  std::string address() const;

  // Queues an event for the next `next`. Returns its request id.
  std::string Offer(const FakeEvent& event);
  // Returns the report with this number, counted from 0, or nothing after a time that no healthy
  // run needs.
  std::optional<FunctionReport> WaitForReport(std::size_t number);
  // Offers an event and returns the final report on it: one that was accepted or finally rejected,
  // not one that must be replaced.
  std::optional<FunctionReport> Invoke(const FakeEvent& event);
  // Waits until `next` has been requested this many times. Returns false after a time that no
  // healthy run needs.
  bool WaitForNext(int times);

  // Returns the reports so far.
  std::vector<FunctionReport> reports() const;

  // Sets the status of the responses to the next reports, one each. Later ones are normal.
  void RespondToReports(std::vector<int> statuses);
  // Sets the status of the response to a `next` that finds no event.
  void RespondToNext(int status);
  // Sends responses in pieces of this many bytes, or whole if 0.
  void SplitResponses(std::size_t size);
  // Calls `look` when a report has arrived, before the response to it.
  void OnReport(std::function<void()> look);

 private:
  struct Waiting {
    std::string request_id;
    FakeEvent event;
  };
  using Socket = ScriptedServer::Socket;

  void Serve(Socket& socket);
  // Returns the whole response, or nothing if this object is being destroyed.
  std::optional<std::string> ResponseToNext();
  std::string ResponseToReport(const std::string& path, const std::string& request);
  void Send(Socket& socket, const std::string& text);

  mutable Mutex mutex_;
  ConditionVariable changed_;
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  int offered_ USERS_GUARDED_BY(mutex_) = 0;
  int asked_ USERS_GUARDED_BY(mutex_) = 0;
  std::size_t piece_ USERS_GUARDED_BY(mutex_) = 0;
  std::deque<Waiting> events_ USERS_GUARDED_BY(mutex_);
  std::deque<int> next_statuses_ USERS_GUARDED_BY(mutex_);
  std::deque<int> report_statuses_ USERS_GUARDED_BY(mutex_);
  std::vector<FunctionReport> reports_ USERS_GUARDED_BY(mutex_);
  std::function<void()> look_ USERS_GUARDED_BY(mutex_);
  ScriptedServer server_;
};

}  // namespace users::testing
