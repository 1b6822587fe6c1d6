"""The audit log is the proof of who changed what. Its entries are complete and in order, filters and pages lose none,
and a verifier that shares no code with the server accepts the chain."""

import copy
import datetime
import hashlib

import pytest
from audit_chain import canonical, check_user, verify_chain
from client import fresh_email
from events import wait_for_all
from people import OTHER, SESSION_A
from rawhttp import exchange, signed_request
from signing import boto_sign

TRICKY = "q\" b\\ s/ é \u2028 😀 \ufffd \uffff \U0010ffff \u00a0 \ud7ff \ue000"


def rich_user(client):
    """A user with every kind of change, and with unusual text."""
    user_id = client.new_user(name=TRICKY, metadata={TRICKY: TRICKY, "😀": "1", "\uffff": "2", "é": "3", "A": ""})[
        "userId"]
    client.assign(user_id, "viewer")
    client.assign(user_id, "auditor")
    client.patch(user_id, name="Plain", email=fresh_email(), metadata={})
    client.set_status(user_id, "disabled")
    client.remove(user_id, "viewer")
    client.patch(user_id, metadata={"/": "\\", "\"": "'", "back": TRICKY})
    client.set_status(user_id, "active")
    return user_id


ACTIONS = ["USER_CREATED", "ROLE_ASSIGNED", "ROLE_ASSIGNED", "USER_UPDATED", "STATUS_CHANGED", "ROLE_REMOVED",
           "USER_UPDATED", "STATUS_CHANGED"]


def test_canonical_form_of_this_suite_follows_rfc_8785():
    """The sorting example of RFC 8785, section 3.2.3, and its escapes."""
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert canonical(value) == '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    assert canonical('\u000f\n\u0008\u000c\t"\\/\u007f') == '"\\u000f\\n\\b\\f\\t\\"\\\\/\u007f"'


def test_chain_verifies_and_rebuilds_the_user(client):
    entries = check_user(client, rich_user(client))
    assert [entry["action"] for entry in entries] == ACTIONS


def test_verifier_of_this_suite_finds_every_fault(client):
    """The verifier must be able to fail."""
    entries = client.audit(rich_user(client))

    def spoil(change):
        spoilt = copy.deepcopy(entries)
        change(spoilt)
        with pytest.raises(AssertionError):
            verify_chain(spoilt)

    spoil(lambda e: e[3]["changes"]["name"].update(after="Other"))
    spoil(lambda e: e[3].update(actor="arn:aws:iam::123456789012:user/mallory"))
    spoil(lambda e: e[0].update(salt="0" * 32))
    spoil(lambda e: e[5].update(timestamp="2999-01-01T00:00:00.000Z"))
    spoil(lambda e: e.pop(4))
    spoil(lambda e: e.pop(0))
    spoil(lambda e: e.insert(2, e[2]))
    spoil(lambda e: e.__setitem__(slice(2, 4), [e[3], e[2]]))


def test_each_entry_holds_only_what_changed(client):
    changes = [set(entry["changes"]) for entry in client.audit(rich_user(client))]
    assert changes == [{"email", "name", "status", "roles", "metadata"}, {"roles"}, {"roles"},
                       {"name", "email", "metadata"}, {"status"}, {"roles"}, {"metadata"}, {"status"}]


def test_entry_names_its_caller(client):
    user_id = client.as_(SESSION_A).new_user()["userId"]
    client.as_(OTHER).patch(user_id, name="By Other")
    entries = client.audit(user_id)
    assert [(entry["actor"], entry["accessKeyId"]) for entry in entries] == [
        (SESSION_A.arn, SESSION_A.id), (OTHER.arn, OTHER.id)]


def test_entry_has_the_correlation_id_of_the_response(client):
    response = client.create()
    (entry,) = client.audit(response.json["userId"])
    assert entry["correlationId"] == response.headers["x-correlation-id"]


# --- the reason, and what an entry is about

def test_entries_and_events_have_the_reason(client):
    """A header that the signature covers, as botocore signs it."""
    reason = {"X-Audit-Reason": "HR-7: \"moves\" ~ 5  spaces"}
    user_id = client.create(headers=reason).json["userId"]
    client.patch(user_id, name="Moved", headers=reason)
    client.assign(user_id, "viewer", headers=reason)
    client.remove(user_id, "viewer", headers=reason)
    client.set_status(user_id, "disabled", headers=reason)
    client.set_status(user_id, "active")
    entries = check_user(client, user_id)
    assert [entry.get("reason") for entry in entries] == [reason["X-Audit-Reason"]] * 5 + [None]
    assert [entry.get("role") for entry in entries] == [None, None, "viewer", "viewer", None, None]
    assert [entry.get("status") for entry in entries] == [None] * 4 + ["disabled", "active"]
    assert wait_for_all(client, {user_id: 6})


