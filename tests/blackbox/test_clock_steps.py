"""A machine's clock can be wrong, and it can be corrected in either direction while callers write. No promise may
depend on a clock that only goes forward. stepped_clock.c gives the real process a clock that these tests set."""

import os
import pathlib
import random
import subprocess
import threading

import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from events import wait_for_all
from harness import run_usersd
from people import OPERATOR
from signing import hand_sign, utc_now

# libfaketime would do, but it never returns under jemalloc, which Debian's RocksDB brings.
SOURCE = pathlib.Path(__file__).with_name("stepped_clock.c")
HOUR = 3600
DAY = 24 * HOUR
WRITERS = 4
STEPS = 5      # from one restart to the next
REPLAYS = 150  # requests replayed after each restart


class SteppedServer:
    """usersd with a wall clock that step() sets. As on a real machine, its steady clock does not change."""

    def __init__(self, make_server, directory):
        library = directory / "stepped_clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True, timeout=60)
        self.file = directory / "clock"
        self.server = make_server("--log-level", "warning", start=False)
        self.step(0)
        self.server.environment = {
            "LD_PRELOAD": str(library), "STEPPED_CLOCK": str(self.file),
            # The library replaces no allocation, so it may come before AddressSanitizer.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        self.server.start()
        self.client = Client(self.server, OPERATOR)

    def step(self, ahead):
        """Sets the server's clock `ahead` seconds ahead of the true time, or behind it if negative."""
        temporary = self.file.with_suffix(".tmp")
        temporary.write_text("%+d\n" % ahead)
        os.replace(temporary, self.file)
        self.server.clock_ahead = ahead


@pytest.fixture
def stepped(make_server, tmp_path):
    return SteppedServer(make_server, tmp_path)


class Writer(threading.Thread):
    """Writes to its own users until `stopping` is set. It signs again after a 401, because a step can make a signature
    look stale."""

    def __init__(self, client, seed):
        super().__init__()
        self.client, self.random = client, random.Random(seed)
        self.stopping = threading.Event()
        self.versions = {}   # user id -> version, in the order of creation
        self.committed = []  # (method, path, body, headers, raw response)
        self.failure = None

    def send(self, method, path, body, headers=None):
        for _ in range(1000):
            response = self.client.request(method, path, body, headers=headers)
            if response.status != 401:
                break
        assert response.status in (200, 201), response
        user_id, version = response.json["userId"], response.json["version"]
        if self.versions.get(user_id) != version:
            assert version == self.versions.get(user_id, 0) + 1, response
            self.versions[user_id] = version
            self.committed.append((method, path, body, headers, response.raw))

    def write(self):
        user_id = self.random.choice(list(self.versions)) if self.versions else None
        kind = self.random.randrange(4)
        key = fresh_key()
        if kind == 0 or user_id is None:
            self.send("POST", "/users", {"idempotencyKey": key, "email": fresh_email("step"), "name": "Step"})
        elif kind == 1:
            self.send("POST", "/users/%s/roles" % user_id, {"role": self.random.choice(["viewer", "editor"])},
                      {"Idempotency-Key": key})
        else:
            self.send("PATCH", "/users/" + user_id, {"idempotencyKey": key, "name": key})

    def run(self):
        try:
            while not self.stopping.is_set():
                self.write()
        except Exception as failure:
            self.failure = failure

    def wait_for(self, count):
        """Waits until `count` more changes are committed or one has failed."""
        target = len(self.committed) + count
        for _ in range(60_000):
            if len(self.committed) >= target or not self.is_alive():
                return
            self.stopping.wait(0.001)
        raise AssertionError("no progress")


def write_over_steps(stepped, steps, seed):
    """Runs writers while the clock steps. They have ended when this returns."""
    writers = [Writer(stepped.client, "%d/%d" % (seed, n)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for ahead in steps:
        for writer in writers:
            writer.wait_for(3)
        stepped.step(ahead)
    for writer in writers:
        writer.wait_for(3)
        writer.stopping.set()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive() and writer.failure is None, writer.failure
    return writers


def check_replays(client, committed, chance):
    for method, path, body, headers, raw in chance.sample(committed, min(REPLAYS, len(committed))):
        again = client.request(method, path, body, headers=headers)
        assert again.replayed and again.raw == raw


@pytest.mark.parametrize("farthest", [10 * HOUR, 400 * DAY], ids=["hours", "days"])
def test_writes_stay_consistent_while_the_clock_steps(stepped, farthest):
    """Includes restarts and kills. The server keeps keys for 24 hours of its own clock, so only the case with steps of
    hours can replay all of them."""
    server, client = stepped.server, stepped.client
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    writers = []
    for round_number in range(4):
        steps = [chance.randrange(-farthest, farthest) for _ in range(STEPS)]
        fresh = write_over_steps(stepped, steps, seed + round_number)
        known = [user_id for writer in writers for user_id in writer.versions]
        for writer in fresh:
            created = list(writer.versions)
            assert created == sorted(created), "ids do not increase"
            assert not known or created[0] > max(known), "ids do not increase over restarts"
        writers += fresh
        (server.kill9 if round_number % 2 else server.stop)()
        stepped.step(chance.randrange(-farthest, farthest))
        server.start()
        if farthest < DAY / 2:
            check_replays(client, [change for writer in writers for change in writer.committed], chance)

    versions = {user_id: version for writer in writers for user_id, version in writer.versions.items()}
    assert [user["userId"] for user in client.list_users()] == sorted(versions)
    event_ids = []
    for user_id, version in versions.items():
        entries = check_user(client, user_id)  # checks the chain, and that timestamps do not decrease
        assert len(entries) == version
        event_ids += [entry["eventId"] for entry in entries]
    assert len(set(event_ids)) == len(event_ids)
    wait_for_all(client, versions)
    server.stop()
    checked = run_usersd("check", "--data", server.data)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_event_ids_stay_unique_after_a_step_back_and_a_restart(stepped):
    """While the clock is behind the newest id, new ids are counted up from it. A restart must not reuse one."""
    client = stepped.client
    stepped.step(DAY)
    user_id = client.new_user()["userId"]
    stepped.step(0)
    for _ in range(2):
        for _ in range(3):
            assert client.patch(user_id, name=fresh_key()).status == 200
        stepped.server.stop()
        stepped.server.start()
    event_ids = [entry["eventId"] for entry in client.audit(user_id)]
    assert len(set(event_ids)) == 7


def test_times_of_a_user_do_not_go_back_with_the_clock(stepped):
    client = stepped.client
    created = client.new_user()
    stepped.step(-3 * DAY)
    changed = client.patch(created["userId"], name="Earlier").json
    assert changed["updatedAt"] == created["updatedAt"] == changed["createdAt"]
    newer = client.new_user()
    assert newer["createdAt"] < created["createdAt"] and newer["userId"] > created["userId"]
    stepped.step(2 * HOUR)
    assert client.patch(created["userId"], name="Later").json["updatedAt"] > changed["updatedAt"]
    check_user(client, created["userId"])


def test_keys_expire_after_24_hours_of_the_server_clock(stepped):
    client = stepped.client
    key, email = fresh_key(), fresh_email()
    first = client.create(key=key, email=email)
    for ahead in (-30 * DAY, -HOUR, 23 * HOUR, 0):
        stepped.step(ahead)
        again = client.create(key=key, email=email)
        assert again.replayed and again.raw == first.raw
    stepped.step(25 * HOUR)
    body = {"idempotencyKey": key, "email": fresh_email(), "name": "Another"}
    assert client.request("POST", "/users", body).status == 201


@pytest.mark.parametrize("ahead", [-2 * DAY, -HOUR, HOUR, 2 * DAY])
def test_signature_time_is_checked_against_the_server_clock(stepped, ahead):
    client = stepped.client
    stepped.step(ahead)
    assert client.request("GET", "/users").status == 200
    headers = hand_sign(OPERATOR, "GET", "/users", [("Host", stepped.server.authority)], when=utc_now())
    assert client.send("GET", "/users", headers).status == 401
    stepped.step(0)
    assert client.request("GET", "/users").status == 200


def test_clock_steps_and_frozen_timestamps_are_logged(stepped):
    """After a step forward, a change and a step back, that user's timestamps do not advance, and new ids are ahead of
    the clock."""
    server, client = stepped.server, stepped.client

    user_id = client.new_user()["userId"]
    stepped.step(DAY)
    (forward,) = server.logged("clock_jumped")
    assert abs(forward["milliseconds"] - DAY * 1000) < HOUR * 1000 and forward["level"] == "warning"
    client.new_user()
    assert client.patch(user_id, name="Ahead").status == 200
    stepped.step(0)
    _, back = server.logged("clock_jumped", 2)
    assert abs(back["milliseconds"] + DAY * 1000) < HOUR * 1000
    assert client.patch(user_id, name="Frozen").status == 200
    (frozen,) = server.logged("timestamps_frozen")
    assert frozen["userId"] == user_id and abs(frozen["milliseconds"] - DAY * 1000) < HOUR * 1000
    assert [line for line in server.stop() if line["event"] == "timestamps_frozen"] == [frozen]
    server.start()
    (ahead,) = server.logged("user_ids_ahead")
    assert abs(ahead["milliseconds"] - DAY * 1000) < HOUR * 1000
