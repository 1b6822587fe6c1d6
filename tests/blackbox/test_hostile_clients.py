"""Anyone who can reach the port can open thousands of connections and misuse them. Each crowd here misbehaves in one
way while normal callers work. Every call of the normal callers must succeed, no connection may cost more memory than
stated, and after the crowd has left, the server must have released everything. Latencies are printed and not checked.
USERS_HOSTILE_SCALE=10 makes the crowds ten times as large."""

import concurrent.futures
import contextlib
import os
import random
import re
import resource
import socket
import ssl
import subprocess

import pytest
from client import Client
from crowd import Cost, Crowd, NormalCallers, client_hello, crowd_size, is_sanitized, open_connections
from harness import make_certificate, unread, wait_until
from people import NOBODY, OPERATOR
from rawhttp import RawConnection, signed_request
from signing import Key, hand_sign

UNSIGNED = b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW_HEAD = b"GET /users HTTP/1.1\r\nHost: x\r\nX-Slow: "
CHUNKED = b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
MAX_BODY = 65536
BIG_HEAD = (b"POST /users?" + b"a&" * 8000 + b" HTTP/1.1\r\nHost: x\r\n" + b"a:\r\n" * 2500 + b"X-Long: " + b"x" * 5500
            + b"\r\nContent-Length: %d\r\n\r\n" % MAX_BODY)
BIG_CHUNKS = b"%x\r\n" % MAX_BODY + b" " * MAX_BODY + b"\r\n0\r\n\r\n"


WRONG = Key(OPERATOR.id, "a-secret-key-that-is-wrong")


def forged(data):
    """A function that adds a signature to `data` which only the body proves wrong. It is called when the data is sent,
    because a signature has a date."""
    def make(server):
        request, _, rest = data.partition(b"\r\nHost: x\r\n")
        method, target, _ = request.decode().split(" ")
        pairs = hand_sign(WRONG, method, target, [("Host", "x")])
        return request + "".join("\r\n%s: %s" % pair for pair in pairs).encode() + b"\r\n" + rest
    return make


def with_length(length):
    return b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def half_close(connection):
    connection.shutdown(socket.SHUT_WR)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def garbage(size):
    return random.Random(7).randbytes(size)


IDLE, HEAD, BODY, WRITE = 75, 10, 20, 30  # seconds: the server's time limits


class Kind:
    """The behaviour of a crowd. `kilobytes`: memory that one connection may cost the server's process. `stays`: seconds
    for which the server keeps the connections; 0 means that it closes them at once or soon. `tls`: the server expects
    TLS. `shakes_hands`: the crowd completes the TLS handshake."""

    def __init__(self, count, kilobytes, first=b"", more=b"", stays=0, tls=False, shakes_hands=False,
                 after_first=None):
        self.count, self.kilobytes, self.stays, self.tls = count, kilobytes, stays, tls
        self.shakes_hands = shakes_hands
        self.how = {"first": first, "more": more, "after_first": after_first}


