"""The whole trail: audit_query shows every entry in commit order, and events_read lets programs follow it, wait for the
next event, and know when they are too late."""

import base64
import threading
import time

import pytest
from client import Client
from harness import wait_until
from people import CLERK, EVERYTHING, OPERATOR, OTHER, READER, allow, deny, principal, write_principals
from rawhttp import RawConnection, signed_request

EVERY = "/audit"
EVENTS = "/events"


@pytest.fixture
def own(make_server):
    return Client(make_server(), OPERATOR)


def whole_trail(client, limit=100, **filters):
    return [entry for page in client.pages(EVERY, "auditLogs", filters, limit) for entry in page]


def trail(client, limit=100, **filters):
    """The entries about users."""
    return [entry for entry in whole_trail(client, limit, **filters) if "userId" in entry]


def read(client, after="oldest", **query):
    response = client.request("GET", EVENTS, query={"after": after, **query})
    assert response.status == 200 and set(response.json) == {"events", "next"}, response
    return response.json["events"], response.json["next"]


def follow(client, after="oldest", limit=7):
    events = []
    while True:
        page, after = read(client, after, limit=str(limit))
        if not page:
            return events, after
        events += page


def places(events):
    """The (userId, version) of the events about users."""
    return [(event["detail"]["userId"], event["detail"]["version"]) for event in events if "userId" in event["detail"]]


def write_some(client, users=4):
    """Returns the (userId, version) of each change, in commit order."""
    changes = []
    ids = [client.new_user()["userId"] for _ in range(users)]
    changes += [(user_id, 1) for user_id in ids]
    for user_id in reversed(ids):
        client.assign(user_id, "viewer")
        changes.append((user_id, 2))
    for user_id in ids:
        client.patch(user_id, name="Changed")
        changes.append((user_id, 3))
    return changes


def test_trail_shows_entries_of_all_users_in_commit_order(own):
    changes = write_some(own)
    for limit in (1, 5, 100):
        assert [(e["userId"], e["version"]) for e in trail(own, limit, order="asc")] == changes
        assert [(e["userId"], e["version"]) for e in trail(own, limit)] == changes[::-1]
    for user_id, _ in changes[:2]:
        assert trail(own, 2, userId=user_id, order="asc") == own.audit(user_id)


def test_trail_begins_with_the_configuration(own):
    own.new_user()
    first = whole_trail(own, order="asc")[:2]
    assert [(entry["subject"], entry["version"], entry["action"]) for entry in first] == [
        ("catalogue", 1, "CATALOGUE_CHANGED"), ("principals", 1, "PRINCIPALS_CHANGED")]
    assert not any("userId" in entry or "accessKeyId" in entry for entry in first)
    assert whole_trail(own, action="PRINCIPALS_CHANGED") == first[1:]


def test_walk_shows_every_entry_once_while_others_write(own):
    changes = write_some(own)
    query, seen = {"limit": "3"}, []
    while True:
        page = own.request("GET", EVERY, query=query).json
        seen += [(entry["userId"], entry["version"]) for entry in page["auditLogs"] if "userId" in entry]
        own.new_user()
        if "nextToken" not in page:
            break
        query["nextToken"] = page["nextToken"]
    assert seen == changes[::-1]


def test_events_continue_without_a_gap_across_restarts(own):
    changes = write_some(own)
    events, cursor = read(own, limit="5")
    own.server.stop()
    own.server.start()
    more, cursor = follow(own, cursor)
    assert places(events + more) == changes
    assert [event["id"] for event in follow(own)[0]] == [event["id"] for event in events + more]
    own.server.kill9()
    own.server.start()
    assert read(own, cursor) == ([], cursor)
    later = write_some(own, 2)
    assert places(follow(own, cursor)[0]) == later


def test_events_are_those_of_the_event_file(own):
    write_some(own)
    wait_until(lambda: len(own.server.events()) == 12)
    assert [event for event in follow(own)[0] if "userId" in event["detail"]] == own.server.events()


def test_cursor_of_another_store_or_a_damaged_one_is_rejected(own, make_server):
    own.new_user()
    other = Client(make_server(name="other"), OPERATOR)
    other.new_user()
    _, cursor = read(own)
    response = other.request("GET", EVENTS, query={"after": cursor})
    assert response.status == 400 and response.fields == {"after"}
    data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for at in range(len(data)):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
        text = base64.urlsafe_b64encode(damaged).decode().rstrip("=")
        response = own.request("GET", EVENTS, query={"after": text})
        assert response.status == 400 and response.fields == {"after"}, at
    own.request("GET", EVERY, query={"limit": "1"})
    own.new_user()
    token = own.request("GET", EVERY, query={"limit": "1"}).json["nextToken"]
    response = other.request("GET", EVERY, query={"nextToken": token})
    assert response.status == 400 and response.fields == {"nextToken"}


class Waiter(threading.Thread):
    def __init__(self, client, after, wait):
        super().__init__()
        self.client, self.after, self.wait = client.as_(client.key), after, wait
        self.events = self.next = self.error = None
        self.start()

    def run(self):
        try:
            self.events, self.next = read(self.client, self.after, wait=str(self.wait))
        except Exception as error:  # shown by the test
            self.error = error


