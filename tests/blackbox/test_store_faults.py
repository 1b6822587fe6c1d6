"""Disks become full and file descriptors run out. The server never acknowledges a write that is not durable. Reads
continue, nothing acknowledged is lost, and writes continue as soon as there is space again."""

import resource
import signal
import subprocess
import time

import harness
import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from harness import wait_until
from people import OPERATOR
from rawhttp import RawConnection


def limited(which, value):
    """A function that sets the limit. It runs in the child before exec."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write fails instead of killing the process
        resource.setrlimit(which, (value, resource.getrlimit(which)[1] if which == resource.RLIMIT_FSIZE else value))
    return limit


@pytest.fixture
def limited_client(make_server):
    """limited_client(which, value): a client of a server with this resource limit."""
    def make(which, value):
        server = make_server("--log-level", "warning", start=False)
        server.preexec = limited(which, value)
        server.start()
        return Client(server, OPERATOR)
    return make


def fill(client, rejections, acknowledged=None):
    """Registers users until `rejections` requests were rejected. Returns the acknowledged users by id, and the rejected
    requests."""
    acknowledged, rejected = {} if acknowledged is None else acknowledged, []
    metadata = {"k%02d" % number: "x" * 1000 for number in range(15)}
    while len(rejected) < rejections:
        assert len(acknowledged) < 2000
        body = {"idempotencyKey": fresh_key(), "email": fresh_email("full"), "name": "Full", "metadata": metadata}
        response = client.request("POST", "/users", body)
        if response.status == 201:
            acknowledged[response.json["userId"]] = response.json
        else:
            assert response.status == 503 and response.headers["retry-after"], response
            rejected.append(body)
    # Reads continue, and return exactly what was acknowledged.
    assert {user["userId"] for user in client.list_users()} == set(acknowledged)
    assert not any(client.find(body["email"]) for body in rejected)
    return acknowledged, rejected


def check_all(client, acknowledged, rejected):
    for user_id, user in acknowledged.items():
        assert client.get(user_id) == user
        check_user(client, user_id)
    for body in rejected:  # a retry of the same request has one effect
        response = client.request("POST", "/users", body)
        assert response.status == 201 and len(client.find(body["email"])) == 1, response
    all_users = {user["userId"] for user in client.list_users()}
    assert len(all_users) == len(acknowledged) + len(rejected)
    # The event file could not grow either, but no event is lost.
    wait_until(lambda: {event["detail"]["userId"] for event in client.server.events()} >= all_users, 30)


@pytest.mark.parametrize("how", ["stop", "kill9", "go on"])
def test_nothing_is_lost_when_files_cannot_grow(limited_client, how):
    """No file may grow beyond 2 MiB, so the store's log soon cannot grow. After the limit is lifted, everything works
    again, with or without a restart."""
    client = limited_client(resource.RLIMIT_FSIZE, 2 << 20)
    server = client.server
    acknowledged, rejected = fill(client, 5)
    if how == "go on":
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
        wait_until(lambda: client.request("POST", "/users", rejected[0]).status == 201, 60)
        check_all(client, acknowledged, rejected)
        return
    if how == "stop":
        server.signal(signal.SIGTERM)
        server.wait()  # any exit code
    else:
        server.kill9()
    server.preexec = None
    server.start()
    check_all(client, acknowledged, rejected)


def test_server_survives_when_nothing_can_be_written(limited_client):
    """No file can be written, not even the engine's own log. The process survives."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    client = limited_client(resource.RLIMIT_FSIZE, most)
    process = client.server.process
    acknowledged = {}
    for _ in range(5):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, most))
        _, rejected = fill(client, 3, acknowledged)
        time.sleep(0.5)  # the engine tries to write to its log in the meantime
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        wait_until(lambda: client.request("POST", "/users", rejected[0]).status == 201, 60)
        for body in rejected:
            user = client.request("POST", "/users", body).json
            acknowledged[user["userId"]] = user
        assert process.poll() is None
    check_all(client, acknowledged, [])


@pytest.mark.parametrize("most", [0, 100, 300])
def test_start_fails_cleanly_when_files_cannot_grow(make_server, most):
    """The start fails with one line, and the store is unchanged."""
    server = make_server()
    client = Client(server, OPERATOR)
    user = client.new_user()
    server.kill9()
    rejected = harness.run_usersd("serve", "--data", server.data, "--listen", "127.0.0.1:0",
                                 preexec_fn=limited(resource.RLIMIT_FSIZE, most))
    assert rejected.returncode == 2 and rejected.stderr.count("\n") == 1 and "--data" in rejected.stderr, rejected
    server.start()
    assert client.get(user["userId"]) == user


@pytest.fixture
def small_disk(tmp_path):
    """A separate file system of 80 MiB, with a file that fills most of it. Requires permission to mount."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(place)], capture_output=True,
                             timeout=30)
    if mounted.returncode != 0:
        pytest.skip("may not mount a small file system here")
    try:
        (place / "ballast").write_bytes(b"x" * (72 << 20))
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], timeout=30)


def test_writes_continue_after_a_full_disk_gets_space(make_server, small_disk):
    """Writes succeed again without a restart. After a crash, remains of the failed writes must have no effect."""
    server = make_server("--log-level", "warning", start=False)
    server.data = small_disk / "data"
    server.start()
    try:
        client = Client(server, OPERATOR)
        acknowledged, rejected = fill(client, 3)
        (small_disk / "ballast").unlink()
        wait_until(lambda: client.request("POST", "/users", rejected[0]).status == 201, 60)
        for _ in range(20):
            user = client.new_user()
            acknowledged[user["userId"]] = user
        server.kill9()
        server.start()
        check_all(client, acknowledged, rejected)
    finally:
        server.kill9()


def test_callers_are_served_when_file_descriptors_run_out(limited_client):
    """There are more connections than descriptors. The server closes the longest idle ones and serves callers."""
    if b"__ubsan_handle_dynamic_type_cache_miss" in open(harness.BINARY, "rb").read():
        pytest.skip("UBSan needs descriptors of its own and reports a false `invalid vptr` without them")
    client = limited_client(resource.RLIMIT_NOFILE, 150)
    user_id = client.new_user()["userId"]
    idle = []
    try:
        for _ in range(250):
            idle.append(RawConnection(client.server))
        served = 0
        end = time.monotonic() + 60
        while served < 20:
            assert time.monotonic() < end, "%d calls were served" % served
            client.close()  # a new connection each time
            try:
                served += client.patch(user_id, name="N%d" % served).status == 200
            except OSError:
                time.sleep(0.05)  # the server closed this connection as idle
    finally:
        for connection in idle:
            connection.close()
    check_user(client, user_id)
