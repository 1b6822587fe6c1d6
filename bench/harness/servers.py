"""Starts and stops what is measured, on free loopback ports."""
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from .machine import USERSD, WORK, Failed

LONGEST_START_SECONDS = 30
LONGEST_STOP_SECONDS = 60
NO_LIMIT = "1000000000"
LONGEST_WORD = 3000  # nginx's configuration takes no word over 4 KB


class Usersd:
    """`usersd serve` with default options but a throttle that never acts; its log goes to a file."""

    def __init__(self, data, program=USERSD):
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = open(WORK / "usersd.log", "wb")
        command = [program, "serve", "--listen", "127.0.0.1:0", "--data", data,
                   "--throttle-rate", NO_LIMIT, "--throttle-burst", NO_LIMIT]
        begin = time.monotonic()
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=self.log)
        line = self._ready_line()
        self.start_seconds = time.monotonic() - begin
        self.port = int(line["address"].rsplit(":", 1)[1])
        self.admin = line["adminAddress"]
        self.pids = [self.process.pid]

    def _ready_line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], LONGEST_START_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.stop()
            raise Failed("usersd does not start: " + pathlib.Path(self.log.name).read_text()[-500:])
        return json.loads(line)

    def metric(self, name):
        with urllib.request.urlopen("http://%s/metrics" % self.admin, timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[1])
        return 0.0

    def megabytes(self, field="VmRSS"):
        for line in pathlib.Path("/proc/%d/status" % self.process.pid).read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        return 0.0

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(LONGEST_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.log.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


NGINX_CONFIGURATION = """
worker_processes 2;
daemon off;
pid %(place)s/nginx.pid;
error_log %(place)s/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  default_type application/json;
  client_body_temp_path %(place)s/client_body;
  proxy_temp_path %(place)s/proxy;
  fastcgi_temp_path %(place)s/fastcgi;
  uwsgi_temp_path %(place)s/uwsgi;
  scgi_temp_path %(place)s/scgi;
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      %(answer)s
    }
  }
}
"""


class Nginx:
    """nginx that answers everything with 200 and one body: the ceiling of HTTP."""

    def __init__(self, body):
        if any(c in body for c in "'$\\"):
            raise Failed("nginx's configuration cannot hold this body")
        place = WORK / "nginx"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        words = [body[i:i + LONGEST_WORD] for i in range(0, len(body), LONGEST_WORD)]
        if len(words) == 1:
            answer = "return 200 '%s';" % body
        else:
            answer = "".join("set $part%d '%s';\n" % numbered for numbered in enumerate(words))
            answer += "return 200 '%s';" % "".join("$part%d" % i for i in range(len(words)))
        self.port = free_port()
        (place / "nginx.conf").write_text(
            NGINX_CONFIGURATION % {"place": place, "port": self.port, "answer": answer})
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-p", str(place), "-c", str(place / "nginx.conf")],
                                        stderr=subprocess.DEVNULL)
        self.pids = self._wait_for_workers(place)

    def _wait_for_workers(self, place):
        children = pathlib.Path("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid))
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            workers = [int(pid) for pid in children.read_text().split()]
            if len(workers) == 2:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    return [self.process.pid] + workers
            time.sleep(0.02)
        self.stop()
        log = place / "error.log"
        raise Failed("nginx does not start: " + (log.read_text()[-500:] if log.exists() else ""))

    def stop(self):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(LONGEST_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def running(server):
    try:
        yield server
    finally:
        server.stop()
