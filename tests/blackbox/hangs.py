"""Things outside a server that can hang: the reader of its log, and its disk."""

import fcntl
import http.client
import json
import os
import pathlib
import subprocess
import threading

from harness import wait_until

SOURCE = pathlib.Path(__file__).with_name("hanging_sync.c")
F_SETPIPE_SZ = 1031


class LogReader(threading.Thread):
    """Reads the server's standard error from a small pipe into its log file, except while it is paused."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.read_end, server.stderr = os.pipe()
        fcntl.fcntl(server.stderr, F_SETPIPE_SZ, 4096)
        self.reading = threading.Event()
        self.reading.set()

    def run(self):
        with open(self.server.stderr_path, "ab", buffering=0) as log:
            while True:
                self.reading.wait()
                data = os.read(self.read_end, 65536)
                if not data:
                    return
                log.write(data)

    def pause(self):
        self.reading.clear()

    def go_on(self):
        self.reading.set()


class HangingDisk:
    """A disk whose syncs hang between hang() and go_on()."""

    def __init__(self, server, directory):
        self.file = directory / "hang"
        library = directory / "hanging_sync.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True, timeout=60)
        server.environment = {
            "LD_PRELOAD": str(library), "HANGING_SYNC": str(self.file),
            # The library replaces no allocation, so it may come before AddressSanitizer.
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def hang(self):
        self.file.touch()

    def go_on(self):
        self.file.unlink(missing_ok=True)


def admin(server, path):
    """The status and the text of a path of the admin address."""
    connection = http.client.HTTPConnection(server.admin_host, server.admin_port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def failing_checks(server):
    """The names of the failing checks; none if the server is healthy. The metrics must say the same."""
    status, text = admin(server, "/healthz")
    body = json.loads(text)
    assert (status == 200) == (body == {"status": "ok"})
    return body.get("failing", [])


def wait_for_failing(server, *names):
    wait_until(lambda: failing_checks(server) == list(names), 60, 0.1)
    metrics = admin(server, "/metrics")[1]
    for name in names:
        assert 'users_health{check="%s"} 0' % name in metrics
    assert admin(server, "/livez")[0] == 200