WAIT = 20  # seconds


def durations(server, longest):
    """The durations of finished reads of events in the log, in seconds, if there are any that waited."""
    lines = server.logged_until_now("request") if server.running else server.log_lines()
    return [line["microseconds"] / 1e6 for line in lines
            if line.get("operation") == "events_read" and line["microseconds"] > longest * 1e6]


def test_waiting_readers_get_the_event_that_arrives(own):
    own.new_user()
    _, cursor = follow(own)
    waiters = [Waiter(own, cursor, WAIT) for _ in range(20)]
    time.sleep(0.3)  # some of them wait by now; the test passes in any case
    user_id = own.new_user()["userId"]
    for waiter in waiters:
        waiter.join(30)
        assert waiter.error is None and places(waiter.events) == [(user_id, 1)]
    assert len({waiter.next for waiter in waiters}) == 1


def test_wait_ends_with_an_empty_page(own):
    own.new_user()
    _, cursor = follow(own)
    assert read(own, cursor, wait="1") == ([], cursor)


def test_wait_ends_when_the_server_stops(own):
    own.new_user()
    _, cursor = follow(own)
    waiters = [Waiter(own, cursor, WAIT) for _ in range(3)]
    time.sleep(0.5)
    own.server.stop()
    for waiter in waiters:
        waiter.join(30)
        assert waiter.error is None and (waiter.events, waiter.next) == ([], cursor)
    assert max(durations(own.server, 0.1)) < WAIT


def test_wait_ends_when_the_reader_has_gone(own):
    own.new_user()
    _, cursor = follow(own)
    connection = RawConnection(own.server)
    connection.send(signed_request(own.server, OPERATOR, "GET", EVENTS + "?after=%s&wait=%d" % (cursor, WAIT)))
    time.sleep(0.5)
    connection.close()
    assert max(wait_until(lambda: durations(own.server, 0.1), 30)) < WAIT


def test_response_after_a_long_wait_is_not_timed_out(own):
    """The limit of ten seconds begins when the wait ends."""
    own.new_user()
    _, cursor = follow(own)
    waiter = Waiter(own, cursor, 12)
    waiter.join(40)
    assert waiter.error is None and (waiter.events, waiter.next) == ([], cursor)


def test_retention_removes_old_events_and_keeps_the_entries(make_server):
    own = Client(make_server("--event-retention", "2s"), OPERATOR)
    changes = write_some(own)
    _, cursor = read(own, limit="2")
    newest = own.request("GET", EVENTS, query={"after": "newest"}).json["next"]

    def too_late():
        response = own.request("GET", EVENTS, query={"after": cursor})
        return response if response.status == 410 else None

    response = wait_until(too_late, 30)
    wait_until(lambda: trail(own) == [], 30)
    assert follow(own) == ([], follow(own)[1])
    oldest = wait_until(too_late).json["details"]["oldest"]
    assert read(own, oldest)[0] == []
    assert read(own, newest) == ([], newest), "an idle cursor at the end is never gone"
    assert own.audit(changes[0][0])[0]["version"] == 1
    user_id = own.new_user()["userId"]
    assert places(read(own, newest)[0]) == [(user_id, 1)]
    assert places(read(own, oldest)[0]) == [(user_id, 1)]
    own.server.stop()
    own.server.start()
    assert response.code == "GONE" and too_late() is not None


def test_policies_name_the_paths_of_the_trail(make_server):
    both = {"/audit", "/events"}
    principals = [
        principal(OPERATOR, EVERYTHING),
        principal(OTHER, allow("arn:aws:execute-api:*:*:*/*/GET/audit")),
        principal(CLERK, allow("arn:aws:execute-api:*:*:*/*/GET/events")),
        principal(READER, EVERYTHING, deny("arn:aws:execute-api:*:*:*/*/GET/events", "arn:aws:execute-api:*:*:*/*/GET/audit"))]
    own = Client(make_server(principals=principals), OPERATOR)
    for key, allowed in ((OPERATOR, both), (OTHER, {"/audit"}), (CLERK, {"/events"}), (READER, set())):
        for path in both:
            assert own.request("GET", path, principal=key).status == (200 if path in allowed else 403)


def test_reader_that_may_no_longer_read_gets_no_event(make_server):
    """The permission is checked when the request arrives. If the principals change while it waits, it shows nothing."""
    principals = [principal(OPERATOR, EVERYTHING), principal(OTHER, EVERYTHING)]
    own = Client(make_server(principals=principals), OPERATOR)
    own.new_user()
    _, cursor = follow(own)
    waiter = Waiter(own.as_(OTHER), cursor, WAIT)
    time.sleep(0.5)
    write_principals(own.server.principals_file, principals[:1])
    wait_until(lambda: own.request("GET", EVENTS, principal=OTHER, check=False).status == 401)
    user_id = own.new_user()["userId"]
    waiter.join(30)
    assert waiter.error is None and (waiter.events, waiter.next) == ([], cursor)
    assert places(read(own, cursor)[0]) == [(user_id, 1)]
