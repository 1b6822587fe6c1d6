"""Connections, memory and files are limited, and anyone who can reach the port can try to use them up. A caller without
permission, replays of a captured request, and a crowd on the admin address must not keep normal callers out. One limit
applies to the memory of all unknown clients together."""

import collections
import contextlib
import math
import re
import resource
import socket
import ssl
import subprocess
import threading
import time

import harness
import pytest
from client import Client
from crowd import Cost, Crowd, NormalCallers, crowd_size, is_sanitized, open_connections
from harness import make_certificate, unread, wait_until
from people import NOBODY, OPERATOR, OTHER, READER, SESSION_A
from rawhttp import RawConnection, head, signed_request
from signing import Key, hand_sign
from test_hostile_clients import NOTHING_KEPT

FEW_FILES = 600  # limit of the server's open files
NEWCOMERS = 40
WRONG = Key(OPERATOR.id, "a-wrong-secret-key")


@pytest.fixture
def small(make_server):
    """A server with room for a few hundred connections."""
    server = make_server("--log-level", "error", start=False)
    server.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES))
    server.start()
    return server


def gauge(server, name):
    found = re.search(r"^%s (\S+)$" % name, server.metrics_text(), re.MULTILINE)
    return float(found[1]) if found else math.nan


@contextlib.contextmanager
def holding(server, requests):
    """Opens more connections than the server accepts. Each sends one of the requests, reads the response and stays
    open. Yields the statuses of the responses."""
    connections, statuses = [], []
    try:
        for number in range(FEW_FILES):
            connection = socket.create_connection((server.host, server.port), timeout=30)
            connections.append(connection)
            with contextlib.suppress(OSError):
                connection.sendall(requests[number % len(requests)])
                statuses.append(connection.recv(4096)[9:12])
        yield statuses
    finally:
        for connection in connections:
            connection.close()


class Arrivals:
    """Unknown clients that connect all the time, a few hundred per second, send nothing and stay."""

    def __init__(self, server):
        self.server, self.count, self._stopping = server, 0, False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        wait_until(lambda: self.count >= 20)
        return self

    def __exit__(self, *_):
        self._stopping = True
        self._thread.join(60)

    def _run(self):
        kept = collections.deque(maxlen=FEW_FILES)
        while not self._stopping:
            with contextlib.suppress(OSError):
                kept.append(socket.create_connection((self.server.host, self.server.port), timeout=30))
                self.count += 1
            time.sleep(0.003)
        for connection in kept:
            connection.close()


DISTANCE = 0.03  # seconds from a newcomer's connection to its request, as over a long line


def served_newcomers(server):
    """Calls on separate connections, each with one retry. Returns the number of successful calls."""
    served = 0
    for _ in range(NEWCOMERS):
        for _ in range(2):
            with contextlib.suppress(OSError, EOFError), RawConnection(server) as connection:
                time.sleep(DISTANCE)
                connection.send(signed_request(server, OTHER, "GET", "/users?limit=1"))
                if connection.read_response().status == 200:
                    served += 1
                    break
    return served


CROWDS = {
    "a principal without permission": [NOBODY],
    "the bytes of one captured request": [OPERATOR],
    "the bytes of captured requests of many": [OPERATOR, READER, SESSION_A, NOBODY],
}


@pytest.mark.parametrize("name", CROWDS)
def test_new_connections_are_served(small, name):
    """The crowd may replay a signed request for five minutes, but gets no lasting places for it."""
    requests = [signed_request(small, key, "GET", "/users?limit=1") for key in CROWDS[name]]
    with holding(small, requests) as statuses, Arrivals(small):
        assert statuses.count(b"403" if name == "a principal without permission" else b"200") > 100
        served = served_newcomers(small)
        print("%s: %d of %d newcomers served; %d connections, %s known" % (
            name, served, NEWCOMERS, open_connections(small), gauge(small, "users_known_connections")))
    assert served == NEWCOMERS


