"""Why: disks get full and file descriptors run out. A write that is not durable is never acknowledged, reads
go on, nothing acknowledged is lost, and with room again all goes on."""

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
    """Runs in the child before it becomes usersd."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write fails instead of killing
        resource.setrlimit(which, (value, resource.getrlimit(which)[1] if which == resource.RLIMIT_FSIZE else value))
    return limit


@pytest.fixture
def limited_client(make_server):
    """limited_client(which, value): a client of a server under this resource limit."""
    def make(which, value):
        server = make_server("--log-level", "warning", start=False)
        server.preexec = limited(which, value)
        server.start()
        return Client(server, OPERATOR)
    return make


def fill(client, refusals, acknowledged=None):
    """Registers users until so many were refused; those acknowledged by id, and the refused requests."""
    acknowledged, refused = {} if acknowledged is None else acknowledged, []
    metadata = {"k%02d" % number: "x" * 1000 for number in range(15)}
    while len(refused) < refusals:
        assert len(acknowledged) < 2000
        body = {"idempotencyKey": fresh_key(), "email": fresh_email("full"), "name": "Full", "metadata": metadata}
        answer = client.request("POST", "/users", body)
        if answer.status == 201:
            acknowledged[answer.json["userId"]] = answer.json
        else:
            assert answer.status == 503 and answer.headers["retry-after"], answer
            refused.append(body)
    # Reads go on, and see what was acknowledged and nothing else.
    assert {user["userId"] for user in client.list_users()} == set(acknowledged)
    assert not any(client.find(body["email"]) for body in refused)
    return acknowledged, refused


def check_all(client, acknowledged, refused):
    for user_id, user in acknowledged.items():
        assert client.get(user_id) == user
        check_user(client, user_id)
    for body in refused:  # the same requests again: one effect each
        answer = client.request("POST", "/users", body)
        assert answer.status == 201 and len(client.find(body["email"])) == 1, answer
    everybody = {user["userId"] for user in client.list_users()}
    assert len(everybody) == len(acknowledged) + len(refused)
    # The event file could not grow either; nothing is lost.
    wait_until(lambda: {event["detail"]["userId"] for event in client.server.events()} >= everybody, 30)


@pytest.mark.parametrize("how", ["stop", "kill9", "go on"])
def test_files_that_may_not_grow(limited_client, how):
    """No file may grow beyond 2 MB: the store's log soon cannot. With that limit lifted all goes on, after a
    restart or without one."""
    client = limited_client(resource.RLIMIT_FSIZE, 2 << 20)
    server = client.server
    acknowledged, refused = fill(client, 5)
    if how == "go on":
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
        wait_until(lambda: client.request("POST", "/users", refused[0]).status == 201, 60)
        check_all(client, acknowledged, refused)
        return
    if how == "stop":
        server.signal(signal.SIGTERM)
        server.wait()  # however it ends, it ends
    else:
        server.kill9()
    server.preexec = None
    server.start()
    check_all(client, acknowledged, refused)


def test_no_file_may_grow_for_a_while(limited_client):
    """Not a byte can be written anywhere, the engine's own log included. The process lives on."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    client = limited_client(resource.RLIMIT_FSIZE, most)
    process = client.server.process
    acknowledged = {}
    for _ in range(5):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, most))
        _, refused = fill(client, 3, acknowledged)
        time.sleep(0.5)  # the engine has things to say meanwhile
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        wait_until(lambda: client.request("POST", "/users", refused[0]).status == 201, 60)
        for body in refused:
            user = client.request("POST", "/users", body).json
            acknowledged[user["userId"]] = user
        assert process.poll() is None
    check_all(client, acknowledged, [])


@pytest.mark.parametrize("most", [0, 100, 300])
def test_start_where_files_may_not_grow(make_server, most):
    """Refused in one line; and the store is what it was."""
    server = make_server()
    client = Client(server, OPERATOR)
    user = client.new_user()
    server.kill9()
    refused = harness.run_usersd("serve", "--data", server.data, "--listen", "127.0.0.1:0",
                                 preexec_fn=limited(resource.RLIMIT_FSIZE, most))
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1 and "--data" in refused.stderr, refused
    server.start()
    assert client.get(user["userId"]) == user


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 80 MB of its own, with a file that fills most of it. Needs the right to mount."""
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


def test_full_disk_that_gets_room_again(make_server, small_disk):
    """Writes go on by themselves; and a crash after that must not find what the failed ones left behind."""
    server = make_server("--log-level", "warning", start=False)
    server.data = small_disk / "data"
    server.start()
    try:
        client = Client(server, OPERATOR)
        acknowledged, refused = fill(client, 3)
        (small_disk / "ballast").unlink()
        wait_until(lambda: client.request("POST", "/users", refused[0]).status == 201, 60)
        for _ in range(20):
            user = client.new_user()
            acknowledged[user["userId"]] = user
        server.kill9()
        server.start()
        check_all(client, acknowledged, refused)
    finally:
        server.kill9()


def test_file_descriptors_run_out(limited_client):
    """More connections than descriptors: the longest idle ones make room, and callers are served."""
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
                time.sleep(0.05)  # it was itself taken for idle
    finally:
        for connection in idle:
            connection.close()
    check_user(client, user_id)
