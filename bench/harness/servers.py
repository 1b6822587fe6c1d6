"""Starts and stops the servers that are measured, on free loopback ports."""
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

from .machine import ROOT, USERSD, WORK, Failed

LONGEST_START_SECONDS = 30
LONGEST_STOP_SECONDS = 60
NO_LIMIT = "1000000000"
LONGEST_WORD = 3000  # nginx's configuration accepts no word over 4 KB
# The engines check only the form of a signature.
SIGNATURE = {"X-Amz-Date": "20260101T000000Z", "Authorization":
             "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, "
             "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64}


class Usersd:
    """`usersd serve` with default options, except a throttle that never acts. Its log goes to a file."""

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
        with urllib.request.urlopen("http://%s/metrics" % self.admin, timeout=10) as response:
            for line in response.read().decode().splitlines():
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
  %(servers)s
}
"""
NGINX_RESPONDING = """
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      %(response)s
    }
  }
"""
NGINX_BEFORE = """
  upstream behind {
    server 127.0.0.1:%(behind)d;
    keepalive 16;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:%(port)d ssl;
    ssl_certificate %(certificate)s;
    ssl_certificate_key %(key)s;
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }
"""


class Nginx:
    """nginx, which responds to everything with 200 and one body: the ceiling of HTTP."""

    def __init__(self, body):
        if any(c in body for c in "'$\\"):
            raise Failed("nginx's configuration cannot hold this body")
        words = [body[i:i + LONGEST_WORD] for i in range(0, len(body), LONGEST_WORD)]
        if len(words) == 1:
            response = "return 200 '%s';" % body
        else:
            response = "".join("set $part%d '%s';\n" % numbered for numbered in enumerate(words))
            response += "return 200 '%s';" % "".join("$part%d" % i for i in range(len(words)))
        self.port = free_port()
        self._start(NGINX_RESPONDING % {"port": self.port, "response": response})

    def _start(self, servers):
        place = WORK / "nginx"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "nginx.conf").write_text(NGINX_CONFIGURATION % {"place": place, "servers": servers})
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


class TlsProxy(Nginx):
    """nginx, which terminates TLS in front of a server on a loopback port."""

    def __init__(self, behind, certificate, key):
        self.port = free_port()
        self._start(NGINX_BEFORE % {"port": self.port, "behind": behind, "certificate": certificate, "key": key})


def make_certificate():
    """Makes a certificate for localhost, of the size of those of AWS's endpoints, and its key."""
    WORK.mkdir(parents=True, exist_ok=True)
    certificate, key = WORK / "localhost.pem", WORK / "localhost.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60)
    return certificate, key


class Engine:
    """dynoxide, in memory (scripts/install-engines)."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen([ROOT / "tests/engines/start", "dynoxide", str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while not self._responses():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Failed("the engine does not start")
            time.sleep(0.02)

    def _responses(self):
        with contextlib.suppress(OSError):
            self._call("ListTables", {})
            return True
        return False

    def _call(self, operation, body):
        request = urllib.request.Request("http://127.0.0.1:%d/" % self.port, json.dumps(body).encode(), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810." + operation,
            **SIGNATURE})
        urllib.request.urlopen(request, timeout=10).close()

    def create_tables(self, **keys_by_name):
        for name, keys in keys_by_name.items():
            self._call("CreateTable", {
                "TableName": name, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
                "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))]})

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LONGEST_STOP_SECONDS)


@contextlib.contextmanager
def running(server):
    try:
        yield server
    finally:
        server.stop()
