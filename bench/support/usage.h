#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "support/report.h"

namespace users::bench {

// Returns the CPU time in nanoseconds that all threads of the processes have used, including
// threads that have ended. A process that is gone counts as 0.
std::int64_t CpuNanosecondsOf(std::span<const pid_t> processes);

// The time of the whole machine since it started, in ticks of /proc/stat.
struct MachineTicks {
  double all = 0;
  double busy = 0;    // neither idle nor stolen
  double stolen = 0;  // used by other guests of the hypervisor
};
MachineTicks ReadMachineTicks();

// Measures the resources used between Start and Stop: by a server, by this process, and by other
// processes on the machine. Not thread-safe.
class UsageMeter {
 public:
  // `server` holds the ids of the server's processes, and must outlive the meter.
  explicit UsageMeter(std::span<const pid_t> server) : server_(server) {}
  void Start();
  void Stop();

  // The time between Start and Stop.
  double seconds() const { return Seconds(end_.wall - begin_.wall); }
  // Adds the CPU time of the server and of this process per request, the server's memory, and the
  // shares of time that were stolen or used by other programs.
  void AddTo(Report& report, double requests) const;

 private:
  struct Moment {
    std::int64_t wall = 0;
    std::int64_t server_cpu = 0;
    std::int64_t own_cpu = 0;
    MachineTicks machine;
  };
  Moment Now() const;
  static double Seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

  std::span<const pid_t> server_;
  Moment begin_;
  Moment end_;
};

// Returns steady time in nanoseconds.
std::int64_t NowNanoseconds();

}  // namespace users::bench
