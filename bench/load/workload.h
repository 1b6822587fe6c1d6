#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace users::bench {

// One request before it is signed.
struct Call {
  std::string method;
  std::string path;
  std::string query;
  std::string body;
};

// What is asked, and whether an answer is the right one. Accepts is thread-safe.
class Workload {
 public:
  virtual ~Workload() = default;
  // The next request; `number` is its place in the run.
  virtual Call Next(std::uint64_t number) = 0;
  // Looks at status and beginning of each answer, and wholly at some: every 64th. `request` are the
  // bytes that were sent.
  virtual bool Accepts(std::string_view request, std::uint64_t number, int status,
                       std::string_view body) const = 0;
};

struct WorkloadOptions {
  std::string name;        // get, list, create
  std::string users_file;  // the ids of the users that are there, 26 bytes each, ascending
  double zipf = 0;         // exponent; 0: uniform
  std::uint64_t seed = 1;
  std::uint64_t page = 0;            // list: this one, from 1; 0: any, at random
  std::uint64_t limit = 50;          // list: users of a page
  std::string run;                   // create: makes its people other than those of other runs
  std::int64_t expected_bytes = -1;  // of a ceiling that answers 200 with a fixed body
};

// Null if the options do not fit; `why` says in which way.
std::unique_ptr<Workload> MakeWorkload(const WorkloadOptions& options, std::string& why);

}  // namespace users::bench
