"""A backup that lacks an acknowledged change, or that no server can start on, would be detected too late. These tests
make copies under load and of stopped stores, check them, and start servers on them."""

import signal
import stat
import threading
import time

import pytest
from backups import back_up, finish, hold_backup, left_beside, snapshots, start_backup
from client import Client, fresh_email, fresh_key
from events import first_seen, wait_for_all
from harness import Server, run_usersd, wait_until
from people import OPERATOR
from test_check import check, rejected


@pytest.fixture
def own(make_server):
    """A client of a server with three users. One user is changed."""
    client = Client(make_server("--log-level", "warning"), OPERATOR)
    client.users = {client.new_user()["userId"]: 1 for _ in range(3)}
    first = next(iter(client.users))
    assert client.assign(first, "viewer").status == 200
    client.users[first] = 2
    return client


@pytest.fixture
def serve_copy(own, tmp_path):
    """serve_copy(directory): starts a server on the copy in `directory`/data. Returns a client."""
    servers = []

    def serve(directory):
        server = Server(directory, "--principals", own.server.principals_file, "--log-level", "warning")
        servers.append(server)
        server.start()
        return Client(server, OPERATOR)

    yield serve
    for server in servers:
        if server.running:
            server.stop()


class Writers:
    """Callers that change users until the block ends. `acknowledged` has each response with its request."""

    def __init__(self, client, count=3):
        self.client = client
        self.acknowledged = []  # (user, version, key, body of the request, method, response's bytes)
        self.faults = []
        self._stopping = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        for thread in self._threads:
            thread.join(60)
        assert not self.faults, self.faults[:3]

    def _work(self):
        try:
            while not self._stopping:
                body = {"idempotencyKey": fresh_key(), "email": fresh_email("Load"), "name": "Under Load"}
                user = self._call("POST", "/users", body)
                for turn in range(3):
                    self._call("PATCH", "/users/" + user, {"idempotencyKey": fresh_key(), "name": "Load %d" % turn})
        except Exception as error:
            self.faults.append(repr(error))

    def _call(self, method, path, body):
        response = self.client.request(method, path, body)
        assert response.status in (200, 201), response
        self.acknowledged.append((response.json["userId"], response.json["version"], method, path, body, response.raw))
        return response.json["userId"]


# --- the contents of a copy


def test_copy_made_under_load_has_every_acknowledged_change(own, serve_copy, tmp_path):
    for turn in range(2):
        with Writers(own) as writers:
            wait_until(lambda: len(writers.acknowledged) >= 30, 60)
            before = list(writers.acknowledged)
            to = tmp_path / ("copy%d" % turn) / "data"
            back_up(own.server.data, to)
            assert check(to, "--events", to / "audit-events.jsonl")[:2] == (0, [])
        assert len(writers.acknowledged) >= len(before)
        copy = serve_copy(tmp_path / ("copy%d" % turn))
        newest = {}
        for user, version, *_ in before:
            newest[user] = max(version, newest.get(user, 0))
        held = {user["userId"]: copy.get(user["userId"]) for user in copy.list_users()}
        for user, version in newest.items():
            assert held[user]["version"] >= version
        for _, _, method, path, body, raw in before:
            again = copy.request(method, path, body)
            assert again.replayed and again.raw == raw
        check_events(copy, {user: record["version"] for user, record in held.items()})
        copy.server.stop()
        assert check(copy.server.data, "--events", copy.server.data / "audit-events.jsonl")[:2] == (0, [])


def check_events(copy, versions):
    """Checks that the copy's event file lacks no event and has no event of a change made after the copy."""
    def complete():
        seen = first_seen(copy.server.events())
        return all(seen[user][:version] == list(range(1, version + 1)) for user, version in versions.items())
    wait_until(complete, 30)
    entries = {user: [entry["hash"] for entry in copy.audit(user)] for user in versions}
    for event in copy.server.events():
        detail = event["detail"]
        assert detail["hash"] == entries[detail["userId"]][detail["version"] - 1]


