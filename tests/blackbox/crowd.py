"""Crowds of thousands of connections that all misbehave in the same way, driven by one thread; normal callers beside
them; and the cost of the crowd to the server, as the kernel and the server report it."""

import contextlib
import os
import pathlib
import re
import resource
import socket
import ssl
import threading
import time

import harness
from client import Client, fresh_email
from harness import wait_until

SCALE = float(os.environ.get("USERS_HOSTILE_SCALE", "1"))
FILES_FOR_OTHERS = 500  # in this process, for pytest and the normal callers


def crowd_size(count):
    """`count` times USERS_HOSTILE_SCALE, or fewer if the limit of open files is too low. Client and server have the
    same limit, and the server uses half of its files for connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = int(count * SCALE)
    possible = max(10, (hard - FILES_FOR_OTHERS) // 2 - 100)
    if wanted > possible:
        print("only %d connections instead of %d: the limit of open files (ulimit -Hn) is %d"
              % (possible, wanted, hard))
    return min(wanted, possible)


class Crowd:
    """`count` connections. Each sends `first`, and then sends `more` in each round. If the crowd is `stubborn`, it
    reopens connections that the server has closed. No connection reads a byte. `after_first` is called with each socket
    after `first` is sent. With a `context`, the connections use TLS. A context manager: at its end, the rounds stop and
    all connections close."""

    def __init__(self, server, count, first=b"", more=b"", stubborn=False, after_first=None, context=None, pause=0.05):
        self.address = (server.host, server.port)
        self.context = context
        self.first, self.more, self.stubborn, self.after_first = first, more, stubborn, after_first
        self.pause = pause
        self.sent = 0      # total bytes that the kernel has accepted
        self.closed = 0    # connections that the server has closed, as far as seen
        self.rounds = 0
        self._stopping = False
        self._begin = time.monotonic()
        self._sockets = [self._open() for _ in range(count)]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stopping = True
        self._thread.join(60)
        assert not self._thread.is_alive()
        for connection in self._sockets:
            if connection is not None:
                connection.close()

    @property
    def age(self):
        """Seconds since the first connection was opened."""
        return time.monotonic() - self._begin

    def _open(self):
        connection = socket.socket()
        # Small buffers, so that the kernel does not buffer a megabyte for each connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.settimeout(60)
        connection.connect(self.address)
        if self.context:
            connection = self.context.wrap_socket(connection, server_hostname=self.address[0])
        connection.setblocking(False)
        if not self._send(connection, self.first):
            return connection
        if self.after_first:
            with contextlib.suppress(OSError):
                self.after_first(connection)
        return connection

    def _send(self, connection, data):
        """False if the connection has ended."""
        if not data:
            return True
        try:
            self.sent += connection.send(data)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            return False
        return True

    def _run(self):
        while not self._stopping and (self.more or self.stubborn):
            for at, connection in enumerate(self._sockets):
                if self._stopping:
                    return
                if connection is not None:
                    if self._send(connection, self.more) and not (self.stubborn and was_closed(connection)):
                        continue
                    connection.close()
                    self.closed += 1
                    self._sockets[at] = None
                if self.stubborn:
                    with contextlib.suppress(OSError):
                        self._sockets[at] = self._open()
            self.rounds += 1
            time.sleep(self.pause)


def was_closed(connection):
    """Whether the other side has closed. Reads nothing."""
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class NormalCallers:
    """A few callers that call the server while the block runs. Every call must succeed. Each caller makes between
    `least` and `most` rounds of four calls. Every round opens a connection, to show that new connections are served.
    When the server has no room for all connections, it may close one that is slow between connecting and sending. Then
    the caller tries again, at most `tries` times in total. Latencies are recorded for printing and not checked."""

    def __init__(self, server, key, callers=2, least=5, most=100_000, cafile=None, tries=1):
        self.server, self.key, self.cafile, self.least, self.most = server, key, cafile, least, most
        self.tries = tries
        self.latencies = []
        self.users = []
        self.faults = []
        self._stopping = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(callers)]
        self._rounds = [0] * callers

    def __enter__(self):
        for number, thread in enumerate(self._threads):
            thread.number = number
            thread.start()
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            with contextlib.suppress(AssertionError):  # checked below
                wait_until(lambda: self.faults or min(self._rounds) >= self.least, 120)
        self._stopping = True
        for thread in self._threads:
            thread.join(120)
        if kind is None:
            assert not self.faults, self.faults[:5]
            assert min(self._rounds) >= self.least and not any(thread.is_alive() for thread in self._threads)

    def _work(self):
        client = Client(self.server, self.key, self.cafile)
        number = threading.current_thread().number
        while not self._stopping and not self.faults and self._rounds[number] < self.most:
            try:
                self._round(client)
                self._rounds[number] += 1
            except Exception as error:  # an assertion, or a rejected or reset connection
                self.faults.append(repr(error)[:2000])
        client.close()

    def _round(self, client):
        def timed(call, *arguments, **more):
            begin = time.monotonic()
            response = call(*arguments, **more)
            self.latencies.append(time.monotonic() - begin)
            return response
        user = timed(self._come, client, fresh_email("Normal"))
        self.users.append(user["userId"])
        assert timed(client.get, user["userId"])["version"] == 1
        assert timed(client.patch, user["userId"], name="Normal Caller Renamed").status == 200
        assert timed(client.find, user["email"])[0]["userId"] == user["userId"]
        client.close()

    def _come(self, client, email):
        """Uses the same address for each try. If a registration took effect without a response, the next try fails."""
        for _ in range(self.tries - 1):
            with contextlib.suppress(ConnectionError):
                return client.new_user(email=email, name="Normal Caller")
        return client.new_user(email=email, name="Normal Caller")

    def summary(self):
        times = sorted(self.latencies)
        return "%d calls, median %.1f ms, worst %.1f ms" % (
            len(times), times[len(times) // 2] * 1000, times[-1] * 1000)


class Cost:
    """The server's open sockets, resident memory and processor time, measured now."""

    def __init__(self, server):
        place = pathlib.Path("/proc/%d" % server.process.pid)
        self.sockets = 0
        for entry in os.listdir(place / "fd"):
            with contextlib.suppress(FileNotFoundError):  # closed in the meantime
                self.sockets += os.readlink(place / "fd" / entry).startswith("socket:")
        self.resident = int(re.search(r"VmRSS:\s+(\d+) kB", (place / "status").read_text())[1]) * 1024
        fields = (place / "stat").read_text().rsplit(") ", 1)[1].split()
        self.processor = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # total seconds
        self.connections = open_connections(server)


def open_connections(server):
    return int(float(re.search(r"^users_connections (\S+)$", server.metrics_text(), re.MULTILINE)[1]))


def client_hello(server):
    """The first bytes that a TLS client sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=server.host).do_handshake()
    return outgoing.read()


def is_sanitized():
    """Whether the binary was built with AddressSanitizer."""
    return b"__asan_init" in pathlib.Path(harness.BINARY).read_bytes()
