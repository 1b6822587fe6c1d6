#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/scripted_server.h"

namespace users::testing {

// One event for a function.
struct FakeEvent {
  FakeEvent(std::string body = "{}") : body(std::move(body)) {}  // NOLINT: implicit

  std::string body;
  std::chrono::milliseconds time{60'000};  // until its deadline
  std::string trace_header;                // empty: there is none
};

// What a function has told the interface.
struct FunctionReport {
  std::string kind;  // "response", "error" or "init/error"
  std::string request_id;
  std::string head;  // of the request that told it
  std::string body;
  int status = 0;  // what the interface answered
};

// The runtime interface of AWS Lambda, version 2018-06-01, on a loopback port, for one function.
// `next` waits until there is an event; a response of more than 6 MB is refused with 413. The
// function ends before this does. Thread-safe.
class FakeRuntimeApi {
 public:
  static constexpr std::size_t kMostResponseBytes = 6 << 20;

  FakeRuntimeApi();
  ~FakeRuntimeApi();
  FakeRuntimeApi(const FakeRuntimeApi&) = delete;
  FakeRuntimeApi& operator=(const FakeRuntimeApi&) = delete;

  // HOST:PORT
  std::string address() const;

  // The event is handed to the next `next`; its request id.
  std::string Offer(const FakeEvent& event);
  // The report of this number, from 0; nothing after a time that no healthy run needs.
  std::optional<FunctionReport> WaitForReport(std::size_t number);
  // Hands out an event, and what the function says to it at last: a report that was accepted or
  // refused for good, not one that is to be replaced.
  std::optional<FunctionReport> Invoke(const FakeEvent& event);
  // Waits until `next` has been asked for so many times. False after a time that no healthy run
  // needs.
  bool WaitForNext(int times);

  std::vector<FunctionReport> reports() const;

  // The reports that follow are answered so, one each; those beyond them as usual.
  void AnswerReports(std::vector<int> statuses);
  // A `next` that finds no event is answered so.
  void AnswerNext(int status);
  // Answers are sent in pieces of so many bytes; 0: whole.
  void SplitAnswers(std::size_t size);
  // Called when a report has come, before it is answered.
  void OnReport(std::function<void()> look);

 private:
  struct Waiting {
    std::string request_id;
    FakeEvent event;
  };
  using Socket = ScriptedServer::Socket;

  void Serve(Socket& socket);
  // The whole answer; nothing if this ends.
  std::optional<std::string> AnswerToNext();
  std::string AnswerToReport(const std::string& path, const std::string& request);
  void Send(Socket& socket, const std::string& text);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  int offered_ = 0;
  int asked_ = 0;
  std::size_t piece_ = 0;
  std::deque<Waiting> events_;
  std::deque<int> next_statuses_;
  std::deque<int> report_statuses_;
  std::vector<FunctionReport> reports_;
  std::function<void()> look_;
  ScriptedServer server_;
};

}  // namespace users::testing
