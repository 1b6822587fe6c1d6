"""What all measures share: paths, building, running the programs of bench/, and deciding which runs count."""
import collections
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/bench"
WORK = BUILD / "work"
PROGRAMS = BUILD / "bench"
USERSD = BUILD / "apps/usersd/usersd"
USERSD_WITHOUT_RELAY = PROGRAMS / "usersd_without_relay"
USERSD_WITHOUT_SEARCH = PROGRAMS / "usersd_without_search"

MAX_STOLEN_PERCENT = 4.0
MAX_OTHERS_PERCENT = 10.0
MAX_ATTEMPTS = 3
LONGEST_RUN_SECONDS = 300
DATA_LAYOUT = 3  # increase it when the output of bench_seed changes

# How long a measure runs. Seconds and amounts are for one run; there are `rounds` runs.
Sizes = collections.namedtuple("Sizes", "users rounds reads lists writes seconds")


class Failed(Exception):
    """An invalid run: a response was wrong, or a program did not start."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def build():
    for command in ([ROOT / "scripts/install-packages", "bench"], [ROOT / "scripts/build", "bench"]):
        subprocess.run(command, check=True)


def loaded_data(users):
    """A directory with `data` and `users`, loaded once with this number of users and never changed afterwards."""
    place = BUILD / ("data-%d-%d" % (DATA_LAYOUT, users))
    if not (place / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        say("loading %d users, once" % users)
        command = [PROGRAMS / "bench_seed", "--data", place / "data", "--users-file", place / "users",
                   "--users", str(users)]
        subprocess.run(command, check=True, timeout=6 * 3600)
        (place / "complete").touch()
    return place


def fresh_copy(place):
    """A working copy of loaded data. Table files (*.sst) never change once written, so hard links are enough."""
    target = WORK / "data"
    shutil.rmtree(target, ignore_errors=True)

    def copy(source, destination):
        if source.endswith(".sst"):
            os.link(source, destination)
        else:
            shutil.copy2(source, destination)
    shutil.copytree(place / "data", target, copy_function=copy)
    return target


class Tally:
    """Counts repeated and disturbed runs, for the report."""
    repeated = 0
    disturbed = []
    runs = []


def run_tool(arguments, cpu_niceness=0):
    """Runs a program of bench/ that prints one JSON object, and returns the object."""
    finished = subprocess.run([str(a) for a in arguments], capture_output=True, text=True,
                              timeout=LONGEST_RUN_SECONDS,
                              preexec_fn=(lambda: os.nice(cpu_niceness)) if cpu_niceness else None)
    if finished.returncode != 0:
        raise Failed("%s: %s" % (pathlib.Path(arguments[0]).name, finished.stderr.strip()[-500:]))
    return json.loads(finished.stdout)


def measured(name, run_once):
    """The result of run_once. Repeats the run if too much of its time was stolen by the hypervisor."""
    best = None
    for attempt in range(MAX_ATTEMPTS):
        begin = time.time()
        result = run_once()
        result["name"] = name
        Tally.runs.append(result)
        if best is None or result["stolenPercent"] < best["stolenPercent"]:
            best = result
        say("  %-34s %8.0f/s %8.1f us cpu  p99 %8.0f us  stolen %.1f %%, others %.0f %%  (%.0f s)" % (
            name, result["perSecond"], result["serverCpuMicroseconds"], result["microseconds"]["p99"],
            result["stolenPercent"], result["othersPercent"], time.time() - begin))
        if result["stolenPercent"] <= MAX_STOLEN_PERCENT:
            break
        Tally.repeated += 1
        say("  %s: %.1f %% of the time was stolen%s" % (
            name, result["stolenPercent"],
            ", repeating" if attempt + 1 < MAX_ATTEMPTS else "; the least disturbed run counts"))
    if best["stolenPercent"] > MAX_STOLEN_PERCENT:
        Tally.disturbed.append("%s: %.1f %% stolen" % (name, best["stolenPercent"]))
    if best["othersPercent"] > MAX_OTHERS_PERCENT:
        Tally.disturbed.append("%s: other programs used %.0f %%" % (name, best["othersPercent"]))
    return best


class Disturbance:
    """`with Disturbance(name)`: records how much of the machine the hypervisor and other programs take meanwhile, for
    measures whose tool does not report it. Programs that are started inside must also be waited for inside."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.begin, self.own = self._machine(), self._own()

    def __exit__(self, *_):
        total, busy, stolen = (now - then for now, then in zip(self._machine(), self.begin))
        stolen_percent = 100 * stolen / total
        others_percent = max(0, 100 * (busy - (self._own() - self.own)) / total)
        say("  %s: stolen %.1f %%, others %.0f %%" % (self.name, stolen_percent, others_percent))
        if stolen_percent > MAX_STOLEN_PERCENT:
            Tally.disturbed.append("%s: %.1f %% stolen" % (self.name, stolen_percent))
        if others_percent > MAX_OTHERS_PERCENT:
            Tally.disturbed.append("%s: other programs used %.0f %%" % (self.name, others_percent))

    @staticmethod
    def _machine():
        """Seconds of all processors: total, busy and stolen (proc(5), /proc/stat)."""
        with open("/proc/stat") as file:
            values = [int(word) / os.sysconf("SC_CLK_TCK") for word in file.readline().split()[1:9]]
        idle, stolen = values[3] + values[4], values[7]
        return sum(values), sum(values) - idle - stolen, stolen

    @staticmethod
    def _own():
        return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def median_of(results):
    """The median of each number over the runs."""
    first = results[0]
    merged = {}
    for key, value in first.items():
        values = [r[key] for r in results]
        if isinstance(value, dict):
            merged[key] = median_of(values)
        elif isinstance(value, (int, float)):
            merged[key] = statistics.median(values)
        else:
            merged[key] = value
    return merged


def in_turn(rounds, **runs):
    """Runs each of the given functions `rounds` times, in turn, so that a slow minute of the machine affects all of
    them. Returns the medians by name."""
    results = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run_once in runs.items():
            results[name].append(run_once())
    return {name: median_of(of_name) for name, of_name in results.items()}
