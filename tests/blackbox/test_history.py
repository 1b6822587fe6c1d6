"""The role catalogue and the principals have a history in the audit trail, and a user can be seen as it was at any past
instant, with the permissions of that time. No entry has a secret."""

import datetime
import json
import signal
import time

import pytest
from client import Client
from events import wait_for_all
from harness import TIMESTAMP, wait_until
from people import EVERYTHING, OPERATOR, OTHER, make_key, principal, user_arn, write_principals
from test_check import check

LONGEST = 30
NEW = make_key("NEWCOMER", user_arn("newcomer"))


def role(name, *permissions, **more):
    return {"name": name, "description": "The role " + name, "permissions": list(permissions), **more}


@pytest.fixture
def own(make_server, tmp_path):
    """A client of a server with a catalogue of its own."""
    roles = tmp_path / "roles.json"

    def set_roles(*listed, **more):
        roles.write_text(json.dumps({"version": 1, "roles": listed, **more}))

    set_roles(role("viewer", "read"))
    client = Client(make_server("--roles", roles, principals=[principal(OPERATOR)]), OPERATOR)
    client.set_roles = set_roles
    return client


def versions(client, subject):
    return [event["detail"]["version"] for event in client.server.subject_events(subject)]


def at(client, user_id, time):
    return client.request("GET", "/users/%s/at/%s" % (user_id, time))


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_first_start_records_both(own):
    wait_until(lambda: versions(own, "catalogue") == [1] and versions(own, "principals") == [1], LONGEST)
    (catalogue,), (principals,) = own.server.subject_events("catalogue"), own.server.subject_events("principals")
    for event, action in ((catalogue, "CATALOGUE_CHANGED"), (principals, "PRINCIPALS_CHANGED")):
        detail = event["detail"]
        assert set(detail) == {"eventId", "schema", "subject", "version", "timestamp", "action", "actor", "correlationId",
                               "changedFields", "changes", "changesHash", "prevHash", "hash"}
        assert detail["action"] == action and detail["actor"] == "arn:aws:iam::000000000000:user/usersd"
        assert detail["prevHash"] == "0" * 64 and TIMESTAMP.fullmatch(detail["timestamp"])
        assert detail["changes"] == {key: {} for key in detail["changedFields"]}
    assert catalogue["detail"]["changedFields"] == ["viewer"]
    assert principals["detail"]["changedFields"] == [OPERATOR.arn]


def test_only_changes_are_recorded(own):
    wait_until(lambda: versions(own, "principals") == [1], LONGEST)
    own.server.stop()
    own.server.start()
    own.server.signal(signal.SIGHUP)
    write_principals(own.server.principals_file, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: versions(own, "principals") == [1, 2], LONGEST)
    own.set_roles(role("viewer", "read"), role("editor", "write"), deletableBy=["*"])
    wait_until(lambda: versions(own, "catalogue") == [1, 2], LONGEST)
    assert own.server.subject_events("principals")[1]["detail"]["changedFields"] == [NEW.arn]
    assert own.server.subject_events("catalogue")[1]["detail"]["changedFields"] == ["$deletableBy", "editor"]
    own.server.stop()
    assert check(own.server.data, "--events", own.server.data / "audit-events.jsonl")[:2] == (0, [])


def test_a_changed_file_is_recorded_at_the_next_start(own):
    own.server.stop()
    own.set_roles(role("viewer"))
    own.server.start()
    wait_until(lambda: versions(own, "catalogue") == [1, 2], LONGEST)
    own.server.kill9()
    own.server.start()
    own.server.stop()
    assert versions(own, "catalogue")[:2] == [1, 2] and set(versions(own, "catalogue")) == {1, 2}


def test_no_file_of_the_store_has_a_secret(own):
    write_principals(own.server.principals_file, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: versions(own, "principals") == [1, 2], LONGEST)
    own.server.stop()
    for path in own.server.data.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for key in (OPERATOR, NEW):
            assert key.secret.encode() not in content, path


def test_a_user_is_seen_as_it_was(own):
    user = own.new_user(name="Ada", metadata={"k": "v"})
    created = user["createdAt"]
    assert own.assign(user["userId"], "viewer").status == 200
    first = own.get(user["userId"])
    time.sleep(0.01)
    between = now()
    time.sleep(0.01)
    own.set_roles(role("viewer", "read", "print"))
    wait_until(lambda: own.get(user["userId"])["permissions"] == ["print", "read"], LONGEST)
    wait_until(lambda: versions(own, "catalogue") == [1, 2], LONGEST)
    assert own.patch(user["userId"], name="Ada King").status == 200
    last = own.get(user["userId"])

    assert at(own, user["userId"], created).json == {**user, "at": created, "catalogueVersion": 1}
    assert at(own, user["userId"], between).json == {**first, "at": between, "catalogueVersion": 1}
    seen = at(own, user["userId"], last["updatedAt"])
    assert seen.json == {**last, "at": last["updatedAt"], "catalogueVersion": 2} and seen.etag == '"3"'
    assert own.set_status(user["userId"], "deleted").status == 200
    time.sleep(0.01)
    assert at(own, user["userId"], now()).status == 404
    assert at(own, user["userId"], between).status == 200
    wait_for_all(own, {user["userId"]: 4})


def test_a_policy_can_withhold_past_states(make_server):
    denied = {"Effect": "Deny", "Action": "execute-api:Invoke",
              "Resource": ["*/GET/users/*/at/*", "*/POST/users/batch-get"]}
    server = make_server(principals=[principal(OPERATOR), principal(OTHER, EVERYTHING, denied)])
    client = Client(server, OPERATOR)
    user_id = client.new_user()["userId"]
    body = {"userIds": [user_id]}
    time.sleep(0.01)
    assert at(client, user_id, now()).status == 200
    assert client.request("POST", "/users/batch-get", body).json["users"] == [client.get(user_id)]
    other = client.as_(OTHER)
    assert other.get(user_id)["userId"] == user_id
    assert at(other, user_id, now()).status == 403
    assert other.request("POST", "/users/batch-get", body).status == 403
    (line,) = [line for line in server.stop() if line.get("operation") == "users_batch_get" and line["status"] == 200]
    assert line["users"] == 1 and "userId" not in line
