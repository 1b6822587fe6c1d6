"""`usersd check --events FILE` compares the event file with the store, line by line, and checks that it contains the
newest changes."""

import json

import pytest
from client import Client
from events import wait_for_all
from people import OPERATOR
from test_check import check, rejected


@pytest.fixture
def own(make_server):
    """A client of a stopped server with four users. Two users are changed, and all events are delivered."""
    client = Client(make_server("--log-level", "warning"), OPERATOR)
    client.users = {client.new_user(metadata={"k": "v"})["userId"]: 1 for _ in range(4)}
    for user in list(client.users)[:2]:
        assert client.patch(user, name="Another Name").status == 200
        client.users[user] = 2
    wait_for_all(client, client.users)
    client.server.stop()
    client.events = client.server.data / "audit-events.jsonl"
    client.lines = [line for line in client.events.read_text().splitlines() if '"userId":' in line]
    return client


def findings(own, lines, end="\n"):
    own.events.write_text("\n".join(lines) + end)
    code, found, _ = check(own.server.data, "--events", own.events)
    assert code == (1 if found else 0)
    return found


def test_matching_file_has_no_findings(own):
    assert findings(own, own.lines) == []
    assert findings(own, own.lines[:3] + own.lines[1:]) == []  # events may be repeated
    assert findings(own, own.lines + [own.lines[0][:100]], end="") == []  # a partial line is not an event
    assert findings(own, own.lines + ["", ""], end="")  # the server never writes an empty line


def edited(line, **members):
    event = json.loads(line)
    event["detail"].update(members)
    return json.dumps(event)


def test_every_different_line_is_reported(own):
    detail = json.loads(own.lines[2])["detail"]
    which = "version %d of user %s" % (detail["version"], detail["userId"])
    place = "event file audit-events.jsonl line 3: "
    for line, said in [
        (edited(own.lines[2], hash="0" * 64), "is not the event of %s in the store" % which),
        (edited(own.lines[2], actor="arn:aws:iam::123456789012:user/x"), "is not the event of %s in the store" % which),
        (edited(own.lines[2], changes={}), "is not the event of %s in the store" % which),
        (edited(own.lines[2], more=1), "is not the event of %s in the store" % which),
        (edited(own.lines[2], version=9),
         "contains version 9 of user %s, which the store does not have" % detail["userId"]),
        (edited(own.lines[2], version=-1), "is not an event"),
        (edited(own.lines[2], userId="x"), "is not an event"),
        (own.lines[2][:-1], "is not an event"),
        ("[]", "is not an event"),
        ('{"detail":' + "z" * 1_100_000 + "}", "is not an event"),
    ]:
        found = findings(own, own.lines[:2] + [line] + own.lines[3:])
        assert place + said in found, (said, found)


def test_missing_last_event_is_reported(own):
    user = list(own.users)[1]
    assert json.loads(own.lines[-1])["detail"]["userId"] == user
    assert findings(own, own.lines[:-1]) == [
        "user %s: version 2 was delivered, but the event files do not have it" % user]


def test_undelivered_changes_are_not_reported(own):
    own.server.start()
    own.events.unlink()
    own.events.mkdir()  # nothing can be delivered
    assert own.patch(next(iter(own.users)), name="Another Name").status == 200
    own.server.stop()
    own.events.rmdir()
    assert findings(own, own.lines) == []


def test_rotated_files_are_checked_together(own):
    first = own.events.with_suffix(".1")
    first.write_text("\n".join(own.lines[:3]) + "\n")
    own.events.write_text("\n".join(own.lines[3:]) + "\n")
    assert check(own.server.data, "--events", first, "--events", own.events)[0] == 0
    code, found, _ = check(own.server.data, "--events", first)
    assert code == 1 and all(line.startswith("user ") for line in found), found


def test_unreadable_files_are_reported(own, tmp_path):
    for path, why in [(tmp_path / "absent", "No such file or directory"), (tmp_path, "is not a file")]:
        assert rejected("check", "--data", own.server.data, "--events", path) == "--events %s: %s" % (path, why)