def test_reason_need_not_be_signed(client, server):
    user_id = client.new_user()["userId"]
    body = b'{"status": "disabled"}'
    target = "/users/%s/status" % user_id
    request = boto_sign(client.key, "PUT", server.url + target, body, {"Content-Type": "application/json"})
    pairs = [(name, str(value)) for name, value in request.headers.items()]
    response = client.send("PUT", target, [*pairs, ("X-Audit-Reason", "added behind the signer")], body)
    assert response.status == 200, response
    assert client.audit(user_id)[1]["reason"] == "added behind the signer"


@pytest.mark.parametrize("reasons", [
    [""], ["   "], ["r" * 257], ["a\tb"], ["a\u00e4b"], ["a", "b"], ["a", "a"], ["a", ""], ["r" * 5000]],
    ids=lambda reasons: repr(reasons)[:20])
def test_bad_reasons_are_rejected_on_writes_alone(client, server, reasons):
    user_id = client.new_user()["userId"]

    def send(method, target, body=b""):
        headers = {"Content-Type": "application/json"} if body else {}
        request = boto_sign(client.key, method, server.url + target, body, headers)
        pairs = [(name, str(value)) for name, value in request.headers.items()]
        return client.send(method, target, pairs + [("X-Audit-Reason", reason) for reason in reasons], body)

    path = "/users/" + user_id
    for response in (
            send("POST", "/users", b'{"idempotencyKey": "k", "email": "a@blackbox.example", "name": "A"}'),
            send("PATCH", path, b'{"idempotencyKey": "k", "name": "B"}'),
            send("PUT", path + "/status", b'{"status": "disabled"}'),
            send("POST", path + "/roles", b'{"role": "viewer"}'), send("DELETE", path + "/roles/viewer")):
        assert response.status == 400 and response.fields == {"X-Audit-Reason"}, response
    for target in ("/users?limit=1", path, path + "/audit"):
        assert send("GET", target).status == 200
    assert client.get(user_id)["version"] == 1


def test_reason_does_not_count_for_idempotency(client):
    key = "reason-" + fresh_email()
    body = {"idempotencyKey": key, "email": fresh_email(), "name": "A"}
    first = client.request("POST", "/users", body, headers={"X-Audit-Reason": "one"})
    again = client.request("POST", "/users", body, headers={"X-Audit-Reason": "other"})
    assert again.replayed and again.raw == first.raw
    user_id = first.json["userId"]
    assert client.set_status(user_id, "active", headers={"X-Audit-Reason": "a no-op"}).status == 200
    assert [entry["reason"] for entry in client.audit(user_id)] == ["one"]


def test_pages(client):
    user_id = rich_user(client)
    entries = client.audit(user_id)
    for limit in (1, 2, 3, 7, 8, 9, 100):
        pages = list(client.pages("/users/%s/audit" % user_id, "auditLogs", limit=limit))
        assert all(len(page) <= limit for page in pages)
        assert [entry for page in pages for entry in page] == entries


def test_default_limit_is_50(client):
    user_id = client.new_user()["userId"]
    for number in range(55):
        client.patch(user_id, name="N%d" % number)
    response = client.request("GET", "/users/%s/audit" % user_id).json
    assert [entry["version"] for entry in response["auditLogs"]] == list(range(1, 51))
    assert len(client.audit(user_id, limit=None)) == 56


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_action_filter(client, limit):
    user_id = rich_user(client)
    for action in set(ACTIONS):
        found = client.audit(user_id, limit, action=action)
        assert [entry["version"] for entry in found] == [
            number for number, name in enumerate(ACTIONS, 1) if name == action]


def distinct_times(client):
    """A user whose entries have different times. Returns its id and the times."""
    user_id = client.new_user()["userId"]
    for number in range(5):
        before = client.get(user_id)["updatedAt"]
        while client.patch(user_id, name="N%d" % number).json["updatedAt"] == before:
            client.patch(user_id, name="Again")
    entries = client.audit(user_id)
    return user_id, [entry["timestamp"] for entry in entries]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_from_is_inclusive_and_to_exclusive(client, limit):
    user_id, times = distinct_times(client)

    def versions(**filters):
        return [entry["version"] for entry in client.audit(user_id, limit, **filters)]

    everything = list(range(1, len(times) + 1))
    for number, time in enumerate(times, 1):
        first_of_time = times.index(time) + 1
        assert versions(**{"from": time}) == everything[first_of_time - 1:]
        assert versions(to=time) == everything[:first_of_time - 1]
        assert versions(**{"from": time, "to": time}) == []
        assert number >= first_of_time
    assert versions(**{"from": times[0], "to": "2999-01-01T00:00:00Z"}) == everything
    assert versions(to="2000-01-01T00:00:00Z") == versions(**{"from": "2999-01-01T00:00:00Z"}) == []
    updated = versions(**{"from": times[1], "action": "USER_UPDATED"})
    assert updated == everything[times.index(times[1]):]


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z"])
def test_greatest_time_of_some_languages(client, time):
    user_id = client.new_user()["userId"]
    assert len(client.audit(user_id, to=time)) == 1 and client.audit(user_id, **{"from": time}) == []
    client.patch(user_id, name="Second")
    assert [entry["version"] for entry in client.audit(user_id, limit=1, to=time)] == [1, 2]


