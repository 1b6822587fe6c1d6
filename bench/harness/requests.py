"""Measures requests: reads, lists, writes, and reads during writes."""
import json
import math
import os
import subprocess
import threading
import time

from .machine import (PROGRAMS, USERSD, USERSD_WITHOUT_RELAY, USERSD_WITHOUT_SEARCH, WORK, Failed, fresh_copy,
                      in_turn, loaded_data, measured, run_tool)
from .results import Row
from .servers import Nginx, Usersd, running

LOAD = PROGRAMS / "bench_load"
READS_PER_SECOND = 5000  # during writes
READS_AT_RATE = 15_000   # compared with nginx at the same rate
WRITES_PER_SECOND = 3000
LIMIT = 50


def load_command(server, place, workload, requests, *more):
    command = [LOAD, "--port", server.port, "--workload", workload, "--requests", requests,
               "--users-file", place / "users", "--seed", int.from_bytes(os.urandom(4), "big")]
    for pid in server.pids:
        command += ["--server-pid", pid]
    return [str(word) for word in command + list(more)]


def load(name, server, place, workload, requests, *more):
    return measured(name, lambda: run_tool(load_command(
        server, place, workload, requests, "--warm-up", requests // 2, *more)))


def sample_body(server, place, workload, *more):
    path = WORK / "sample"
    run_tool(load_command(server, place, workload, 64, "--save-body", path, *more))
    return path.read_text()


def reads(sizes):
    """A signed GET of one user, Zipf and uniform, compared with nginx and the same body."""
    place = loaded_data(sizes.users)
    at_rate, steady = READS_AT_RATE * sizes.seconds // 2, ("--rate", READS_AT_RATE)
    with running(Usersd(fresh_copy(place))) as ours:
        body = sample_body(ours, place, "get")
        with running(Nginx(body)) as nginx:
            got = in_turn(
                sizes.rounds,
                zipf=lambda: load("get, Zipf 0.99", ours, place, "get", sizes.reads, "--zipf", "0.99"),
                nginx=lambda: load("nginx, same requests", nginx, place, "get", sizes.reads,
                                   "--zipf", "0.99", "--expect-bytes", len(body)),
                uniform=lambda: load("get, uniform", ours, place, "get", sizes.reads),
                zipf_at_rate=lambda: load("get, Zipf 0.99, at a rate", ours, place, "get", at_rate, *steady,
                                          "--zipf", "0.99"),
                nginx_at_rate=lambda: load("nginx, at that rate", nginx, place, "get", at_rate, *steady,
                                           "--zipf", "0.99", "--expect-bytes", len(body)))
    cpu = "serverCpuMicroseconds"
    return [
        Row("get a user, Zipf 0.99: server CPU", got["zipf"][cpu], "us", got["nginx"][cpu], target=2.0),
        Row("get a user, uniform: server CPU", got["uniform"][cpu], "us", got["nginx"][cpu], target=2.5),
        # In a closed loop, the slower server wakes its client for each response; the faster one does not.
        Row("get a user, Zipf 0.99, %d/s each: server CPU" % READS_AT_RATE, got["zipf_at_rate"][cpu], "us",
            got["nginx_at_rate"][cpu]),
        Row("get a user, Zipf 0.99: rate", got["zipf"]["perSecond"], "/s", got["nginx"]["perSecond"], digits=0),
        Row("get a user, uniform: rate", got["uniform"]["perSecond"], "/s", got["nginx"]["perSecond"], digits=0),
        Row("get a user, Zipf 0.99: p99", got["zipf"]["microseconds"]["p99"], "us",
            got["nginx"]["microseconds"]["p99"], digits=0),
        Row("get a user, Zipf 0.99: p99.9", got["zipf"]["microseconds"]["p999"], "us",
            got["nginx"]["microseconds"]["p999"], digits=0),
    ]


def lists(sizes):
    """A list page of 50, compared with nginx and the same body; a late page; lists by role; a search."""
    place = loaded_data(sizes.users)
    late = min(10_000, sizes.users // LIMIT)
    with running(Usersd(fresh_copy(place))) as ours:
        body = sample_body(ours, place, "list", "--page", "1")
        with running(Nginx(body)) as nginx:
            got = in_turn(
                sizes.rounds,
                any=lambda: load("list, any page of 50", ours, place, "list", sizes.lists),
                nginx=lambda: load("nginx, same requests", nginx, place, "list", sizes.lists,
                                   "--expect-bytes", len(body)),
                search=lambda: load("search, two words, pages of 50", ours, place, "search", sizes.lists),
                status=lambda: load("list, status=active", ours, place, "list", sizes.lists,
                                    "--filter", "status=active"),
                role=lambda: load("list, role=viewer", ours, place, "list", sizes.lists, "--filter", "role=viewer"),
                first=lambda: load("list, page 1", ours, place, "list", sizes.lists, "--page", "1"),
                late=lambda: load("list, page %d" % late, ours, place, "list", sizes.lists,
                                  "--page", late))
    cpu = "serverCpuMicroseconds"
    return [
        Row("list 50 users, any page: server CPU", got["any"][cpu], "us", got["nginx"][cpu], target=15),
        Row("list 50 users, page 1: server CPU", got["first"][cpu], "us", got["nginx"][cpu], target=15),
        Row("list 50 users, any page: rate", got["any"]["perSecond"], "/s", got["nginx"]["perSecond"], digits=0),
        Row("page %d compared with page 1: server CPU" % late, got["late"][cpu], "us", got["first"][cpu],
            compared=max(got["late"][cpu] / got["first"][cpu], got["first"][cpu] / got["late"][cpu]), target=1.5),
        Row("page %d compared with page 1: p50" % late, got["late"]["microseconds"]["p50"], "us",
            got["first"]["microseconds"]["p50"], digits=0, target=1.5),
        Row("list 50 holders of a role, compared with by status: server CPU", got["role"][cpu], "us",
            got["status"][cpu], target=1.2),
        Row("search 50 users by two words, compared with a list: server CPU", got["search"][cpu], "us",
            got["any"][cpu]),
        Row("search 50 users by two words, compared with a list: p50", got["search"]["microseconds"]["p50"], "us",
            got["any"]["microseconds"]["p50"], digits=0, target=3),
    ]


def create_once(name, place, requests, program):
    """One run of durable creates. Each run starts with the store as it was loaded."""
    def once():
        with running(Usersd(fresh_copy(place), program)) as server:
            result = run_tool(load_command(server, place, "create", requests, "--warm-up", requests // 10))
            result["eventsDelivered"] = server.metric("users_relay_events_total")
            batches = max(1.0, server.metric("users_store_batches_total"))
            result["transactionsOfABatch"] = server.metric("users_store_transactions_total") / batches
            return result
    return measured(name, once)


def engine_once(name, place, registrations, *more):
    return measured(name, lambda: run_tool(
        [PROGRAMS / "bench_engine", "--data", fresh_copy(place), "--registrations", registrations,
         "--warm-up", registrations // 10, *more]))


def writes(sizes):
    """Durable registrations from 64 connections, compared with the bare engine and the same puts."""
    place = loaded_data(sizes.users)
    got = in_turn(
        sizes.rounds,
        relay=lambda: create_once("create, relay on", place, sizes.writes, USERSD),
        engine=lambda: engine_once("bare engine, same puts", place, sizes.writes),
        no_relay=lambda: create_once("create, relay off", place, sizes.writes, USERSD_WITHOUT_RELAY),
        no_search=lambda: create_once("create, search off", place, sizes.writes, USERSD_WITHOUT_SEARCH),
        threads=lambda: engine_once("bare engine, 64 threads, conditions", place, sizes.writes,
                                    "--threads", "--conditions"))
    ours, engine = got["relay"], got["engine"]
    return [
        Row("create a user, durable: rate", ours["perSecond"], "/s", engine["perSecond"],
            target=0.7, at_least=True, digits=0),
        Row("create a user: p99", ours["microseconds"]["p99"] / 1000, "ms",
            engine["microseconds"]["p99"] / 1000, target=5),
        Row("create a user: server CPU", ours["serverCpuMicroseconds"], "us", engine["serverCpuMicroseconds"]),
        Row("create, relay on compared with off: rate", ours["perSecond"], "/s", got["no_relay"]["perSecond"],
            target=0.85, at_least=True, digits=0),
        Row("create, relay on compared with off: server CPU", ours["serverCpuMicroseconds"], "us",
            got["no_relay"]["serverCpuMicroseconds"]),
        Row("create, search index on compared with off: rate", ours["perSecond"], "/s", got["no_search"]["perSecond"],
            target=0.9, at_least=True, digits=0),
        Row("create, search index on compared with off: server CPU", ours["serverCpuMicroseconds"], "us",
            got["no_search"]["serverCpuMicroseconds"]),
        # The best that a program could reach that evaluates the same conditions and wakes each submitter.
        Row("create, compared with 64 threads and conditions: rate", ours["perSecond"], "/s",
            got["threads"]["perSecond"], digits=0),
        Row("create, compared with 64 threads and conditions: p99", ours["microseconds"]["p99"] / 1000, "ms",
            got["threads"]["microseconds"]["p99"] / 1000),
    ]


class CompactionWatch(threading.Thread):
    """Counts table files that are removed. Only compaction removes them."""

    def __init__(self, data):
        super().__init__(daemon=True)
        self.database = data / "db"
        self.removed = 0
        self.ended = threading.Event()

    def run(self):
        before = self._files()
        while not self.ended.wait(0.1):
            now = self._files()
            self.removed += len(before - now)
            before = now

    def _files(self):
        return {name for name in os.listdir(self.database) if name.endswith(".sst")}

    def stop(self):
        self.ended.set()
        self.join()


def reads_beside_writes(server, place, data, seconds):
    """Reads at a steady rate, during writes and compaction."""
    count = WRITES_PER_SECOND * (seconds + 12)
    command = load_command(server, place, "create", count, "--rate", WRITES_PER_SECOND)
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while server.metric("users_store_transactions_total") < WRITES_PER_SECOND:  # it signs them first
            if writer.poll() is not None or time.monotonic() > deadline:
                raise Failed("the writes do not start")
            time.sleep(0.2)
        watch = CompactionWatch(data)
        watch.start()
        result = open_reads(server, place, seconds)
        still_writing = writer.poll() is None
        watch.stop()
        output, errors = writer.communicate(timeout=120)
        if writer.returncode != 0 or not still_writing:
            raise Failed("the writes failed or ended early: " + errors)
        result["filesCompacted"] = watch.removed
        result["writesPerSecond"] = json.loads(output)["perSecond"]
        return result
    finally:
        if writer.poll() is None:
            writer.kill()
            writer.communicate()


def open_reads(server, place, seconds):
    return run_tool(load_command(server, place, "get", READS_PER_SECOND * seconds, "--warm-up",
                                 READS_PER_SECOND // 2, "--zipf", "0.99", "--rate", READS_PER_SECOND))


def mixed(sizes):
    """The p99 of 5,000 reads a second, alone and during 3,000 writes a second with compaction."""
    place = loaded_data(sizes.users)

    def alone():
        with running(Usersd(fresh_copy(place))) as server:
            return open_reads(server, place, sizes.seconds)

    def beside():
        data = fresh_copy(place)
        with running(Usersd(data)) as server:
            return reads_beside_writes(server, place, data, sizes.seconds)

    got = in_turn(sizes.rounds, alone=lambda: measured("5,000 reads/s alone", alone),
                  beside=lambda: measured("5,000 reads/s during writes", beside))
    compacted, written = got["beside"]["filesCompacted"], got["beside"]["writesPerSecond"]
    ours, alone_ = got["beside"]["microseconds"], got["alone"]["microseconds"]
    # With fewer writes, or without compaction, the result is meaningless.
    valid = compacted > 0 and written > 0.95 * WRITES_PER_SECOND
    ratio = ours["p99"] / alone_["p99"] if valid else math.inf
    return [
        Row("reads during %.0f writes/s (%d files compacted): p99" % (written, compacted), ours["p99"], "us",
            alone_["p99"], compared=ratio, digits=0, target=4),
        Row("reads during %.0f writes/s: p50" % written, ours["p50"], "us", alone_["p50"], digits=0),
    ]