KINDS = {
    "idle": Kind(2000, 12, stays=IDLE),
    "idle after a response": Kind(1000, 12, UNSIGNED, stays=IDLE),
    "idle after a request of the max size": Kind(500, 12, forged(BIG_HEAD + b" " * MAX_BODY), stays=IDLE),
    "idle after a chunked body of the max size": Kind(500, 12, forged(CHUNKED + BIG_CHUNKS), stays=IDLE),
    "slow heads": Kind(2000, 16, SLOW_HEAD, b"x", stays=HEAD),
    "unfinished heads of the max size": Kind(500, 80, BIG_HEAD[:-4], stays=HEAD),
    "announced bodies": Kind(1000, 20, forged(with_length(MAX_BODY)), stays=BODY),
    "slow bodies": Kind(1000, 20, forged(with_length(MAX_BODY)), b"x", stays=BODY),
    "slow chunks": Kind(1000, 20, forged(CHUNKED), b"1\r\nx\r\n", stays=BODY),
    "bodies without the last byte": Kind(500, 260, forged(BIG_HEAD + b" " * (MAX_BODY - 1)), stays=BODY),
    "chunks without an end": Kind(500, 140, forged(CHUNKED + BIG_CHUNKS[:-4]), stays=BODY),
    "half-closed within a head": Kind(500, 12, SLOW_HEAD, after_first=half_close),
    "half-closed after a request": Kind(500, 12, UNSIGNED, after_first=half_close),
    "reset within a body": Kind(500, 20, with_length(100), after_first=reset),
    "too large and endless": Kind(300, 20, with_length(10 ** 15), b"x" * 4096),
    "chunks too large and endless": Kind(300, 20, CHUNKED + b"7fffffff\r\n", b"x" * 4096),
    "rejected and endless": Kind(300, 20, with_length(10), b"x" * 4096),
    "garbage": Kind(500, 20, garbage(300), garbage(1000)),
    "no byte of TLS": Kind(1000, 100, stays=HEAD, tls=True),
    "half a hello": Kind(500, 110, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00", stays=HEAD, tls=True),
    "hello only": Kind(300, 160, None, stays=HEAD, tls=True),
    "idle over TLS": Kind(300, 130, stays=IDLE, tls=True, shakes_hands=True),
    "idle over TLS after a response": Kind(300, 130, UNSIGNED, stays=IDLE, tls=True, shakes_hands=True),
    "garbage for TLS": Kind(500, 110, garbage(300), garbage(100), tls=True),
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


# Returns freed memory to the system at once. By default AddressSanitizer and jemalloc keep a varying part of it for a
# while, which would hide the memory that is really in use.
NOTHING_KEPT = {
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:allocator_release_to_os_interval_ms=0",
    "MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
}
TRIES = 4
A_LITTLE = 2  # seconds


def in_time(make_server, options, count, attempt):
    """Calls `attempt(server, count)` until it returns True. It returns False if it took so long that the server was
    about to close connections. The next attempt gets a new server and half as many connections."""
    for number in range(TRIES):
        server = make_server(*options, name="own%d" % number, start=False)
        server.environment = NOTHING_KEPT
        server.start()
        if attempt(server, count >> number):
            return
    pytest.fail("in %d attempts the connections were not all open within the time limit" % TRIES)


def allowed(kilobytes, count, normal):
    """The bytes by which the process may grow. The sanitizer more than doubles each allocation. The store keeps the
    data of normal callers in memory for a while. The constant is for buffers that grow once."""
    return 1024 * (kilobytes * count * (2.5 if is_sanitized() else 1) + 2 * len(normal.latencies)) + (8 << 20)


def warm_up(server, cafile=None):
    """Makes the first requests, whose cost must not count."""
    with NormalCallers(server, OPERATOR, least=100, most=100, cafile=cafile):
        pass


def wait_until_released(server, before):
    """Waits until all connections are gone. Returns the server's cost after that."""
    wait_until(lambda: Cost(server).sockets <= before.sockets and open_connections(server) <= 1, 60)
    return Cost(server)


def middle_cost(server):
    """The median of three measurements, because a single one may include memory of the normal callers' requests."""
    return sorted((Cost(server) for _ in range(3)), key=lambda cost: cost.resident)[1]


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.stays])
def test_crowd_does_not_disturb_normal_callers(make_server, certificate, name):
    kind = KINDS[name]
    options = ["--tls-cert", certificate[0], "--tls-key", certificate[1]] if kind.tls else []
    cafile = certificate[0] if kind.tls else None

    def survives(server, count):
        how = dict(kind.how)
        if how["first"] is None:
            how["first"] = client_hello(server)
        if callable(how["first"]):
            how["first"] = how["first"](server)
        if kind.shakes_hands:
            how["context"] = ssl.create_default_context(cafile=str(cafile))
        warm_up(server, cafile)
        before = Cost(server)

        def has_read_all():
            return open_connections(server) >= count and unread(server) <= count * len(kind.how["more"])

        with Crowd(server, count, **how) as crowd:
            with NormalCallers(server, OPERATOR, cafile=cafile) as normal:
                wait_until(lambda: crowd.age > kind.stays or has_read_all(), 2 * kind.stays)
                during, closed = middle_cost(server), crowd.closed
                if crowd.age > kind.stays - A_LITTLE:
                    return False
        assert not closed
        after = wait_until_released(server, before)
        grown = during.resident - before.resident
        print("%s: %d connections, %.1f KiB each; %d bytes sent each; %.2f s of processor time; %.1f MiB after; "
              "normal callers: %s" % (name, count, grown / count / 1024, crowd.sent / count,
                                      after.processor - before.processor, after.resident / 2 ** 20, normal.summary()))
        assert grown <= allowed(kind.kilobytes, count, normal)
        return True

    in_time(make_server, options, crowd_size(kind.count), survives)


