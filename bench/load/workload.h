#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace users::bench {

// One request before signing.
struct Call {
  std::string method;
  std::string path;
  std::string query;
  std::string body;
};

// The requests of a run, and the check of their responses. Accepts() is thread-safe.
class Workload {
 public:
  virtual ~Workload() = default;
  // Returns the next request. `number` is its position in the run.
  virtual Call Next(std::uint64_t number) = 0;
  // Returns whether a response is right. It checks the status and the beginning of each response,
  // and the whole of every 64th. `request` holds the bytes that were sent.
  virtual bool Accepts(std::string_view request, std::uint64_t number, int status,
                       std::string_view body) const = 0;
};

// The options of a workload.
struct WorkloadOptions {
  std::string name;        // get, list, search, create
  std::string users_file;  // the ids of the existing users, 26 bytes each, ascending
  double zipf = 0;         // exponent; 0: uniform
  std::uint64_t seed = 1;
  std::uint64_t page = 0;            // list: this page, from 1; 0: a random one
  std::string filter;                // list: "status=active", "role=viewer"; empty: all users
  std::uint64_t limit = 50;          // list, search: users per page
  std::string run;                   // create: distinguishes its people from those of other runs
  std::int64_t expected_bytes = -1;  // a ceiling's fixed body, with status 200
};

// Returns the workload, or null if the options are invalid; then `why` says why.
std::unique_ptr<Workload> MakeWorkload(const WorkloadOptions& options, std::string& why);

}  // namespace users::bench
