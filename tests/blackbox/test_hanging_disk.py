"""A disk can hang for longer than any caller waits. Then writes get 503 in time, reads that need no disk continue, the
health check fails, and SIGTERM still ends the process. No acknowledged change is lost."""

import signal

import pytest
from client import Client, fresh_email, fresh_key
from hangs import HangingDisk, failing_checks, wait_for_failing
from harness import wait_until
from people import OPERATOR

STOP_TIME_EXCEEDED = 3


@pytest.fixture
def own(make_server, tmp_path):
    server = make_server(start=False)
    disk = HangingDisk(server, tmp_path)
    server.start()
    yield Client(server, OPERATOR), disk
    disk.go_on()


def new_user_body():
    return {"idempotencyKey": fresh_key(), "email": fresh_email("hang"), "name": "Hang"}


def test_writes_get_503_while_syncs_hang_and_work_afterwards(own):
    client, disk = own
    server = client.server
    user = client.new_user()
    disk.hang()
    body = new_user_body()
    response = client.request("POST", "/users", body)
    assert response.status == 503 and response.json["code"] == "UNAVAILABLE" and "retry-after" in response.headers
    assert client.get(user["userId"]) == user, "reads need no sync"
    wait_for_failing(server, "writes")

    disk.go_on()
    wait_until(lambda: not failing_checks(server), 60)
    created = client.request("POST", "/users", body)
    assert created.status == 201
    assert [u["userId"] for u in client.list_users() if u["email"] == body["email"]] == [created.json["userId"]]
    lines = server.stop()
    (late,) = [line for line in lines if line["event"] == "request_ended_late"]
    assert late["operation"] == "users_register_create" and late["correlationId"] == response.headers["x-correlation-id"]
    (request,) = [line for line in lines if line["event"] == "request" and line["status"] == 503]
    assert request["correlationId"] == late["correlationId"]


def test_hanging_disk_is_detected_without_a_write(own):
    client, disk = own
    disk.hang()
    wait_for_failing(client.server, "writes")
    disk.go_on()
    wait_until(lambda: not failing_checks(client.server), 60)
    assert client.request("GET", "/users").status == 200


def test_sigterm_ends_the_process_while_syncs_hang(own):
    client, disk = own
    server = client.server
    users = [client.new_user() for _ in range(3)]
    disk.hang()
    assert client.request("POST", "/users", new_user_body()).status == 503
    server.signal(signal.SIGTERM)
    assert server.wait(60) == STOP_TIME_EXCEEDED
    (line,) = [line for line in server.log_lines() if line["event"] == "stop_time_exceeded"]
    assert line["stage"] == "closing the store"

    disk.go_on()
    server.start()
    for user in users:
        assert client.get(user["userId"]) == user


def test_sigterm_ends_a_start_that_hangs(make_server, tmp_path):
    server = make_server(start=False)
    disk = HangingDisk(server, tmp_path)
    disk.hang()
    server.launch()
    wait_until(lambda: server.data.exists(), 60)
    server.signal(signal.SIGTERM)
    assert server.wait(60) == STOP_TIME_EXCEEDED
    (line,) = [line for line in server.log_lines() if line["event"] == "stop_time_exceeded"]
    assert line["stage"] == "starting"
