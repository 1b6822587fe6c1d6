#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "net/http_message.h"
#include "support/scripted_server.h"

namespace users::testing {

// What can go wrong with a call.
enum class Fault {
  kConflict,        // cancelled: a conflict in one position, chosen at random; nothing is done
  kThrottledWrite,  // cancelled: one write is refused for the load; nothing is done
  kConflictBeside,  // done; where conditions failed, a conflict stands beside them
  kThrottled,       // refused for the load
  kServerError,     // a 500 in JSON, or a 503 in HTML
  kInProgress,      // the same transaction is under way
  kReset,           // the connection is reset, nothing is done
  kLostAnswer,      // done, and the connection is reset
  kTruncated,       // done, and the answer is cut off
  kCorrupt,         // done, and a byte of the answer is another one
  kSlow,            // done, and the answer comes in pieces
  kHang,            // done, and there is no answer until the client gives up
};
inline constexpr int kFaultKinds = static_cast<int>(Fault::kHang) + 1;
std::string NameOf(Fault fault);

// Stands before an engine and is what no engine is: it verifies every signature, session token and
// ConsistentRead, and that a ClientRequestToken always comes with the same bytes; it counts calls,
// and makes them fail as told. Calls that make tables never fail. Thread-safe.
class FaultProxy {
 public:
  explicit FaultProxy(unsigned short engine_port);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  // From now on so many of a hundred calls fail, in one of these ways each.
  void FailAtRandom(unsigned percent, std::vector<Fault> kinds, std::uint64_t seed);
  // The next calls fail this way.
  void FailNext(Fault fault, int times = 1);

  // Calls by operation since the last time, repeated ones included.
  std::map<std::string, int> TakeCalls();
  // The capacity units that the engine counted for them; dynoxide counts as AWS does.
  std::map<std::string, double> TakeUnits();
  // Of the calls, how many were made to fail.
  int faults() const;
  // What no client may do; each is a bug.
  std::vector<std::string> violations() const;

 private:
  struct Call;
  void Serve(ScriptedServer::Socket& client);
  std::optional<Fault> Judge(const Call& call);
  // What the engine answers; nothing where the connection to it broke.
  std::optional<net::HttpAnswer> Forward(const Call& call, ScriptedServer::Socket& engine);
  bool Fail(Fault fault, const Call& call, ScriptedServer::Socket& client,
            ScriptedServer::Socket& engine);
  net::HttpAnswer Cancelled(const Call& call, const std::string& code);
  std::size_t Random(std::size_t below);

  const unsigned short engine_port_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  unsigned percent_ = 0;
  std::vector<Fault> kinds_;
  std::vector<Fault> next_;
  int faults_ = 0;
  std::map<std::string, int> calls_;
  std::map<std::string, double> units_;
  std::map<std::string, std::string> tokens_;  // and the hash of what came with each
  std::vector<std::string> violations_;
  ScriptedServer server_;
};

}  // namespace users::testing
