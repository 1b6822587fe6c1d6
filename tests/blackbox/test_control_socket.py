"""Why: a backup asks the running server through a socket, so nobody else may, and no caller there, whatever it sends
or does not send, may hold up backups or the server."""

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
    """A server with a user."""
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
        except BlockingIOError:  # more wait than the system keeps
            return False

    wait_until(connected, 30)
    if data:
        connection.sendall(data)
    return connection


@pytest.fixture
def control(own):
    """The server with a short name for its directory: a socket's path holds 107 bytes."""
    own.server.directory_fd = os.open(own.server.data, os.O_PATH)
    yield own
    os.close(own.server.directory_fd)


def test_the_socket_is_for_its_owner_alone(control):
    status = (control.server.data / "control").stat()
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    data = control.server.data
    control.server.stop()
    assert not (data / "control").exists()


def test_snapshots_go_when_the_caller_goes(control):
    with connect(control.server, b'{"command":"snapshot"}\n') as connection:
        name = connection.recv(4096).decode()
        assert len(snapshots(control.server.data)) == 1 and snapshots(control.server.data)[0].name in name
    wait_until(lambda: not snapshots(control.server.data), 30)


GARBAGE = [b"", b"{", b"\n", b"\0\xff\n", b"[]\n", b'{"command":1}\n', b'{"command":"stop"}\n', b"{}\n" * 100,
           b"x" * 5000, b'{"command":"snapshot"', b"GET / HTTP/1.1\r\n\r\n", b"[" * 3000 + b"\n"]


def test_silent_and_garbage_clients_stop_nobody(control, tmp_path):
    talkers = [connect(control.server, data) for data in GARBAGE]
    back_up(control.server.data, tmp_path / "copy")
    assert control.new_user()["version"] == 1
    for connection in talkers:
        connection.close()
    # As many as it holds: they are sent away one day.
    silent = [connect(control.server) for _ in range(64)]
    wait_until(lambda: run_usersd("backup", "--data", control.server.data, "--to", tmp_path / "late").returncode == 0,
               60)
    for connection in silent:
        connection.close()
    wait_until(lambda: not snapshots(control.server.data), 60)


def test_an_unknown_command_is_answered(control):
    with connect(control.server, b'{"command":"restart"}\n') as connection:
        assert connection.recv(4096) == b'{"error":"unknown command"}\n'


def test_the_server_stops_while_callers_are_connected(control):
    connections = [connect(control.server), connect(control.server, b"{"),
                   connect(control.server, b'{"command":"snapshot"}\n')]
    connections[2].recv(4096)
    data = control.server.data
    control.server.stop()
    assert not snapshots(data) and not (data / "control").exists()
    for connection in connections:
        connection.close()
