#include "support/usage.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>

namespace users::bench {
namespace {

std::int64_t ReadClock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return 0;
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// The sum of VmRSS or VmHWM in /proc/<pid>/status over all processes, in megabytes (2^20 bytes).
double MegabytesOf(std::span<const pid_t> processes, const std::string& field) {
  double kilobytes = 0;
  for (const pid_t process : processes) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(field + ":")) kilobytes += std::stod(line.substr(field.size() + 1));
    }
  }
  return kilobytes / 1024;
}

}  // namespace

std::int64_t NowNanoseconds() {
  return ReadClock(CLOCK_MONOTONIC);
}

std::int64_t CpuNanosecondsOf(std::span<const pid_t> processes) {
  std::int64_t sum = 0;
  for (const pid_t process : processes) {
    clockid_t clock{};
    if (::clock_getcpuclockid(process, &clock) == 0) sum += ReadClock(clock);
  }
  return sum;
}

MachineTicks ReadMachineTicks() {
  std::ifstream stat("/proc/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.find(' ')));
  // user nice system idle iowait irq softirq steal. The rest is already included in user and nice.
  std::array<double, 8> ticks{};
  for (double& tick : ticks) fields >> tick;
  MachineTicks machine;
  for (const double tick : ticks) machine.all += tick;
  machine.stolen = ticks[7];
  machine.busy = machine.all - machine.stolen - ticks[3] - ticks[4];
  return machine;
}

UsageMeter::Moment UsageMeter::Now() const {
  Moment now;
  now.wall = NowNanoseconds();
  now.server_cpu = CpuNanosecondsOf(server_);
  now.own_cpu = ReadClock(CLOCK_PROCESS_CPUTIME_ID);
  now.machine = ReadMachineTicks();
  return now;
}

void UsageMeter::Start() {
  begin_ = Now();
}

void UsageMeter::Stop() {
  end_ = Now();
}

void UsageMeter::AddTo(Report& report, double requests) const {
  const double server_cpu = Seconds(end_.server_cpu - begin_.server_cpu);
  const double own_cpu = Seconds(end_.own_cpu - begin_.own_cpu);
  const double ticks = std::max(1.0, end_.machine.all - begin_.machine.all);
  const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double others =
      end_.machine.busy - begin_.machine.busy - (server_cpu + own_cpu) * ticks_per_second;
  report.Number("seconds", seconds());
  report.Number("perSecond", requests / std::max(1e-9, seconds()));
  report.Number("serverCpuMicroseconds", server_cpu * 1e6 / std::max(1.0, requests));
  report.Number("clientCpuMicroseconds", own_cpu * 1e6 / std::max(1.0, requests));
  report.Number("serverMegabytes", MegabytesOf(server_, "VmRSS"));
  report.Number("serverPeakMegabytes", MegabytesOf(server_, "VmHWM"));
  report.Number("stolenPercent", 100 * (end_.machine.stolen - begin_.machine.stolen) / ticks);
  report.Number("othersPercent", 100 * std::max(0.0, others) / ticks);
}

}  // namespace users::bench
