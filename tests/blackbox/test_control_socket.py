"""A backup asks the running server through a control socket. Only the owner may use the socket. No client of it may
block backups or the server, no matter what it sends."""

import os
import socket
import stat

import pytest
from backups import back_up, snapshots
from client import Client
from harness import run_usersd, wait_until
from people import OPERATOR


@pytest.fixture
def own(make_server):
    """A client of a server with one user."""
    client = Client(make_server("--log-level", "warning"), OPERATOR)
    client.new_user()
    return client


def connect(server, data=b""):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)

    def connected():
        try:
            connection.connect("/proc/self/fd/%d/control" % server.directory_fd)
            return True
        except BlockingIOError:  # the system's queue of waiting connections is full
            return False

    wait_until(connected, 30)
    if data:
        connection.sendall(data)
    return connection


@pytest.fixture
def control(own):
    """The server with a short path to its directory, because a socket's path has at most 107 bytes."""
    own.server.directory_fd = os.open(own.server.data, os.O_PATH)
    yield own
    os.close(own.server.directory_fd)


def test_only_the_owner_may_use_the_socket(control):
    status = (control.server.data / "control").stat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    data = control.server.data
    control.server.stop()
    assert not (data / "control").exists()


def test_snapshot_is_removed_when_its_caller_disconnects(control):
    with connect(control.server, b'{"command":"snapshot"}\n') as connection:
        name = connection.recv(4096).decode()
        assert len(snapshots(control.server.data)) == 1 and snapshots(control.server.data)[0].name in name
    wait_until(lambda: not snapshots(control.server.data), 30)


GARBAGE = [b"", b"{", b"\n", b"\0\xff\n", b"[]\n", b'{"command":1}\n', b'{"command":"stop"}\n', b"{}\n" * 100,
           b"x" * 5000, b'{"command":"snapshot"', b"GET / HTTP/1.1\r\n\r\n", b"[" * 3000 + b"\n"]


def test_silent_and_garbage_clients_do_not_block_others(control, tmp_path):
    talkers = [connect(control.server, data) for data in GARBAGE]
    back_up(control.server.data, tmp_path / "copy")
    assert control.new_user()["version"] == 1
    for connection in talkers:
        connection.close()
    # As many connections as the server accepts. It closes them after some time.
    silent = [connect(control.server) for _ in range(64)]
    wait_until(lambda: run_usersd("backup", "--data", control.server.data, "--to", tmp_path / "late").returncode == 0,
               60)
    for connection in silent:
        connection.close()
    wait_until(lambda: not snapshots(control.server.data), 60)


def test_unknown_command_gets_an_error(control):
    with connect(control.server, b'{"command":"restart"}\n') as connection:
        assert connection.recv(4096) == b'{"error":"unknown command"}\n'


def test_server_stops_while_callers_are_connected(control):
    connections = [connect(control.server), connect(control.server, b"{"),
                   connect(control.server, b'{"command":"snapshot"}\n')]
    connections[2].recv(4096)
    data = control.server.data
    control.server.stop()
    assert not snapshots(data) and not (data / "control").exists()
    for connection in connections:
        connection.close()