def test_copy_of_a_stopped_store_is_complete(own, serve_copy, tmp_path):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada"}
    first = own.request("POST", "/users", body)
    own.users[first.json["userId"]] = 1
    wait_for_all(own, own.users)
    expected = own.list_users(), [own.audit(user) for user in own.users]
    own.server.stop()
    events = own.server.events()

    to = tmp_path / "copy" / "data"
    said = back_up(own.server.data, to)
    assert said.startswith("4 users, 7 audit entries, ")
    assert check(to)[0] == check(own.server.data)[0] == 0
    assert not snapshots(own.server.data)
    copy = serve_copy(tmp_path / "copy")
    assert (copy.list_users(), [copy.audit(user) for user in own.users]) == expected
    again = copy.request("POST", "/users", body)
    assert again.replayed and again.raw == first.raw
    newer = copy.new_user()["userId"]
    assert newer > max(own.users)
    assert wait_for_all(copy, {**own.users, newer: 1})[:-1] == events  # nothing is repeated or lost
    own.server.start()
    assert own.list_users() == expected[0]


def test_undelivered_events_are_delivered_from_the_copy(own, serve_copy, tmp_path):
    """The server is killed right after the response, before the relay stores its checkpoint or even delivers."""
    wait_for_all(own, own.users)
    user = own.new_user()["userId"]
    own.server.kill9()
    to = tmp_path / "copy" / "data"
    back_up(own.server.data, to)
    copy = serve_copy(tmp_path / "copy")
    wait_for_all(copy, {**own.users, user: 1})


