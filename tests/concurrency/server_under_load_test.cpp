// Tests the whole program under many concurrent callers, together with everything that happens
// besides requests: principals are reloaded, metrics are read, and the server drains. Built with
// ThreadSanitizer, it finds races that no test of a single part can find.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "scenarios/scenario.h"
#include "support/server_process.h"
#include "support/signed_request.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

constexpr int kCallers = 8;
constexpr int kRounds = 40;

aws::Credentials Administrator() {
  aws::Credentials credentials;
  credentials.access_key_id = "AKIDSCENARIOadminXXXXXXX";
  credentials.secret_access_key = "secret-of-scenario-admin";
  return credentials;
}

class ServerUnderLoad : public ::testing::Test {
 protected:
  ServerUnderLoad() {
    std::filesystem::copy(FilesForScenarios().principals, principals_);
    server_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{"--data", directory_ / "data", "--principals", principals_,
                                 "--throttle-rate", "0"},
        directory_ / "log");
    EXPECT_TRUE(server_->is_ready());
  }

  HttpReply Call(const std::string& method, const std::string& target, const std::string& body) {
    HttpCall call;
    call.method = method;
    call.target = target;
    call.body = body;
    if (!body.empty()) call.headers.emplace_back("Content-Type", "application/json");
    return SendOverHttp(server_->port(), SignedRequest(call, Administrator(), SystemClock().Now()));
  }

  // The work of one caller: it creates users of its own and changes one user that all callers
  // share.
  void Work(int caller, const std::string& shared) {
    for (int round = 0; round < kRounds && !stop_; ++round) {
      const std::string name = std::to_string(caller) + "-" + std::to_string(round);
      const std::string key = "{\"idempotencyKey\":\"k" + name + "\",";
      Expect(201,
             Call("POST", "/users", key + "\"email\":\"u" + name + "@x.org\",\"name\":\"U\"}"));
      Expect(200, Call("PATCH", "/users/" + shared, key + "\"name\":\"N" + name + "\"}"));
      Expect(200, Call("GET", "/users/" + shared, ""));
      Expect(200, Call("GET", "/users?limit=5", ""));
      Expect(200, Call("GET", "/users/" + shared + "/audit?limit=5", ""));
    }
  }

  void Expect(int status, const HttpReply& reply) {
    if (reply.status == status) ++responded_;
    // While the server stops, a new connection may fail.
    if (reply.status != status && !(stop_ && reply.status == 0)) {
      ++unexpected_;
      ADD_FAILURE() << reply.status << ": " << reply.body;
    }
  }

  std::string Register(const std::string& email) {
    const HttpReply reply =
        Call("POST", "/users",
             R"({"idempotencyKey":")" + email + R"(","name":"S","email":")" + email + "\"}");
    return std::string(boost::json::parse(reply.body).at("userId").as_string());
  }

  // Stops the server and checks that no sanitizer has reported anything.
  void StopCleanly() {
    EXPECT_EQ(server_->Stop(), 0);
    const auto log = ReadFile(directory_ / "log");
    EXPECT_EQ(log->find("Sanitizer"), std::string::npos) << *log;
    EXPECT_EQ(log->find("\"level\":\"error\""), std::string::npos) << *log;
  }

  TemporaryDirectory directory_;
  const std::string principals_ = directory_ / "principals.json";
  std::unique_ptr<ServerProcess> server_;
  std::atomic<bool> stop_{false};
  std::atomic<int> responded_{0};
  std::atomic<int> unexpected_{0};
};

TEST_F(ServerUnderLoad, ServesManyCallersDuringReloadsAndMetricsReads) {
  const std::string shared = Register("shared@x.org");
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([this, caller, &shared] { Work(caller, shared); });
  }
  std::thread reloader([&] {
    const auto principals = ReadFile(principals_);
    while (responded_ < kCallers * kRounds * 5 && unexpected_ == 0) {
      EXPECT_TRUE(WriteFileAtomically(principals_, *principals + " ", 0600).ok());
      server_->Signal(SIGHUP);
      const std::string scrape = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
      EXPECT_EQ(SendOverHttp(server_->admin_port(), scrape).status, 200);
      const std::string health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
      EXPECT_EQ(SendOverHttp(server_->admin_port(), health).status, 200);
    }
  });
  for (std::thread& caller : callers) caller.join();
  reloader.join();
  const HttpReply reply = Call("GET", "/users/" + shared, "");
  EXPECT_EQ(boost::json::parse(reply.body).at("version").as_int64(), 1 + kCallers * kRounds);
  StopCleanly();
}

TEST_F(ServerUnderLoad, DrainCompletesEveryStartedRequest) {
  const std::string shared = Register("shared@x.org");
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([this, caller, &shared] { Work(caller, shared); });
  }
  while (responded_ < kCallers * 5) std::this_thread::yield();
  stop_ = true;
  StopCleanly();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(unexpected_, 0);
}

}  // namespace
}  // namespace users::testing
