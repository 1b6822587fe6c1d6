"""The access log is the audit of reads. If the reader of standard error stops or the disk is full, reads must not
continue without log lines, and the process must not hang. Authenticated requests get 503, the health check fails, and a
backup and a stop complete. Service resumes when the log can be written again."""

import json
import os
import re
import resource
import signal
import subprocess
import time

import pytest
from client import Client, fresh_email, fresh_key
from hangs import LogReader, admin, failing_checks, wait_for_failing
from harness import BINARY, START_TIME, run_usersd, wait_until
from people import OPERATOR
from rawhttp import RawConnection

PATIENCE = 60    # seconds; much longer than the server continues without a reader
PAUSE = 0.02     # seconds between requests
MAX_LINES = 3000
FILE_BYTES = 1 << 30


@pytest.fixture
def stuck(make_server):
    """A client, the reader of its server's log, and a function that stops the reader and makes requests until the
    server notices. It returns the responses."""
    server = make_server(start=False)
    reader = LogReader(server)
    server.launch()
    reader.start()
    os.close(server.stderr)
    server.stderr = None
    server._await_ready()
    client = Client(server, OPERATOR)

    def stop_reading():
        reader.pause()
        responses = []
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            responses.append(client.request("GET", "/users"))
            if responses[-1].status != 200:
                return responses
            time.sleep(PAUSE)
        raise AssertionError("the server continues although its log is not read")

    yield client, reader, stop_reading
    reader.go_on()


def test_requests_wait_for_the_log_and_get_503(stuck):
    client, reader, stop_reading = stuck
    server = client.server
    responses = stop_reading()
    last = responses.pop()
    assert last.status == 503 and last.json["code"] == "UNAVAILABLE" and "retry-after" in last.headers
    wait_for_failing(server, "log")
    email = fresh_email("stuck")
    body = {"idempotencyKey": fresh_key(), "email": email, "name": "Stuck"}
    assert client.request("POST", "/users", body).status == 503
    with RawConnection(server) as unknown:  # unknown clients need no line
        unknown.send(b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n")
        assert unknown.read_response().status == 401

    reader.go_on()
    wait_until(lambda: not failing_checks(server), 60)
    listed = client.request("GET", "/users")
    assert listed.status == 200
    assert email not in [user["email"] for user in listed.json["users"]], "the rejected request took effect"
    responses.append(listed)
    server.stop()
    logged = {line["correlationId"] for line in server.log_lines() if line["event"] == "request"}
    assert {response.headers["x-correlation-id"] for response in responses} <= logged, "a read has no log line"


def test_a_backup_does_not_wait_for_the_log(stuck, tmp_path):
    client, _, stop_reading = stuck
    client.new_user()
    stop_reading()
    result = run_usersd("backup", "--data", client.server.data, "--to", tmp_path / "copy")
    assert result.returncode == 0, result.stderr


def test_sigterm_ends_the_process_although_the_log_is_not_read(stuck):
    client, _, stop_reading = stuck
    stop_reading()
    client.server.signal(signal.SIGTERM)
    assert client.server.wait(60) in (0, 3)


@pytest.fixture
def full_log(make_server):
    """A client whose server's log is just below the file size limit, a function that raises the limit, and one that
    reads the log."""
    server = make_server(start=False)
    path = server.directory / "large.log"
    with open(path, "wb") as log:
        log.truncate(FILE_BYTES - 20_000)
    server.stderr = os.open(path, os.O_WRONLY | os.O_APPEND)
    server.preexec = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, resource.RLIM_INFINITY))
    server.start()
    os.close(server.stderr)
    server.stderr = None

    def raise_limit():
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def lines():
        with open(path, "rb") as log:
            log.seek(FILE_BYTES - 20_000)
            return [json.loads(line) for line in log.read().splitlines()]
    return Client(server, OPERATOR), raise_limit, lines


def test_full_disk_loses_no_log_line_of_a_request(full_log):
    client, raise_limit, lines = full_log
    server = client.server
    responses = []
    for _ in range(MAX_LINES):
        responses.append(client.request("GET", "/users"))
        if responses[-1].status != 200:
            break
    assert responses.pop().status == 503
    wait_for_failing(server, "log")
    raise_limit()
    wait_until(lambda: not failing_checks(server), 60)
    responses.append(client.request("GET", "/users"))
    assert responses[-1].status == 200
    metrics = server.metrics_text()
    assert float(re.search(r"^users_log_failed_writes_total (.*)$", metrics, re.M).group(1)) > 0
    assert float(re.search(r"^users_log_unwritten_bytes (.*)$", metrics, re.M).group(1)) < 20_000
    server.stop()
    logged = {line["correlationId"] for line in lines() if line["event"] == "request"}
    assert {response.headers["x-correlation-id"] for response in responses} <= logged


def test_start_without_a_log_is_rejected(tmp_path):
    """Standard error that is closed, or open only for reading, is rejected at start."""
    for how in ("2>&-", "2</dev/null"):
        command = '"$0" serve --listen 127.0.0.1:0 --data "$1" ' + how
        result = subprocess.run(["sh", "-c", command, BINARY, str(tmp_path / "data")], stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, timeout=START_TIME)
        assert result.returncode == 2
        assert result.stdout.startswith("usersd: standard error is closed") and result.stdout.count("\n") == 1
        assert not (tmp_path / "data").exists()


def test_sockets_never_use_closed_standard_descriptors(make_server):
    server = make_server(start=False)
    server.preexec = lambda: (os.close(0), os.close(1))
    server.launch()
    server.logged("started")
    targets = [os.readlink("/proc/%d/fd/%d" % (server.process.pid, number)) for number in (0, 1)]
    assert targets == ["/dev/null", "/dev/null"]
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_admin_address_reports_a_healthy_process(make_server):
    server = make_server()
    assert admin(server, "/livez") == (200, '{"status":"ok"}')
    assert admin(server, "/healthz") == (200, '{"status":"ok"}')
    for check in ("draining", "log", "reads", "writes", "files", "damage"):
        assert 'users_health{check="%s"} 1' % check in server.metrics_text()
