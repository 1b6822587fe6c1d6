#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/operations.h"
#include "base/json/json.h"
#include "storage/feed_reader.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::testing {

using api::Dispatch;
using api::Operation;
using api::ParseQuery;
using api::Request;
using api::Response;

using Fields = std::set<std::string>;

class UntouchedStore final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction, Deadline) override {
    co_return Touched();
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key>,
                                                              Deadline) override {
    co_return Touched();
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key>,
                                                                  Deadline) override {
    co_return Touched();
  }
  Task<Result<storage::Page>> Query(storage::QueryRange, Deadline) override { co_return Touched(); }

  bool touched = false;

 private:
  Error Touched() {
    touched = true;
    return Error::Unavailable("there is no store");
  }
};

// The trail of a store that must not be queried.
class UntouchedFeed final : public storage::FeedReader {
 public:
  storage::FeedBounds Bounds() const override { return storage::FeedBounds{0, 10}; }
  std::string_view Identity() const override { return "0123456789abcdef"; }
  Task<Result<std::vector<storage::FeedRecord>>> ReadAfter(std::uint64_t, std::size_t,
                                                           std::size_t) override {
    co_return Error::Unavailable("there is no store");
  }
  Task<Result<std::vector<storage::FeedRecord>>> ReadBefore(std::uint64_t, std::size_t,
                                                            std::size_t) override {
    co_return Error::Unavailable("there is no store");
  }
  void RingAfter(std::uint64_t, const std::shared_ptr<Alarm>&) override {}
};

struct Case {
  std::string_view name;
  Operation operation;
  std::string_view query;
  std::string body;
  Fields fields;
  std::string time = "2026-01-01T00:00:00Z";
};

// The operations on a service whose store must not be queried.
class OperationsTest : public ::testing::Test {
 protected:
  Response Run(Operation operation, const Request& request) {
    return testing::RunTask(Dispatch(operation, request, users_));
  }

  Response Run(const Case& test) {
    Request request;
    request.path = "/users";
    request.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    request.role = "admin";
    request.time = test.time;
    request.query = ParseQuery(test.query);
    request.body = test.body;
    if (!test.body.empty()) request.content_type = "application/json";
    request.deadline = DeadlineIn(std::chrono::hours(1));
    return Run(test.operation, request);
  }

  void ExpectRejected(const Case& test) {
    const Response response = Run(test);
    EXPECT_EQ(response.status, 400) << test.name;
    EXPECT_FALSE(store_.touched) << test.name;
    Fields fields;
    const auto body = json::ParseFile(response.body);
    const auto* errors = body->as_object().at("details").as_object().if_contains("errors");
    ASSERT_NE(errors, nullptr) << test.name << response.body;
    for (const auto& error : errors->as_array()) {
      fields.emplace(error.at("field").as_string());
    }
    EXPECT_EQ(fields, test.fields) << test.name;
  }

  UntouchedStore store_;
  const SystemClock clock_;
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  const domain::RoleCatalogue roles_ =
      *domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  UlidGenerator ids_{clock_};
  UntouchedFeed feed_;
  service::UserService users_{store_, roles_, ids_, clock_, log_, WithFeed()};

 private:
  service::UserServiceOptions WithFeed() {
    service::UserServiceOptions options;
    options.feed = &feed_;
    return options;
  }
};

}  // namespace users::testing