def test_server_closes_crowds_that_it_has_rejected(make_server):
    """All of these crowds run at the same time. The server must close their connections, because it has rejected them
    or the client has announced its end."""
    server = make_server("--log-level", "error")
    before = Cost(server)
    with contextlib.ExitStack() as stack:
        crowds = [stack.enter_context(Crowd(server, crowd_size(kind.count), **kind.how))
                  for kind in KINDS.values() if not kind.stays and not kind.tls]
        with NormalCallers(server, OPERATOR) as normal:
            wait_until(lambda: open_connections(server) <= 10, 60)
        assert len(crowds) >= 6
    after = wait_until_released(server, before)
    print("%.2f s of processor time; %.1f MiB before, %.1f after; normal callers: %s" % (
        after.processor - before.processor, before.resident / 2 ** 20, after.resident / 2 ** 20, normal.summary()))


def test_unread_responses_stop_the_reading(make_server):
    """The server stops reading from a client that sends requests and reads no responses, and does not pile up
    responses."""

    def stops(server, count):
        warm_up(server)
        before = Cost(server)
        with Crowd(server, count, UNSIGNED * 20, UNSIGNED * 200, pause=0.01) as crowd:
            with NormalCallers(server, OPERATOR) as normal:
                previous = [-1]

                def nothing_moves():
                    taken = crowd.sent
                    moved, previous[0] = taken != previous[0], taken
                    return not moved

                wait_until(lambda: crowd.age > WRITE or nothing_moves(), 120, step=0.3)
                during, closed = middle_cost(server), crowd.closed
                if crowd.age > WRITE - A_LITTLE:
                    return False
        assert during.connections >= count and not closed
        after = wait_until_released(server, before)
        responses = int(responses_of(server))
        print("%d connections: %d KiB sent, %d responses and %.1f KiB of memory each; %.2f s of processor time; "
              "normal callers: %s" % (count, crowd.sent / count / 1024, responses / count,
                                      (during.resident - before.resident) / count / 1024,
                                      after.processor - before.processor, normal.summary()))
        assert during.resident - before.resident <= allowed(20, count, normal)
        # A response has about 300 bytes, so the unread ones fit into the kernel's buffers.
        assert responses / count <= 3000
        return True

    in_time(make_server, ["--log-level", "error"], crowd_size(100), stops)


def responses_of(server):
    return re.search(r'^users_requests_total{operation="users_list_query",status="401"} (\S+)$', server.metrics_text(),
                     re.MULTILINE)[1]


PLACES = {
    "idle": {}, "slow heads": {"first": SLOW_HEAD, "more": b"x"}, "slow bodies": {"first": with_length(5), "more": b""},
    "unread responses": {"first": UNSIGNED * 20, "more": UNSIGNED * 20},
    "always another request": {"first": UNSIGNED, "more": UNSIGNED},
}
FEW_FILES = 600  # limit of the server's open files, of which 300 are for connections


@pytest.mark.parametrize("name", PLACES)
def test_normal_callers_are_served_beyond_the_file_limit(make_server, name):
    """There are far more connections than the file limit allows, and closed ones are reopened at once. New connections
    replace those that have waited longest, known callers keep theirs, and the store has enough files."""
    server = make_server("--log-level", "error", start=False)
    server.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES))
    server.start()
    count = crowd_size(900)
    steady = Client(server, OPERATOR)
    user_id = steady.new_user()["userId"]
    most = [0]
    with Crowd(server, count, **{"stubborn": True, "more": b"", "pause": 0.2, **PLACES[name]}) as crowd:
        with NormalCallers(server, OPERATOR, callers=1, tries=10) as normal:
            for number in range(30):
                # Uses the one connection that is older than the crowd.
                assert steady.patch(user_id, name="Steady Caller %d" % number).status == 200
                most[0] = max(most[0], Cost(server).sockets)
        wait_until(lambda: crowd.rounds >= 1, 60)
    print("%s: at most %d sockets open; %d closed; normal callers: %s" % (name, most[0], crowd.closed,
                                                                          normal.summary()))
    assert most[0] < FEW_FILES * 3 / 4
    wait_until(lambda: open_connections(server) <= 1, 60)
    assert server.stop() == []  # no errors, in particular none from the store


def test_unfinished_handshakes_take_no_places(make_server, certificate):
    server = make_server("--tls-cert", certificate[0], "--tls-key", certificate[1], "--log-level", "error", start=False)
    server.preexec = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, FEW_FILES))
    server.start()
    with Crowd(server, crowd_size(600), client_hello(server), stubborn=True, more=b"", pause=0.5):
        with NormalCallers(server, OPERATOR, callers=1, cafile=certificate[0], least=3):
            pass
    assert server.stop() == []