def test_every_file_is_copied_with_private_permissions(bare_server, tmp_path):
    server = bare_server()
    back_up(server.data, tmp_path / "copy" / "data")
    server.stop()
    to = tmp_path / "copy" / "data"
    files = {path.name for path in to.iterdir()}
    # A restore does not need the administrator's key, and anyone who reads the copy could use it. The search index is
    # built again.
    assert files == {path.name for path in server.data.iterdir()} - {"control", "credentials", "curlrc", "search"}
    assert {"FORMAT", "principals.json", "audit-events.jsonl", "db"} <= files
    for name in files - {"db", "ANCHOR"}:
        assert (to / name).read_bytes() == (server.data / name).read_bytes()
    for path in [to, *to.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    copy = Server(tmp_path / "copy")
    assert "try" not in copy.start()  # the same administrator
    copy.stop()


def test_copy_of_a_copy_may_go_into_an_empty_directory(own, tmp_path):
    own.server.stop()
    (tmp_path / "second").mkdir()
    back_up(own.server.data, tmp_path / "first")
    back_up(tmp_path / "first", str(tmp_path / "second") + "/")
    assert check(tmp_path / "second") == check(own.server.data)


def test_backup_works_after_a_server_was_killed(own, tmp_path):
    data = own.server.data
    own.server.kill9()
    assert (data / "control").exists()
    back_up(data, tmp_path / "copy")
    assert check(tmp_path / "copy")[0] == 0 and not (tmp_path / "copy" / "control").exists()
    own.server.start()
    back_up(data, tmp_path / "again")


# --- interruptions and concurrent backups


def test_interrupted_backup_leaves_nothing(own, tmp_path):
    """The backup checks for signals about once a second, so it is paused for longer than that."""
    to = tmp_path / "copy"
    partial = tmp_path / "copy.partial"

    def interrupted():
        process = start_backup(own.server.data, to, lambda: any(partial.glob("db/*")))
        time.sleep(1.2)
        process.send_signal(signal.SIGINT)
        code, out, err = finish(process)
        if code == 0:  # it was already complete
            assert check(to)[0] == 0
            to.rename(tmp_path / ("done-%d" % time.monotonic_ns()))
            return False
        assert code == 128 + signal.SIGINT and out == "", (code, out, err)
        assert err.splitlines()[-1].endswith(": interrupted; nothing was kept"), err
        return True

    wait_until(interrupted, 120)
    assert not to.exists() and not left_beside(to)
    wait_until(lambda: not snapshots(own.server.data), 30)
    back_up(own.server.data, to)


@pytest.mark.parametrize("running", [True, False])
def test_killed_backup_does_not_block_the_next(own, tmp_path, running):
    """A killed backup leaves its unfinished copy, and the next backup replaces it."""
    to = tmp_path / "copy"
    data = own.server.data
    if not running:
        own.server.stop()
    for _ in range(3):
        process = hold_backup(data, to, (tmp_path / "copy.partial/db").exists)
        process.kill()
        code, _, _ = finish(process)
        assert code == -signal.SIGKILL and not to.exists() and left_beside(to) == ["copy.partial"]
    back_up(data, to)
    assert check(to)[0] == 0
    wait_until(lambda: not snapshots(data), 30)


def test_second_backup_to_the_same_directory_is_rejected(own, tmp_path):
    to = tmp_path / "copy"
    first = hold_backup(own.server.data, to, (tmp_path / "copy.partial/db").exists)
    assert rejected("backup", "--data", own.server.data, "--to", to) == (
        "--to %s: another backup to it is running" % to)
    back_up(own.server.data, tmp_path / "other")
    code, out, err = finish(first)
    assert code == 0, (out, err)
    assert check(to) == check(tmp_path / "other")


def test_concurrent_backups_to_different_directories_succeed(own, together, tmp_path):
    """Of several backups to the same directory, one succeeds. Backups to other directories all succeed."""
    results = together(6, lambda i: run_usersd("backup", "--data", own.server.data, "--to",
                                               tmp_path / ("same" if i < 3 else "other%d" % i)))
    codes = [result.returncode for result in results]
    assert sorted(codes[:3]) == [0, 2, 2] and codes[3:] == [0, 0, 0], results
    for name in ("same", "other3", "other4", "other5"):
        assert check(tmp_path / name)[0] == 0
    assert not left_beside(tmp_path / "same")
    wait_until(lambda: not snapshots(own.server.data), 60)


@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_server_may_stop_during_a_backup(own, tmp_path, how):
    to, data = tmp_path / "copy", own.server.data
    process = start_backup(data, to, lambda: snapshots(data))
    getattr(own.server, how)()
    code, _, err = finish(process)
    if code == 0:  # it already had everything it needed
        assert check(to)[0] == 0
    else:
        assert code == 2 and err.splitlines()[-1].startswith("usersd: --data %s: the server " % data), err
        assert not to.exists()
    assert not left_beside(to)
    back_up(data, tmp_path / "after")
    assert check(tmp_path / "after")[0] == 0
    own.server.start()  # a backup of a stopped server's data removes nothing there
    assert not snapshots(data)


# --- time limit


def test_backup_ends_at_its_time_limit(own, tmp_path):
    """The backup checks the time about once a second, so it is paused until its time is over."""
    to, partial = tmp_path / "copy", tmp_path / "copy.partial"

    def too_long():
        process = start_backup(own.server.data, to, lambda: any(partial.glob("db/*")), "--time-limit", "1")
        time.sleep(1.2)
        code, out, err = finish(process)
        if code == 0:  # it was already complete
            to.rename(tmp_path / ("done-%d" % time.monotonic_ns()))
            return False
        assert code == 2 and out == "", (code, out, err)
        assert err.splitlines()[-1] == (
            "usersd: --to %s: took longer than 1 s (--time-limit); nothing was kept" % to), err
        return True

    wait_until(too_long, 120)
    assert not to.exists() and not left_beside(to)


def test_backup_ends_although_the_server_hangs(own, tmp_path):
    """The server is paused, so only the kernel accepts the connection."""
    own.server.process.send_signal(signal.SIGSTOP)
    try:
        result = run_usersd("backup", "--data", own.server.data, "--to", tmp_path / "copy", "--time-limit", "1")
    finally:
        own.server.process.send_signal(signal.SIGCONT)
    assert result.returncode == 2 and result.stdout == "" and not (tmp_path / "copy").exists(), result
    back_up(own.server.data, tmp_path / "copy")