def test_known_connections_have_a_limit_for_each_caller(small):
    request = signed_request(small, OPERATOR, "GET", "/users?limit=1")
    with holding(small, [request]):
        places = open_connections(small)
        assert 0 < gauge(small, "users_known_connections") <= places / 3
    wait_until(lambda: gauge(small, "users_known_connections") == 0, 60)


def test_only_an_allowed_request_makes_a_connection_known(small):
    for key, known in ((NOBODY, 0), (WRONG, 0), (OPERATOR, 1)):
        with RawConnection(small) as connection:
            connection.send(signed_request(small, key, "GET", "/users?limit=1"))
            connection.read_response()
            assert gauge(small, "users_known_connections") == known
            # After a request without a caller, the connection is unknown again.
            connection.send(head("GET", "/users", [("Host", "x")]))
            connection.read_response()
            assert gauge(small, "users_known_connections") == 0


# --- memory

BUDGET = 128 << 20  # bytes, of all unknown clients together
LARGEST_BODY = 65_536


def largest_request(server, key):
    """The largest data that an unknown client can make the server store: a head and a body of the max size, without the
    last byte. The head is valid as far as that can be checked without the body."""
    target = "/users?" + "a&" * 7000
    pairs = hand_sign(key, "POST", target, [("Host", server.authority)])
    pairs += [("Content-Length", str(LARGEST_BODY)), ("X-Long", "x" * 5000)]
    return head("POST", target, pairs)[:-2] + b"a:\r\n" * 2000 + b"\r\n" + b" " * (LARGEST_BODY - 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_memory_of_unknown_clients_is_limited(make_server, certificate, tls):
    """There are far more connections than fit. The server closes those that have waited longest and serves normal
    callers."""
    options = ["--tls-cert", certificate[0], "--tls-key", certificate[1]] if tls else []
    server = make_server("--log-level", "error", *options, start=False)
    server.environment = NOTHING_KEPT
    server.start()
    cafile = certificate[0] if tls else None
    with NormalCallers(server, OPERATOR, least=100, most=100, cafile=cafile):
        pass
    before = Cost(server)
    count = crowd_size(1200 if tls else 1600)
    how = {"context": ssl.create_default_context(cafile=str(cafile))} if tls else {}
    with Crowd(server, count, largest_request(server, WRONG), **how) as crowd:
        with NormalCallers(server, OPERATOR, cafile=cafile) as normal:
            wait_until(lambda: crowd.age > 15 or unread(server) == 0, 20)
            costs = [Cost(server) for _ in range(3)]
            held = gauge(server, "users_unauthenticated_bytes")
        grown = max(cost.resident for cost in costs) - before.resident
        print("%s: %d of %d connections left, %.0f MiB counted, %.0f MiB grown; normal callers: %s" % (
            "TLS" if tls else "plain", costs[-1].connections, count, held / 2 ** 20, grown / 2 ** 20,
            normal.summary()))
    assert held <= BUDGET
    # The sanitizer adds padding to each allocation, which matters little for large ones.
    assert grown <= 1.25 * BUDGET * (1.5 if is_sanitized() else 1)
    wait_until(lambda: gauge(server, "users_unauthenticated_bytes") < 1 << 20, 60)


# --- files

def test_crowd_on_the_admin_address_uses_no_files_of_others(small, tmp_path):
    client = Client(small, OPERATOR)
    client.new_user()
    crowd = []
    try:
        for _ in range(FEW_FILES):
            connection = socket.create_connection((small.admin_host, small.admin_port), timeout=30)
            crowd.append(connection)
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n")
        with holding(small, [head("GET", "/users", [("Host", "x")])]):
            assert served_newcomers(small) == NEWCOMERS
            assert client.new_user()["version"] == 1
            sockets = Cost(small).sockets
            backup = subprocess.run([harness.BINARY, "backup", "--data", str(small.data), "--to",
                                     str(tmp_path / "copy")], capture_output=True, text=True, timeout=120)
            assert backup.returncode == 0, backup.stderr
    finally:
        for connection in crowd:
            connection.close()
    print("%d sockets of %d files" % (sockets, FEW_FILES))
    assert sockets < FEW_FILES * 3 / 4
