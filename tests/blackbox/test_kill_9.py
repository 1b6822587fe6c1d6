"""After kill -9 under load, acknowledged changes are complete and in order, and an unacknowledged change is either
complete or absent. All rounds use one data directory. USERS_KILL_ROUNDS sets the number of rounds (default 12)."""

import http.client
import os
import random
import statistics
import threading
import time

import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from events import first_seen, wait_for_all
from harness import run_usersd, wait_until
from people import OPERATOR

ROUNDS = int(os.environ.get("USERS_KILL_ROUNDS", "12"))
WRITERS = 6
FULL_CHECK = 10         # rounds between checks of all users; the other rounds check only the changed users
REPLAYS = 30            # requests replayed after each round
KILLED_AT_START = 4     # one in this many starts is killed before it is ready


@pytest.fixture
def own(make_server):
    return Client(make_server("--log-level", "warning"), OPERATOR)


class Writer(threading.Thread):
    """Writes to its own users at random until the server is gone. `versions` has the acknowledged versions. `pending`
    is the one request that may or may not have taken effect."""

    def __init__(self, client, seed, users):
        super().__init__()
        self.client, self.random = client, random.Random(seed)
        self.versions = dict(users)
        self.bodies = {}     # user id -> the latest acknowledged response
        self.committed = []  # (request, raw response) of each acknowledged change
        self.deleted = set()
        self.pending = None  # (method, path, body, headers, user id or None)
        self.strange = []

    def next_request(self):
        kind = self.random.randrange(6)
        live = sorted(set(self.versions) - self.deleted)
        key = fresh_key()
        if kind == 0 or not live:
            return "POST", "/users", {"idempotencyKey": key, "email": fresh_email("crash"), "name": "Crash"}, {}, None
        user_id = self.random.choice(live)
        path, header = "/users/" + user_id, {"Idempotency-Key": key}
        if kind == 1:
            return "PUT", path + "/status", {"status": self.random.choice(["active", "disabled"])}, header, user_id
        if kind == 2:
            return "POST", path + "/roles", {"role": self.random.choice(["viewer", "editor"])}, header, user_id
        if kind == 3 and len(live) > 3 and self.random.random() < 0.3:
            return "PUT", path + "/status", {"status": "deleted"}, header, user_id
        change = self.random.choice([{"name": key}, {"email": fresh_email("moved")}, {"metadata": {"k": key}}])
        return "PATCH", path, {"idempotencyKey": key, **change}, {}, user_id

    def run(self):
        while True:
            self.pending = self.next_request()
            try:
                response = send(self.client, self.pending)
            except (http.client.HTTPException, OSError):
                return
            self.check(response)
            self.pending = None

    def check(self, response):
        _, _, body, _, user_id = self.pending
        if response.status not in (200, 201):
            self.strange.append(response)
            return
        user_id = user_id or response.json["userId"]
        if response.json["version"] != self.versions.get(user_id, 0):
            self.bodies[user_id] = response.json
            self.committed.append((self.pending, response.raw))
        self.versions[user_id] = response.json["version"]
        if body.get("status") == "deleted":
            self.deleted.add(user_id)

    def settle(self):
        """Retries the request without a response after the restart. It must take effect once in total."""
        if self.pending is None:
            return
        before = self.versions.get(self.pending[4], 0)
        response = send(self.client, self.pending)
        self.check(response)
        self.pending = None
        assert response.status in (200, 201) and response.json["version"] - before in (0, 1), response


def send(client, request):
    method, path, body, headers, _ = request
    return client.request(method, path, body, headers=headers)