def test_forms_of_a_time(client):
    user_id, times = distinct_times(client)
    first = datetime.datetime.fromisoformat(times[-1].replace("Z", "+00:00"))
    expected = len(times) - times.index(times[-1])
    east = first.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    west = first.astimezone(datetime.timezone(-datetime.timedelta(hours=8)))
    milliseconds = times[-1][:-1]
    for text in (times[-1], times[-1].lower(), milliseconds + "000Z", milliseconds + "+00:00", milliseconds + "-00:00",
                 east.isoformat(timespec="milliseconds"), west.isoformat(timespec="milliseconds")):
        assert len(client.audit(user_id, **{"from": text})) == expected, text
    # A time with sub-millisecond digits is later than the entry.
    assert len(client.audit(user_id, **{"from": milliseconds + "001Z"})) == 0
    assert len(client.audit(user_id, to=milliseconds + "001Z")) == len(times)


@pytest.mark.parametrize("time", [
    "", "now", "2026-01-31", "2026-01-31T00:00:00", "2026-01-31 00:00:00Z", "2026-02-30T00:00:00Z",
    "2026-01-31T24:00:00Z", "2026-01-31T00:60:00Z", "2026-01-31T00:00Z", "2026-13-01T00:00:00Z", "1767225600",
    "2026-01-31T00:00:00.Z", "2026-01-31T00:00:00,5Z", "2026-01-31T00:00:00+24:00", "2026-01-31T00:00:00+0100",
    "+2026-01-31T00:00:00Z", "2026-01-31T00:00:00Zx", " 2026-01-31T00:00:00Z", "20260131T000000Z"])
def test_bad_times_are_rejected(client, time):
    path = "/users/%s/audit" % client.new_user()["userId"]
    for name in ("from", "to"):
        response = client.request("GET", path, query={name: time})
        assert response.status == 400 and response.fields == {name}, response


def test_from_after_to_is_rejected(client):
    path = "/users/%s/audit" % client.new_user()["userId"]
    query = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    response = client.request("GET", path, query=query)
    assert response.status == 400 and response.fields <= {"from", "to"}
    query = {"from": "2026-01-01T01:00:00Z", "to": "2026-01-01T01:30:00+01:00"}
    assert client.request("GET", path, query=query).status == 400


def test_audit_of_a_deleted_user_stays_readable(client):
    user_id = rich_user(client)
    client.set_status(user_id, "deleted")
    entries = check_user(client, user_id, deleted=True)
    assert entries[-1]["changes"] == {"status": {"before": "active", "after": "deleted"}}
    assert [entry["version"] for entry in client.audit(user_id, 2)] == list(range(1, 10))


def test_pages_of_large_entries_have_at_most_1_mib(client):
    user_id = client.new_user()["userId"]
    for number in range(45):
        metadata = {"%s%02d" % ("xy"[number % 2], k): str(number % 10) * 1000 for k in range(16)}
        assert client.patch(user_id, metadata=metadata).status == 200
    path = "/users/%s/audit" % user_id
    response = client.request("GET", path, query={"limit": "100"})
    assert len(response.raw) <= 1 << 20 and "nextToken" in response.json
    verify_chain(client.audit(user_id), user_id)
    # A filter that matches nothing may return empty pages, but the walk must end.
    assert client.audit(user_id, action="ROLE_REMOVED") == []


def test_raw_response_bytes_have_the_stated_hash(server, client):
    """The stored form is already canonical, so the hash of `changes` can be computed from the raw response."""
    user_id = client.new_user()["userId"]
    data = signed_request(server, client.key, "GET", "/users/%s/audit" % user_id)
    response, _ = exchange(server, data)
    entry = response.json["auditLogs"][0]
    text = response.raw.decode()
    changes = text[text.index('"changes":') + 10:text.index(',"salt"')]
    preimage = '{"changes":%s,"salt":"%s"}' % (changes, entry["salt"])
    assert hashlib.sha256(preimage.encode()).hexdigest() == entry["changesHash"]
