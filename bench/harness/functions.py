"""Runs an AWS Lambda function as a process, acts as its runtime interface, and limits its CPU."""
import contextlib
import os
import pathlib
import signal
import socket
import threading
import time

from .machine import WORK, Failed

LONGEST_WAIT_SECONDS = 60
NEXT = b"GET /2018-06-01/runtime/invocation/next "
HELD_PERIOD = 0.020  # seconds
HELD_SHARE = 0.15    # of one processor, as a function of 256 MB has
LEAST_SLEEP = 0.0001
PREFERENCE = 10  # of niceness


class Function:
    """A running function and the server side of its runtime interface. It uses plain sockets and one connection, to
    keep the harness's own share of the measured time small. `command` begins with the program's path."""

    def __init__(self, command, **environment):
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = WORK / "function.log"
        self.connection = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LONGEST_WAIT_SECONDS)
        environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:%d" % self.listener.getsockname()[1]
        command = [str(word) for word in command]
        output = [(os.POSIX_SPAWN_OPEN, 1, self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
                  (os.POSIX_SPAWN_DUP2, 1, 2)]
        self.began = time.monotonic()
        self.pid = os.posix_spawn(command[0], command, environment, file_actions=output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.listener.close()
        if self.connection:
            self.connection.close()

    def wait_for_next(self):
        """Waits until the function requests an event. Returns the seconds since its start."""
        if self.connection is None:
            self.connection, _ = self.listener.accept()
            self.connection.settimeout(LONGEST_WAIT_SECONDS)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head, _ = self._read()
        asked = time.monotonic()
        if not head.startswith(NEXT):
            raise Failed("%s; the log: %s" % (head.split(b"\r\n")[0].decode(), self.log.read_text()[-500:]))
        return asked - self.began

    def handle(self, event):
        """Sends the event to a function that has requested one. Returns the response."""
        self.connection.sendall(
            b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r\r\nLambda-Runtime-Deadline-Ms: %d\r\n"
            b"Content-Length: %d\r\n\r\n%s" % ((time.time() + LONGEST_WAIT_SECONDS) * 1000, len(event), event))
        head, body = self._read()
        if b"/invocation/r/response " not in head:
            raise Failed("the invocation failed: " + body.decode())
        return body

    def accept_response(self):
        self.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def _read(self):
        """Reads one request. Returns its head and its body."""
        text = b""
        while b"\r\n\r\n" not in text:
            text += self._receive()
        head, _, body = text.partition(b"\r\n\r\n")
        size = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        while len(body) < size:
            body += self._receive()
        return head, body

    def _receive(self):
        received = self.connection.recv(65536)
        if not received:
            raise Failed("the function has exited; its log: " + self.log.read_text()[-500:])
        return received

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def peak_megabytes(self):
        for line in pathlib.Path("/proc/%d/status" % self.pid).read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise Failed("the function has exited")


def cpu_seconds(pid):
    """CPU time of all threads of a running process: clock_getcpuclockid(3), which Python lacks."""
    return time.clock_gettime((~pid << 3) | 2)


@contextlib.contextmanager
def preferred():
    """Runs the programs that are started inside it at a higher priority, where that is allowed. Otherwise a start of
    some milliseconds would measure how long the program waits for a processor."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, usual - PREFERENCE)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


class Held:
    """`with Held(pid)`: the process gets HELD_SHARE of one processor, in slices like those of the kernel's quotas. In
    each period it runs until its CPU clock shows that its share is used, and is stopped for the rest. If it overruns
    because the check is late, its next slices are shorter."""

    def __init__(self, pid):
        self.pid = pid
        self.released = threading.Event()
        self.thread = threading.Thread(target=self._hold, daemon=True)

    def __enter__(self):
        self.begin = time.monotonic()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.thread.join()
        os.kill(self.pid, signal.SIGCONT)

    def _hold(self):
        allowance = HELD_SHARE * HELD_PERIOD
        end, until = self.begin, cpu_seconds(self.pid)
        while not self.released.is_set():
            end += HELD_PERIOD
            until = min(until, cpu_seconds(self.pid)) + allowance  # unused time does not carry over
            if cpu_seconds(self.pid) < until:
                os.kill(self.pid, signal.SIGCONT)
            self._watch(end, until)

    def _watch(self, end, until):
        """Stops the process when its share is used, and returns at the end of the period."""
        while not self.released.is_set() and (rest := end - time.monotonic()) > 0:
            left = until - cpu_seconds(self.pid)
            if left <= 0:
                os.kill(self.pid, signal.SIGSTOP)
                self.released.wait(rest)
            else:
                self.released.wait(min(rest, max(left, LEAST_SLEEP)))
