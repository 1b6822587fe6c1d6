// Every scenario in process (front door, operations and store without sockets) and over HTTP (the
// real program). One table for both: they must answer alike.
#include "scenarios/scenario.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "domain/role_catalogue.h"
#include "net/http_head.h"
#include "server/front_door.h"
#include "service/user_service.h"
#include "storage/local/local_store.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/server_process.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

class InProcess final : public ScenarioTarget {
 public:
  InProcess() : log_(sink_, clock_, LogLevel::kInfo) {
    storage::local::LocalStoreOptions options;
    options.directory = directory_ / "data";
    options.feed_partition_prefix = service::kAuditPartitionPrefix;
    options.ttl_attribute = service::kTtlAttribute;
    store_ = std::move(*storage::local::LocalStore::Open(options, clock_, log_));
    principals_ = std::move(*server::PrincipalStore::Open(FilesForScenarios().principals, log_));
    const auto roles = ReadFile(FilesForScenarios().roles);
    roles_ =
        std::make_unique<domain::RoleCatalogue>(std::move(*domain::RoleCatalogue::Parse(*roles)));
    users_ = std::make_unique<service::UserService>(*store_, *roles_, user_ids_, clock_, log_);
    throttles_ = std::make_unique<server::Throttles>(server::ThrottleOptions{0, 1, 0, 1});
    options_.api_arn = "arn:aws:execute-api:us-east-1:000000000000:users/local";
    const server::FrontDoor::Shared shared{options_, *users_, *principals_, *throttles_,
                                           metrics_, clock_,  log_};
    door_ = std::make_unique<server::FrontDoor>(shared);
  }

  HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) override {
    const std::string text = SignedRequest(call, credentials, clock_.Now());
    const std::size_t head_size = text.size() - call.body.size();
    net::RequestHead head;
    HttpReply reply;
    if (!net::ParseRequestHead(std::string_view(text).substr(0, head_size), head)) return reply;
    const server::HttpRequest request{head, std::string_view(text).substr(head_size)};
    server::HttpResponse response = RunTask(door_->Handle(request));
    reply.status = response.status;
    reply.body = std::move(response.body);
    std::string_view lines = response.headers;
    while (!lines.empty()) {
      const std::size_t end = lines.find("\r\n");
      const std::size_t colon = lines.find(": ");
      reply.headers.emplace_back(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
      lines.remove_prefix(end + 2);
    }
    return reply;
  }

  bool Advance(std::chrono::seconds by) override {
    clock_.Advance(by);
    return true;
  }

 private:
  TemporaryDirectory directory_;
  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  MemorySink sink_;
  Log log_;
  UlidGenerator user_ids_{clock_};
  server::Metrics metrics_;
  server::FrontDoorOptions options_;
  std::unique_ptr<storage::local::LocalStore> store_;
  std::unique_ptr<server::PrincipalStore> principals_;
  std::unique_ptr<domain::RoleCatalogue> roles_;
  std::unique_ptr<service::UserService> users_;
  std::unique_ptr<server::Throttles> throttles_;
  std::unique_ptr<server::FrontDoor> door_;
};

class OverHttp final : public ScenarioTarget {
 public:
  OverHttp()
      : server_({"--data", directory_ / "data", "--principals", FilesForScenarios().principals,
                 "--roles", FilesForScenarios().roles, "--throttle-rate", "0"},
                directory_ / "log") {
    EXPECT_TRUE(server_.is_ready());
  }

  HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) override {
    return SendOverHttp(server_.port(), SignedRequest(call, credentials, SystemClock().Now()));
  }

  bool Advance(std::chrono::seconds) override { return false; }

 private:
  TemporaryDirectory directory_;
  ServerProcess server_;
};

class ScenarioTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(ScenarioTest, InProcess) {
  InProcess target;
  RunScenario(GetParam(), target);
}

TEST_P(ScenarioTest, OverHttp) {
  OverHttp target;
  RunScenario(GetParam(), target);
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest, ::testing::ValuesIn(LoadScenarios()),
                         [](const auto& tested) {
                           std::string name = tested.param.table + "_" + tested.param.name;
                           std::erase_if(name, [](char c) { return c == '\'' || c == ','; });
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

}  // namespace

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.table << ": " << scenario.name;
}

}  // namespace users::testing
