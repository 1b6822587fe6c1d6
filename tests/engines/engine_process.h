#pragma once

#include <sys/types.h>

#include <string>

namespace users::testing {

// An engine that speaks DynamoDB's protocol ("dynamodb-local" or "dynoxide"), in memory, on a free
// loopback port. It is stopped with the test, and killed if the test dies. scripts/install-engines
// installs the engines. Not thread-safe.
class EngineProcess {
 public:
  // Returns when the engine responds, or has not responded for longer than any healthy run needs.
  explicit EngineProcess(const std::string& engine);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  bool is_ready() const { return ready_; }
  unsigned short port() const { return port_; }
  // Returns "http://127.0.0.1:PORT".
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void Start(const std::string& engine);
  bool WaitUntilReady();
  void Stop();

  pid_t pid_ = -1;
  unsigned short port_ = 0;
  bool ready_ = false;
};

// Returns a loopback port on which nothing listened a moment ago.
unsigned short FreePort();

}  // namespace users::testing
