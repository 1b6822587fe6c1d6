#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "scenarios/scenario.h"
#include "support/server_process.h"
#include "support/temporary_directory.h"

namespace users::testing {

// The real program on the store that `arguments` select, with the scenarios' principals and roles.
// Not thread-safe.
class OverHttp final : public ScenarioTarget {
 public:
  explicit OverHttp(std::vector<std::string> arguments)
      : server_(Complete(std::move(arguments)), directory_ / "log") {
    EXPECT_TRUE(server_.is_ready());
  }

  HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) override {
    return SendOverHttp(server_.port(), SignedRequest(call, credentials, SystemClock().Now()));
  }

  bool Advance(std::chrono::seconds) override { return false; }

 private:
  static std::vector<std::string> Complete(std::vector<std::string> arguments) {
    const ScenarioFiles files = FilesForScenarios();
    arguments.insert(arguments.end(), {"--principals", files.principals, "--roles", files.roles,
                                       "--throttle-rate", "0"});
    return arguments;
  }

  TemporaryDirectory directory_;
  ServerProcess server_;
};

}  // namespace users::testing
