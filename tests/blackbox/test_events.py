"""Changes leave the service as events: every change at least once, each user's changes in order, none lost in a crash.
Events contain no data that would have to be erased later."""

import json
import re
import uuid

import pytest
from client import Client, fresh_email
from events import ENVELOPE, wait_for_all
from harness import TIMESTAMP, wait_until
from people import OPERATOR


@pytest.fixture
def own(make_server):
    return Client(make_server("--log-level", "warning"), OPERATOR)


def write_some(client, marker="x"):
    """Creates a user with every kind of change. Returns its id and version."""
    user_id = client.new_user(email=fresh_email(marker), name=marker, metadata={marker: marker}, handles={
        "externalId": marker + uuid.uuid4().hex, "userName": marker + uuid.uuid4().hex})["userId"]
    client.assign(user_id, "viewer")
    client.patch(user_id, email=fresh_email(marker), name=marker + "2", metadata={"k": marker},
                 externalId=None, userName=marker + uuid.uuid4().hex)
    client.remove(user_id, "viewer")
    client.set_status(user_id, "disabled")
    response = client.set_status(user_id, "deleted")
    return user_id, response.json["version"]


def test_envelope(own):
    user_id, version = write_some(own)
    events = wait_for_all(own, {user_id: version})
    assert len(events) == version
    for event in events:
        assert event["source"] == "user-management.users" and event["detail-type"] == "UserAuditEvent"
        assert event["version"] == "0" and event["resources"] == []
        assert event["account"] == "000000000000" and event["region"] == "us-east-1"
        assert event["time"] == re.sub(r"\.\d+", "", event["detail"]["timestamp"])
        assert TIMESTAMP.fullmatch(event["detail"]["timestamp"])
        assert event["id"] == event["detail"]["eventId"]
    assert len({event["id"] for event in events}) == version
    assert events[0]["detail"]["changes"] == {
        "email": {}, "name": {}, "metadata": {}, "externalId": {}, "userName": {}, "status": {"before": None, "after": "active"},
        "roles": {"before": None, "after": []}}
    assert events[2]["detail"]["changes"] == dict.fromkeys(["email", "name", "metadata", "externalId", "userName"], {})


def test_account_and_region_come_from_the_api_arn(make_server):
    server = make_server("--api-arn", "arn:aws:execute-api:eu-central-1:123456789012:abc/prod", start=False)
    server.start()
    client = Client(server, OPERATOR)
    from signing import boto_sign
    body = json.dumps({"idempotencyKey": "k", "email": fresh_email(), "name": "x"}).encode()
    signed = boto_sign(OPERATOR, "POST", server.url + "/users", body, {"Content-Type": "application/json"},
                       region="eu-central-1")
    assert client.send("POST", "/users", list(signed.headers.items()), body).status == 201
    (event,) = wait_until(server.events)
    assert (event["account"], event["region"]) == ("123456789012", "eu-central-1")


def test_event_file_contains_no_personal_data(own):
    marker = "PERSONAL" + uuid.uuid4().hex
    user_id, version = write_some(own, marker)
    wait_for_all(own, {user_id: version})
    text = (own.server.data / "audit-events.jsonl").read_text()
    assert marker.lower() not in text.lower() and "blackbox.example" not in text
    assert "salt" not in text


def test_order_is_kept_under_load(own, together):
    shared = own.new_user()["userId"]

    def work(number):
        user_id = own.new_user()["userId"]
        for step in range(8):
            own.patch(user_id, name="N%d" % step)
            own.patch(shared, name="S%d-%d" % (number, step))
        return user_id

    users = {user_id: 9 for user_id in together(6, work)}
    events = wait_for_all(own, {**users, shared: 49})
    assert len(events) == 6 * 9 + 49  # without a crash, nothing is repeated


def test_restart_loses_and_repeats_nothing(own):
    first = dict([write_some(own)])
    own.server.stop()
    assert len(own.server.events()) == 6  # committed changes are delivered before the server exits
    own.server.start()
    second = dict([write_some(own)])
    events = wait_for_all(own, {**first, **second})
    assert len(events) == 12


def test_kill_9_loses_nothing(own, together):
    expected = {}
    for round_number in range(3):
        expected.update(together(4, lambda _: write_some(own)))
        own.server.kill9()  # most likely while the relay is behind
        own.server.start()
        if round_number == 1:
            own.server.kill9()  # again, while the relay catches up
            own.server.start()
    wait_for_all(own, expected)


def test_partial_line_is_repaired(own):
    """A partial line after a crash must not damage the next line."""
    user_id, version = write_some(own)
    wait_for_all(own, {user_id: version})
    own.server.kill9()
    path = own.server.data / "audit-events.jsonl"
    whole = path.read_text()
    path.write_text(whole + whole.splitlines()[0][:100])
    own.server.start()
    other, version = write_some(own)
    wait_for_all(own, {other: version})
    for line in path.read_text().splitlines():
        assert set(json.loads(line)) == ENVELOPE


def test_rejections_replays_and_no_ops_add_no_event(own):
    user = own.new_user()
    key = {"Idempotency-Key": "k"}
    own.assign(user["userId"], "viewer", headers=key)
    own.assign(user["userId"], "viewer", headers=key)
    own.assign(user["userId"], "viewer")
    own.remove(user["userId"], "editor")
    own.patch(user["userId"], name=user["name"])
    last = own.new_user()["userId"]
    assert len(wait_for_all(own, {user["userId"]: 2, last: 1})) == 3
