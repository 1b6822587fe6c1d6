"""Keys are added, rotated and removed while the server runs. A valid file takes effect as a whole within 5 seconds. A
faulty file changes nothing and is reported without a secret."""

import json
import os
import signal
import time

import pytest
from client import Client
from harness import wait_until
from people import (CLERK, NO_ADMIN, OPERATOR, OTHER, EVERYTHING, make_key, principal, user_arn,
                    write_principals)
from rawhttp import RawConnection, signed_request

RELOAD_TIME = 5  # seconds until a changed file takes effect, as in the contract; the contract states no other time
LONGEST = 60
NEW = make_key("NEWCOMER", user_arn("newcomer"))


@pytest.fixture
def server(make_server):
    return make_server(principals=[principal(OPERATOR), principal(OTHER)])


@pytest.fixture
def client(server):
    return Client(server, OPERATOR)


def status(client, key):
    return client.request("GET", "/users", query="limit=1", principal=key).status


def test_new_key_works_within_5_seconds(server, client):
    assert status(client, NEW) == 401
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)
    # The file takes effect as a whole, so the removed principal is rejected.
    assert status(client, OTHER) == 401 and status(client, OPERATOR) == 200


def test_file_written_in_place_is_reloaded(server, client):
    with open(server.principals_file, "w") as file:
        json.dump({"version": 1, "principals": [principal(OPERATOR), principal(NEW)]}, file)
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)


def test_removed_key_is_rejected_on_open_connections(server, client):
    with RawConnection(server) as connection:
        connection.send(signed_request(server, OTHER, "GET", "/users"))
        assert connection.read_response().status == 200
        write_principals(server.principals_file, [principal(OPERATOR)])
        wait_until(lambda: status(client, OTHER) == 401, RELOAD_TIME)
        connection.send(signed_request(server, OTHER, "GET", "/users"))
        assert connection.read_response().status == 401


def test_secret_can_be_rotated_under_one_key_id(server, client):
    """The key id stays and its secret changes. The server must not keep the old signing key."""
    fresh = make_key("OTHER", OTHER.arn)
    fresh = type(fresh)(fresh.id, "another-secret-that-is-new", None, fresh.arn)
    assert status(client, OTHER) == 200
    write_principals(server.principals_file, [principal(OPERATOR), principal(fresh)])
    wait_until(lambda: status(client, fresh) == 200, RELOAD_TIME)
    assert status(client, OTHER) == 401


def test_changed_policy_takes_effect(server, client):
    user_id = client.new_user()["userId"]
    client.assign(user_id, "admin")
    write_principals(server.principals_file, [principal(OPERATOR, EVERYTHING, NO_ADMIN)])
    wait_until(lambda: client.remove(user_id, "nothing").status == 404
               and client.remove(user_id, "admin").status == 403, RELOAD_TIME)


def test_sighup_reloads_the_file(server, client):
    loads = server.logged("principals_loaded")
    server.signal(signal.SIGHUP)
    server.logged("principals_loaded", len(loads) + 1)
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW)])
    server.signal(signal.SIGHUP)
    wait_until(lambda: status(client, NEW) == 200, LONGEST)


def test_many_sighups_do_no_harm(server, client):
    for _ in range(50):
        server.signal(signal.SIGHUP)
    assert status(client, OPERATOR) == 200


FAULTS = {
    "empty": b"", "no json": b"{", "empty list": b'{"version":1,"principals":[]}', "version": b'{"version":2}',
    "repeated": b'{"version":1,"version":1,"principals":[]}', "null": b"null",
    "half": json.dumps({"version": 1, "principals": [principal(CLERK)]}).encode()[:-20],
    "unknown member": json.dumps({"version": 1, "principals": [{**principal(CLERK), "admin": True}]}).encode(),
    "two of one arn": json.dumps({"version": 1, "principals": [principal(CLERK)] * 2}).encode(),
    "short secret": json.dumps({"version": 1, "principals": [principal(OPERATOR), principal(CLERK)]}).replace(
        CLERK.secret, "short-secret").encode(),
}


@pytest.mark.parametrize("content", FAULTS.values(), ids=FAULTS.keys())
def test_faulty_file_keeps_the_previous_principals(server, client, content):
    server.principals_file.write_bytes(content)
    server.signal(signal.SIGHUP)
    (line, *_) = server.logged("principals_rejected")
    assert line["level"] == "error" and line["reason"]
    for key in (OPERATOR, OTHER):
        assert status(client, key) == 200
    assert status(client, CLERK) == 401
    text = server.log_text()
    for secret in (CLERK.secret, OPERATOR.secret, OTHER.secret, "short-secret"):
        assert secret not in text


def test_missing_file_keeps_the_previous_principals(server, client):
    os.unlink(server.principals_file)
    server.logged("principals_rejected")
    assert status(client, OPERATOR) == 200
    # A valid file takes effect again.
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)


def test_directory_instead_of_the_file_keeps_the_previous_principals(server, client):
    os.unlink(server.principals_file)
    os.mkdir(server.principals_file)
    server.logged("principals_rejected")
    assert status(client, OPERATOR) == 200


def test_rejection_is_logged_once(server, client):
    """A file that stays faulty is logged once, not every second."""
    server.principals_file.write_bytes(b"{")
    server.logged("principals_rejected")
    time.sleep(2.5)
    assert len(server.logged_until_now("principals_rejected")) <= 2


def test_key_expires_without_a_reload(server, client):
    end = int(time.time()) + 4
    loads = server.logged("principals_loaded")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW, expiresAt=soon)])
    server.logged("principals_loaded", len(loads) + 1)
    first = status(client, NEW)
    assert first == 200 or time.time() >= end  # on a slow machine the key may already have expired
    wait_until(lambda: status(client, NEW) == 401, LONGEST)
    assert time.time() >= end and status(client, OPERATOR) == 200


def test_reload_under_load_rejects_no_valid_caller(server, client, together):
    """The file changes continuously. A caller that is in every version of it is never rejected."""
    def work(number):
        if number == 0:
            for turn in range(30):
                others = [principal(NEW)] if turn % 2 else [principal(OTHER)]
                write_principals(server.principals_file, [principal(OPERATOR)] + others)
                server.signal(signal.SIGHUP)
                time.sleep(0.02)
            return {200}
        return {status(client, OPERATOR) for _ in range(40)}

    assert set().union(*together(6, work)) == {200}


def test_principals_in_the_data_directory_are_reloaded(bare_server):
    server = bare_server()
    path = server.data / "principals.json"
    content = json.loads(path.read_text())
    content["principals"].append(principal(NEW))
    path.write_text(json.dumps(content))
    client = Client(server, NEW)
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)
    server.stop()
