#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "support/report.h"

namespace users::bench {

// Nanoseconds of CPU time that all threads of the processes have used, those that have ended
// included; a process that is gone counts as 0.
std::int64_t CpuNanosecondsOf(std::span<const pid_t> processes);

// What the whole machine has done since it started, in ticks of /proc/stat.
struct MachineTicks {
  double all = 0;
  double busy = 0;    // neither idle nor stolen
  double stolen = 0;  // the hypervisor gave it to others
};
MachineTicks ReadMachineTicks();

// What is used from Start to Stop: by a server, by this process, and by others on the machine.
class UsageMeter {
 public:
  explicit UsageMeter(std::span<const pid_t> server) : server_(server) {}
  void Start();
  void Stop();

  double seconds() const { return Seconds(end_.wall - begin_.wall); }
  // Server and own CPU per request, the server's memory, the shares of time that were stolen or
  // that other programs used.
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

// Steady time in nanoseconds.
std::int64_t NowNanoseconds();

}  // namespace users::bench