def test_rejected_bodies_are_not_read_forever(make_server):
    """The client can read the error response although it continues to send. Then the server closes the connection."""
    server = make_server()
    signed = signed_request(server, OPERATOR, "POST", "/users", b"0123456789", [("Content-Type", "text/plain")])
    for data, statuses in ((with_length(10 ** 15), [413]), (CHUNKED + b"7fffffff\r\n", [413]),
                           (with_length(10) + b"0123456789", [401, 400]), (signed, [415, 400])):
        with RawConnection(server) as connection:
            connection.send(data + garbage(100_000))
            assert [connection.read_response().status for _ in statuses] == statuses
            sent = 0
            with pytest.raises(OSError):
                while sent < 200 << 20:
                    connection.send(bytes(65536))
                    sent += 65536


def test_tls_renegotiation_is_rejected(make_server, certificate):
    server = make_server("--tls-cert", certificate[0], "--tls-key", certificate[1])
    process = subprocess.run(
        ["openssl", "s_client", "-connect", server.authority, "-tls1_2", "-CAfile", str(certificate[0])],
        input=b"R\n", capture_output=True, timeout=60)
    assert b"RENEGOTIATING" in process.stdout + process.stderr, process
    assert b"no renegotiation" in process.stderr, process.stderr[-2000:]


def test_garbage_over_tls_does_no_harm(make_server, certificate):
    """Garbage instead of a handshake, from a crowd, and garbage after a handshake."""
    server = make_server("--tls-cert", certificate[0], "--tls-key", certificate[1])
    kind = KINDS["garbage for TLS"]
    with Crowd(server, crowd_size(kind.count), **kind.how):
        with NormalCallers(server, OPERATOR, cafile=certificate[0]):
            wait_until(lambda: open_connections(server) <= 10, 60)
    context = ssl.create_default_context(cafile=str(certificate[0]))
    for data in (garbage(1000), b"\x17\x03\x03\xff\xff" + garbage(3000), b"\x17\x03\x03\x00\x20" + garbage(32),
                 b"\x15\x03\x03\x00\x02\x01\x00" * 100, b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 100, UNSIGNED):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=server.host)
        with RawConnection(server) as connection:
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    connection.send(outgoing.read())
                    incoming.write(connection.socket.recv(65536))
            connection.send(outgoing.read() + data)
            response = b""
            while connection._more():
                response, connection.buffer = response + connection.buffer, b""
            assert b"HTTP/1.1" not in response
    Client(server, OPERATOR, certificate[0]).new_user()


REJECTED_BURST, DENIED_BURST = 1000, 500


def test_floods_do_not_starve_normal_callers(make_server):
    """Requests with invalid signatures have their own bucket. A caller whose policy denies the request empties its own
    bucket, if principals have buckets. No bucket refills while the test runs, so the numbers are exact."""
    server = make_server("--throttle-rate", "0.001", "--throttle-burst", REJECTED_BURST, "--principal-rate", "0.001",
                         "--principal-burst", DENIED_BURST, throttle=True)
    wrong = signed_request(server, Key(OPERATOR.id, "a-secret-key-that-is-wrong"), "GET", "/users?limit=1")
    unknown = signed_request(server, Key("AKIANOBODYKNOWSIT000", OPERATOR.secret), "GET", "/users")
    spoilt = signed_request(server, OPERATOR, "GET", "/users").replace(b"Signature=", b"Signature=0")
    denied = signed_request(server, NOBODY, "GET", "/users")
    floods = [UNSIGNED, wrong, unknown, spoilt, denied, denied]
    responses = [[] for _ in floods]

    def flood(number):
        with RawConnection(server) as connection:
            for _ in range(10):
                connection.send(floods[number] * 50)
                responses[number] += [connection.read_response().status for _ in range(50)]

    with NormalCallers(server, OPERATOR, callers=2, least=5, most=DENIED_BURST // 8) as normal:
        with concurrent.futures.ThreadPoolExecutor(len(floods)) as pool:
            list(pool.map(flood, range(len(floods))))
    rejected = sum(responses[:4], [])
    assert rejected.count(401) == REJECTED_BURST and rejected.count(429) == len(rejected) - REJECTED_BURST
    rejected = sum(responses[4:], [])
    assert rejected.count(403) == DENIED_BURST and rejected.count(429) == len(rejected) - DENIED_BURST
    print("%d rejections; normal callers: %s" % (sum(map(len, responses)), normal.summary()))
