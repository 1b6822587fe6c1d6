"""Why: keys are added, rotated and taken away while the server runs. A good file works within 5 seconds and
as a whole; a faulty one changes nothing, and says so without showing a secret."""

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

RELOAD_TIME = 5  # seconds until a changed file works: the contract's figure; it names no other
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


def logged(server, event):
    return [line for line in server.log_lines() if line["event"] == event]


def test_new_key_works_within_5_seconds(server, client):
    assert status(client, NEW) == 401
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)
    # as a whole: what is gone from the file is gone
    assert status(client, OTHER) == 401 and status(client, OPERATOR) == 200


def test_file_written_in_place(server, client):
    with open(server.principals_file, "w") as file:
        json.dump({"version": 1, "principals": [principal(OPERATOR), principal(NEW)]}, file)
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)


def test_removed_key_ends_kept_connections_too(server, client):
    with RawConnection(server) as connection:
        connection.send(signed_request(server, OTHER, "GET", "/users"))
        assert connection.read_answer().status == 200
        write_principals(server.principals_file, [principal(OPERATOR)])
        wait_until(lambda: status(client, OTHER) == 401, RELOAD_TIME)
        connection.send(signed_request(server, OTHER, "GET", "/users"))
        assert connection.read_answer().status == 401


def test_rotation_under_one_key_id(server, client):
    """The same id with another secret: the old signing key must not be remembered."""
    fresh = make_key("OTHER", OTHER.arn)
    fresh = type(fresh)(fresh.id, "another-secret-that-is-new", None, fresh.arn)
    assert status(client, OTHER) == 200
    write_principals(server.principals_file, [principal(OPERATOR), principal(fresh)])
    wait_until(lambda: status(client, fresh) == 200, RELOAD_TIME)
    assert status(client, OTHER) == 401


def test_changed_policy(server, client):
    user_id = client.new_user()["userId"]
    client.assign(user_id, "admin")
    write_principals(server.principals_file, [principal(OPERATOR, EVERYTHING, NO_ADMIN)])
    wait_until(lambda: client.remove(user_id, "nothing").status == 404
               and client.remove(user_id, "admin").status == 403, RELOAD_TIME)


def test_sighup_reads_it_again(server, client):
    loads = wait_until(lambda: logged(server, "principals_loaded"))
    server.signal(signal.SIGHUP)
    wait_until(lambda: len(logged(server, "principals_loaded")) > len(loads), LONGEST)
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW)])
    server.signal(signal.SIGHUP)
    wait_until(lambda: status(client, NEW) == 200, LONGEST)


def test_many_sighups_hurt_nobody(server, client):
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
def test_faulty_file_keeps_the_former(server, client, content):
    server.principals_file.write_bytes(content)
    server.signal(signal.SIGHUP)
    (line, *_) = wait_until(lambda: logged(server, "principals_rejected"), LONGEST)
    assert line["level"] == "error" and line["reason"]
    for key in (OPERATOR, OTHER):
        assert status(client, key) == 200
    assert status(client, CLERK) == 401
    text = server.log_text()
    for secret in (CLERK.secret, OPERATOR.secret, OTHER.secret, "short-secret"):
        assert secret not in text


def test_missing_file_keeps_the_former(server, client):
    os.unlink(server.principals_file)
    wait_until(lambda: logged(server, "principals_rejected"), LONGEST)
    assert status(client, OPERATOR) == 200
    # A good one mends it.
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)


def test_unreadable_directory_in_its_place(server, client):
    os.unlink(server.principals_file)
    os.mkdir(server.principals_file)
    wait_until(lambda: logged(server, "principals_rejected"), LONGEST)
    assert status(client, OPERATOR) == 200


def test_rejection_is_not_repeated_for_ever(server, client):
    """A file that stays faulty is one event, not a line a second."""
    server.principals_file.write_bytes(b"{")
    wait_until(lambda: logged(server, "principals_rejected"), LONGEST)
    time.sleep(2.5)
    assert len(logged(server, "principals_rejected")) <= 2


def test_expiry_needs_no_reload(server, client):
    end = int(time.time()) + 4
    loads = wait_until(lambda: logged(server, "principals_loaded"))
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    write_principals(server.principals_file, [principal(OPERATOR), principal(NEW, expiresAt=soon)])
    wait_until(lambda: len(logged(server, "principals_loaded")) > len(loads), LONGEST)
    first = status(client, NEW)
    assert first == 200 or time.time() >= end  # on a slow machine its time may be over already
    wait_until(lambda: status(client, NEW) == 401, LONGEST)
    assert time.time() >= end and status(client, OPERATOR) == 200


def test_reload_under_load(server, client, together):
    """The file changes all the time; who is in every version of it is never refused."""
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


def test_principals_in_the_data_directory_are_read_again_too(bare_server):
    server = bare_server()
    path = server.data / "principals.json"
    content = json.loads(path.read_text())
    content["principals"].append(principal(NEW))
    path.write_text(json.dumps(content))
    client = Client(server, NEW)
    wait_until(lambda: status(client, NEW) == 200, RELOAD_TIME)
    server.stop()