def test_kill_9_under_load(own, capsys):
    server = own.server
    seed = random.randrange(1_000_000)
    print("seed", seed)
    chance = random.Random(seed)
    versions, deleted, committed = {}, set(), []
    for round_number in range(1, ROUNDS + 1):
        mine = [sorted(set(versions) - deleted)[n::WRITERS] for n in range(WRITERS)]
        writers = [Writer(own, chance.random(), {u: versions[u] for u in mine[n]}) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        enough = chance.randrange(20, 200)
        wait_until(lambda: sum(len(writer.committed) for writer in writers) >= enough, 60, step=0.001)
        server.kill9()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive() and writer.strange == []
        if chance.randrange(KILLED_AT_START) == 0:
            server.launch()
            time.sleep(chance.random() * 0.2)
            server.kill9()
        server.start()

        touched = set()
        for writer in writers:
            touched |= check_acknowledged(own, writer)
            writer.settle()
            touched |= {user_id for user_id, version in writer.versions.items() if versions.get(user_id) != version}
            versions.update(writer.versions)
            deleted |= writer.deleted
        committed += [entry for writer in writers for entry in writer.committed]
        for request, raw in chance.sample(committed, min(REPLAYS, len(committed))):
            again = send(own, request)
            assert again.replayed and again.raw == raw, request
        everything = round_number % FULL_CHECK == 0 or round_number == ROUNDS
        check_users(own, versions if everything else touched, versions, deleted)
        check_lists(own, versions, deleted)
        check_events(server, versions)

    wait_for_all(own, versions)  # checks every value of the events
    server.stop()
    checked = run_usersd("check", "--data", server.data, timeout=300)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with capsys.disabled():
        times = sorted(1000 * seconds for seconds in server.start_times)
        print("\n%d kills under load; %d users, %d changes, %d events, %d KiB of data; %d starts: %d ms at least, %d ms in "
              "the median, %d ms at most" % (ROUNDS, len(versions), sum(versions.values()), len(server.events()),
                                             size_of(server.data) // 1024, len(times), times[0],
                                             statistics.median(times), times[-1]))
        print(checked.stdout.strip() or checked.stderr.strip())


def check_acknowledged(client, writer):
    """Checks, before anything is retried, that the audit log has each acknowledged write of this round with its values,
    and nothing else except possibly the pending one. Returns the ids of the users concerned."""
    in_doubt = writer.pending[4] if writer.pending else None
    touched = set(writer.bodies) | ({in_doubt} - {None})
    for user_id in touched:
        version = writer.versions[user_id]
        entries = client.audit(user_id)
        assert len(entries) - version in ((0, 1) if user_id == in_doubt else (0,)), user_id
        response = writer.bodies.get(user_id)
        if response:
            entry = entries[response["version"] - 1]
            assert entry["timestamp"] == response["updatedAt"]
            for field in set(response) & set(entry["changes"]):
                assert entry["changes"][field]["after"] == response[field]
    return touched


def check_users(client, which, versions, deleted):
    """Checks that the chains verify and rebuild the users, and that each live user is found by email address once."""
    for user_id in which:
        entries = check_user(client, user_id, deleted=user_id in deleted)
        assert len(entries) == versions[user_id]
        if user_id not in deleted:
            user = client.get(user_id)
            (summary,) = client.find(user["email"])
            assert summary == {name: user[name] for name in summary}


def check_lists(client, versions, deleted):
    """Checks that the list contains exactly the live users, with and without a status filter."""
    listed = client.list_users(37)
    live = sorted(set(versions) - deleted)
    assert [user["userId"] for user in listed] == live
    assert [user["version"] for user in listed] == [versions[user_id] for user_id in live]
    for status in ("active", "disabled"):
        assert client.list_users(37, status=status) == [user for user in listed if user["status"] == status]


def check_events(server, versions):
    """Checks that every change has become an event, and that each user's events are in order."""
    expected = {user_id: list(range(1, version + 1)) for user_id, version in versions.items()}
    complete = sum(versions.values())

    def delivered():
        seen = first_seen(server.events())
        return seen if sum(map(len, seen.values())) >= complete else None

    assert wait_until(delivered, 30, step=0.1) == expected


def size_of(directory):
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def test_kill_9_during_identical_requests_keeps_one_effect(own, together):
    """A creation without a response, retried concurrently after the crash, creates one user."""
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Same"}

    def send(number):
        if number == 0:
            time.sleep(0.005)
            own.server.kill9()
            return None
        try:
            return own.request("POST", "/users", body)
        except (http.client.HTTPException, OSError):
            return None

    before = [response for response in together(9, send) if response]
    own.server.start()
    after = together(8, lambda _: own.request("POST", "/users", body))
    assert len({response.raw for response in before + after}) == 1
    assert len(own.find(body["email"])) == 1 == len(own.list_users())
