#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/http_message.h"
#include "support/scripted_server.h"

namespace users::testing {

// The faults of a call.
enum class Fault {
  kConflict,        // cancelled: a conflict in one position, chosen at random; no effect
  kThrottledWrite,  // cancelled: one write is throttled; no effect
  kConflictBeside,  // applied; if conditions failed, the other reasons become conflicts
  kThrottled,       // throttled
  kUnprocessed,     // a batch is left half unprocessed; other calls are throttled
  kServerError,     // status 500 with JSON, or status 503 with HTML
  kInProgress,      // the same transaction is in progress
  kReset,           // the connection is reset; no effect
  kLostResponse,    // applied, and the connection is reset
  kTruncated,       // applied, and the response is truncated
  kCorrupt,         // applied, and a byte of the response is changed
  kSlow,            // applied, and the response comes in pieces
  kHang,            // applied, and there is no response until the client gives up
};
inline constexpr int kFaultKinds = static_cast<int>(Fault::kHang) + 1;
std::string NameOf(Fault fault);

// A proxy before an engine. It checks what no engine checks: every signature, session token and
// ConsistentRead, and that a ClientRequestToken always comes with the same bytes. It counts calls
// and makes them fail on demand. Calls that create tables never fail. Thread-safe.
class FaultProxy {
 public:
  // Forwards calls to the engine on this loopback port.
  explicit FaultProxy(unsigned short engine_port);

  // Returns the proxy's URL.
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  // From now on, this percentage of the calls fails, each in one of these ways.
  void FailAtRandom(unsigned percent, std::vector<Fault> kinds, std::uint64_t seed);
  // The next calls fail in this way.
  void FailNext(Fault fault, int times = 1);

  // Returns the calls by operation since the last call of this function, including retries.
  std::map<std::string, int> TakeCalls();
  // Returns the capacity units that the engine counted for them. dynoxide counts as AWS does.
  std::map<std::string, double> TakeUnits();
  // Returns how many calls were made to fail.
  int faults() const;
  // Returns the rules that the client has broken. Each is a bug.
  std::vector<std::string> violations() const;

 private:
  struct Call;
  void Serve(ScriptedServer::Socket& client);
  std::optional<Fault> FaultFor(const Call& call);
  // Returns the engine's response, or nothing if the connection to it broke.
  std::optional<net::IncomingResponse> Forward(const Call& call, ScriptedServer::Socket& engine);
  std::optional<net::IncomingResponse> ForwardHalf(Call call, ScriptedServer::Socket& engine);
  bool Fail(Fault fault, const Call& call, ScriptedServer::Socket& client,
            ScriptedServer::Socket& engine);
  net::IncomingResponse Cancelled(const Call& call, const std::string& code);
  std::size_t Random(std::size_t below);

  const unsigned short engine_port_;
  mutable Mutex mutex_;
  std::mt19937_64 random_ USERS_GUARDED_BY(mutex_);
  unsigned percent_ USERS_GUARDED_BY(mutex_) = 0;
  std::vector<Fault> kinds_ USERS_GUARDED_BY(mutex_);
  std::vector<Fault> next_ USERS_GUARDED_BY(mutex_);
  int faults_ USERS_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> calls_ USERS_GUARDED_BY(mutex_);
  std::map<std::string, double> units_ USERS_GUARDED_BY(mutex_);
  // Tokens, each with the hash of the bytes that came with it.
  std::map<std::string, std::string> tokens_ USERS_GUARDED_BY(mutex_);
  std::vector<std::string> violations_ USERS_GUARDED_BY(mutex_);
  ScriptedServer server_;
};

}  // namespace users::testing
