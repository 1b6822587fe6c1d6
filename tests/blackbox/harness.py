"""Starts and stops the real binary as one process on a free loopback port, and gives access to its files."""

import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import time
import uuid

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("USERSD") or str(REPOSITORY / "build/debug/apps/usersd/usersd")

START_TIME = 60  # seconds; generous, because the debug build starts in less than one second on a busy machine
STOP_TIME = 60
LOG_TIME = 60
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def wait_until(condition, seconds=10.0, step=0.02):
    """Returns the first true value of the condition. Fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "the condition is still false after %s seconds" % seconds
        time.sleep(step)


OUTPUTS = []  # the output of every run_usersd of this session, for test_nothing_leaks.py


def run_usersd(*arguments, timeout=START_TIME, **options):
    """Runs the binary until it exits. For commands that exit by themselves."""
    result = subprocess.run(
        [BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
        stdin=subprocess.DEVNULL, **options)
    OUTPUTS.extend((result.stdout, result.stderr))
    return result


class Server:
    """One `usersd serve`. The data directory outlives the process: another start() uses the same data."""

    ALL = []  # all servers of this session, for test_nothing_leaks.py

    def __init__(self, directory, *arguments, listen="127.0.0.1:0", throttle=False):
        self.directory = pathlib.Path(directory)
        self.data = self.directory / "data"
        self.arguments = [str(argument) for argument in arguments]
        self.listen = listen
        self.throttle = throttle  # False: --throttle-rate 0
        self.stderr = None        # a descriptor in the place of the log file
        self.preexec = None       # runs in the child before it becomes usersd
        self.process = None
        self.ready = None
        self.environment = {}     # added to the test's own environment
        self.clock_ahead = 0      # seconds; clients sign with the server's clock
        self.starts = 0
        self.start_times = []     # seconds until ready, for each start
        self.observed = set()     # (kind, text) of sent data that no log may contain
        self.logs = []            # standard output and error of each start
        self.metrics = []         # the metrics text just before each orderly stop
        self.directory.mkdir(parents=True, exist_ok=True)
        Server.ALL.append(self)

    def start(self, *more_arguments):
        """Starts the process and returns when the server is ready."""
        begin = time.monotonic()
        self.launch(*more_arguments)
        ready = self._await_ready()
        self.start_times.append(time.monotonic() - begin)
        return ready

    def launch(self, *more_arguments):
        """Starts the process and does not wait for it."""
        assert self.process is None, "the server is already running"
        command = [BINARY, "serve", "--data", str(self.data), "--listen", self.listen]
        if not self.throttle:
            command += ["--throttle-rate", "0"]
        command += self.arguments + [str(argument) for argument in more_arguments]
        self.starts += 1
        self.stdout_path = self.directory / ("stdout.%d" % self.starts)
        self.stderr_path = self.directory / ("stderr.%d" % self.starts)
        self.logs += [self.stdout_path.absolute(), self.stderr_path.absolute()]
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=self.stderr or err,
                                            preexec_fn=self.preexec, env={**os.environ, **self.environment})

    def _await_ready(self):
        end = time.monotonic() + START_TIME
        while True:
            text = self.stdout_path.read_text()
            if text.endswith("\n"):
                break
            if self.process.poll() is not None or time.monotonic() > end:
                code = self.process.poll()
                self.kill9()
                raise AssertionError("usersd did not start (exit code %s): %s"
                                     % (code, self.stderr_path.read_text()[-4000:]))
            time.sleep(0.002)
        self.ready = json.loads(text)
        self.host, self.port = self._parts("address")
        self.admin_host, self.admin_port = self._parts("adminAddress")
        return self.ready

    def _parts(self, member):
        host, port = self.ready[member].rsplit(":", 1)
        host = host.strip("[]")
        # Connect to an unspecified address over loopback.
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), int(port)

    @property
    def authority(self):
        host = "[%s]" % self.host if ":" in self.host else self.host
        return "%s:%d" % (host, self.port)

    @property
    def url(self):
        return ("https://" if self.ready["tls"] else "http://") + self.authority

    @property
    def running(self):
        return self.process is not None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_TIME):
        """Waits until the process ends by itself. Returns the exit code."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError("usersd did not end within %s seconds" % timeout)
        self.process = None
        return code

    def stop(self, expected=0):
        """Sends SIGTERM. The process must exit with the expected code, one line on stdout and JSON lines on stderr."""
        self.metrics.append(self.metrics_text())
        self.signal(signal.SIGTERM)
        code = self.wait()
        assert code == expected, "exit code %d: %s" % (code, self.stderr_path.read_text()[-4000:])
        assert self.stdout_path.read_text().count("\n") == 1
        return self.log_lines()

    def kill9(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(STOP_TIME)
            self.process = None

    def metrics_text(self):
        connection = http.client.HTTPConnection(self.admin_host, self.admin_port, timeout=30)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def log_text(self):
        return self.stderr_path.read_text()

    def log_lines(self):
        """The log of the last process, which has ended. While a process runs, use one of the methods below, because it
        writes its log in the background."""
        assert not self.running
        return self._lines_so_far()

    def logged(self, event, count=1, seconds=LOG_TIME):
        """The lines of an event, once there are at least `count`."""
        def lines():
            found = [line for line in self._lines_so_far() if line["event"] == event]
            return len(found) >= count and found
        return wait_until(lines, seconds)

    def line_of_request(self, correlation_id):
        """The only line with this correlation id, once it is there."""
        (line,) = wait_until(lambda: [line for line in self._lines_so_far()
                                      if line.get("correlationId") == correlation_id], LOG_TIME)
        return line

    def logged_until_now(self, event):
        """The lines of an event, possibly none, that the server has logged before this call. The log is in order, so
        it has them when it has the line of a new request. It must have lines of level info."""
        name = "until-now/" + uuid.uuid4().hex
        if self.ready["tls"]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=LOG_TIME, context=context)
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=LOG_TIME)
        try:
            connection.request("GET", "/nowhere", headers={"X-Correlation-Id": name})
            connection.getresponse().read()
        finally:
            connection.close()
        self.line_of_request(name)
        return [line for line in self._lines_so_far() if line["event"] == event]

    def _lines_so_far(self):
        """The complete lines of the log. Every line must be a JSON object."""
        lines = []
        for line in self.log_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                break  # still being written
            lines.append(json.loads(line))
        return lines

    def events(self):
        """The complete events of users in the event file, in file order."""
        return [event for event in self._all_events() if "userId" in event["detail"]]

    def subject_events(self, subject):
        """The complete events of a subject, "catalogue" or "principals"."""
        return [event for event in self._all_events() if event["detail"].get("subject") == subject]

    def _all_events(self):
        path = self.data / "audit-events.jsonl"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def unread(server):
    """The number of bytes that clients have sent and the server has not read. A connection that the server has not
    accepted counts as one byte."""
    count = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        on_its_way, arrived = (int(number, 16) for number in queues.split(":"))
        if int(local.split(":")[1], 16) == server.port:
            count += arrived
        elif int(remote.split(":")[1], 16) == server.port:
            count += on_its_way
    return count


def make_certificate(directory, name="server", *more, **options):
    """A self-signed certificate for 127.0.0.1: paths of the certificate and of its key."""
    certificate = pathlib.Path(directory) / (name + ".pem")
    key = pathlib.Path(directory) / (name + ".key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key),
         "-out", str(certificate), *more],
        check=True, capture_output=True, timeout=60, **options)
    return certificate, key
