"""A function of AWS Lambda as a process, the runtime interface that it asks for events, and a hold on its CPU."""
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
HELD_SHARE = 0.15    # of one processor: what a function of 256 MB has
LEAST_SLEEP = 0.0001
PREFERENCE = 10  # of niceness


class Function:
    """A started function and its side of the runtime interface: plain sockets, one connection, so that little
    of what is measured is the harness's own. `command` begins with the program's path."""

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
        """Until the function asks for an event; the seconds since its start."""
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
        """Gives the event to a function that asks for one; its answer."""
        self.connection.sendall(
            b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r\r\nLambda-Runtime-Deadline-Ms: %d\r\n"
            b"Content-Length: %d\r\n\r\n%s" % ((time.time() + LONGEST_WAIT_SECONDS) * 1000, len(event), event))
        head, body = self._read()
        if b"/invocation/r/response " not in head:
            raise Failed("the invocation failed: " + body.decode())
        return body

    def accept_answer(self):
        self.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def _read(self):
        """One request: its head and its body."""
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
            raise Failed("the function has ended; its log: " + self.log.read_text()[-500:])
        return received

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def peak_megabytes(self):
        for line in pathlib.Path("/proc/%d/status" % self.pid).read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise Failed("the function has ended")


def cpu_seconds(pid):
    """Of all threads of a process that runs: clock_getcpuclockid(3), which Python does not have."""
    return time.clock_gettime((~pid << 3) | 2)


@contextlib.contextmanager
def preferred():
    """Whatever is started meanwhile comes before other programs of the machine, where that is allowed: a start of
    some milliseconds would else be a measure of how long it waits for a processor."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, usual - PREFERENCE)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


class Held:
    """`with Held(pid)`: the process has HELD_SHARE of one processor, in slices as the kernel's own quotas give
    them: in each period it runs until its CPU clock says that it has had enough, and is stopped for the rest.
    What it takes too much, since this looks too late, is taken from its next slices."""

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
            until = min(until, cpu_seconds(self.pid)) + allowance  # what was not used is lost
            if cpu_seconds(self.pid) < until:
                os.kill(self.pid, signal.SIGCONT)
            self._watch(end, until)

    def _watch(self, end, until):
        """Until the period's end."""
        while not self.released.is_set() and (rest := end - time.monotonic()) > 0:
            left = until - cpu_seconds(self.pid)
            if left <= 0:
                os.kill(self.pid, signal.SIGSTOP)
                self.released.wait(rest)
            else:
                self.released.wait(min(rest, max(left, LEAST_SLEEP)))
