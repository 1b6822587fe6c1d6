"""Measures the memory and start time of the process, and runs the micro benchmarks."""
import json
import shutil
import statistics
import subprocess
import time

from .machine import PROGRAMS, WORK, Failed, fresh_copy, loaded_data, measured, run_tool, say
from .requests import load_command
from .results import Row
from .servers import Usersd, running

REST_SECONDS = 2


def memory(sizes):
    """Memory at rest, and the peak during reads and writes at full speed."""
    place = loaded_data(sizes.users)
    empty = WORK / "empty"
    shutil.rmtree(empty, ignore_errors=True)
    with running(Usersd(empty)) as server:
        time.sleep(REST_SECONDS)
        idle = server.megabytes()
    with running(Usersd(fresh_copy(place))) as server:
        time.sleep(REST_SECONDS)
        idle_loaded = server.megabytes()
        writes = subprocess.Popen(load_command(server, place, "create", sizes.writes),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            measured("get, uniform, during writes",
                     lambda: run_tool(load_command(server, place, "get", sizes.reads)))
            measured("list, during writes",
                     lambda: run_tool(load_command(server, place, "list", sizes.lists)))
            _, errors = writes.communicate(timeout=300)
        finally:
            if writes.poll() is None:
                writes.kill()
                writes.communicate()
        if writes.returncode != 0:
            raise Failed(errors)
        peak = server.megabytes("VmHWM")
    return [
        Row("memory at rest, empty store", idle, "MB", target=60),
        Row("memory at rest, %d users" % sizes.users, idle_loaded, "MB"),
        Row("memory under load, %d users: peak" % sizes.users, peak, "MB", target=300),
    ]


def start(sizes):
    """Time from exec to the ready line, slowest and median: after a clean stop, and after a kill under load."""
    place = loaded_data(sizes.users)
    data = fresh_copy(place)
    clean, killed = [], []
    for _ in range(2 * sizes.rounds):
        with running(Usersd(data)) as server:
            clean.append(server.start_seconds * 1000)
    for _ in range(2 * sizes.rounds):
        data = fresh_copy(place)
        server = Usersd(data)
        writes = subprocess.Popen(load_command(server, place, "create", 50 * sizes.writes // 10),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while server.metric("users_store_transactions_total") < sizes.writes // 4:
                if writes.poll() is not None or time.monotonic() > deadline:
                    raise Failed("the writes do not start")
                time.sleep(0.1)
        finally:
            server.kill()
            writes.kill()
            writes.wait()
        with running(Usersd(data)) as server:
            killed.append(server.start_seconds * 1000)
    say("  start: clean %s ms; after a kill %s ms" % (
        " ".join("%.0f" % t for t in clean), " ".join("%.0f" % t for t in killed)))
    return [
        Row("start after a clean stop: slowest of %d" % len(clean), max(clean), "ms", target=150),
        Row("start after a clean stop: median", statistics.median(clean), "ms"),
        Row("start after a kill under load: slowest of %d" % len(killed), max(killed), "ms", target=1000),
        Row("start after a kill under load: median", statistics.median(killed), "ms"),
    ]


def micro(sizes):
    """Each part of a request alone (Google Benchmark)."""
    seconds = "0.5" if sizes.rounds > 1 else "0.05"
    finished = subprocess.run([PROGRAMS / "bench_micro", "--benchmark_format=json",
                               "--benchmark_min_time=" + seconds], capture_output=True, text=True, timeout=600)
    if finished.returncode != 0:
        raise Failed("bench_micro: " + finished.stderr[-500:])
    rows = []
    for one in json.loads(finished.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            raise Failed("bench_micro, %s: %s" % (one["name"], one["error_message"]))
        per_item = "items_per_second" in one
        time_ns = 1e9 / one["items_per_second"] if per_item else one["real_time"]
        rows.append(Row("micro: " + one["name"] + (", each" if per_item else ""), time_ns / 1000, "us", digits=2))
    return rows
