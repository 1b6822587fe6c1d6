"""Concurrent callers. Identical requests have one effect and one response, all writers of one user take effect one
after the other, and two users never get the same email address."""

import collections

import pytest
from audit_chain import check_user
from client import fresh_email, fresh_key
from people import OTHER

MANY = 32


@pytest.mark.parametrize("round_number", range(3))
def test_identical_creations_have_one_effect(client, together, round_number):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Same"}
    responses = together(MANY, lambda _: client.request("POST", "/users", body))
    one_effect(responses)
    (found,) = client.find(body["email"])
    assert found["userId"] == responses[0].json["userId"] and found["version"] == 1
    assert len(client.audit(found["userId"])) == 1


def one_effect(responses):
    assert {response.status for response in responses} <= {200, 201}, responses
    assert len({(response.status, response.raw, response.etag, response.headers.get("location"))
                for response in responses}) == 1
    assert [response.replayed for response in responses].count(False) == 1
    assert len({response.headers["x-correlation-id"] for response in responses}) == len(responses)


@pytest.mark.parametrize("operation", ["update", "email", "status", "delete", "assign", "remove"])
def test_identical_changes_of_every_kind_have_one_effect(client, together, operation):
    user_id = client.new_user()["userId"]
    client.assign(user_id, "viewer")
    key = fresh_key()
    header = {"Idempotency-Key": key}
    email = fresh_email()
    path = "/users/" + user_id
    call = {
        "update": lambda _: client.request("PATCH", path, {"idempotencyKey": key, "name": "Same"}),
        "email": lambda _: client.request("PATCH", path, {"idempotencyKey": key, "email": email}),
        "status": lambda _: client.set_status(user_id, "disabled", headers=header),
        "delete": lambda _: client.set_status(user_id, "deleted", headers=header),
        "assign": lambda _: client.assign(user_id, "editor", headers=header),
        "remove": lambda _: client.remove(user_id, "viewer", headers=header),
    }[operation]
    one_effect(together(MANY, call))
    assert len(check_user(client, user_id, deleted=operation == "delete")) == 3


def test_only_one_of_different_requests_with_one_key_takes_effect(client, together):
    """Different requests use one key at the same time. One takes effect, identical ones replay it, the others are
    409."""
    key = fresh_key()
    emails = [fresh_email() for _ in range(4)]

    def call(number):
        body = {"idempotencyKey": key, "email": emails[number % 4], "name": "Rival"}
        return client.request("POST", "/users", body)

    responses = together(MANY, call)
    created = [response for response in responses if response.status == 201]
    rejected = [response for response in responses if response.status == 409]
    assert len(created) == MANY // 4 and len(rejected) == MANY - MANY // 4
    one_effect(created)
    assert {response.json["details"]["reason"] for response in rejected} == {"IDEMPOTENCY_KEY_REUSED"}
    assert sum(len(client.find(email)) for email in emails) == 1


def test_all_writers_of_one_user_take_effect(client, together):
    user_id = client.new_user()["userId"]
    responses = together(MANY, lambda number: client.patch(user_id, name="Writer %d" % number))
    assert [response.status for response in responses] == [200] * MANY, responses
    assert sorted(response.json["version"] for response in responses) == list(range(2, MANY + 2))
    for number, response in enumerate(responses):
        assert response.json["name"] == "Writer %d" % number
    entries = check_user(client, user_id)
    names = {entry["version"]: entry["changes"]["name"]["after"] for entry in entries}
    for number, response in enumerate(responses):
        assert names[response.json["version"]] == "Writer %d" % number


def test_all_kinds_of_writers_of_one_user_take_effect(client, together):
    user_id = client.new_user()["userId"]
    roles = ["admin", "editor", "viewer", "auditor"]

    def call(number):
        kind = number % 4
        if kind == 0:
            return client.assign(user_id, roles[number // 4 % 4])
        if kind == 1:
            return client.patch(user_id, metadata={"writer": str(number)})
        if kind == 2:
            return client.patch(user_id, email=fresh_email())
        return client.set_status(user_id, ["active", "disabled"][number // 4 % 2])

    responses = together(MANY, call)
    assert [response.status for response in responses] == [200] * MANY, responses
    entries = check_user(client, user_id)
    counts = collections.Counter(entry["action"] for entry in entries)
    assert counts["ROLE_ASSIGNED"] == 4 and counts["USER_UPDATED"] == 16
    assert client.get(user_id)["roles"] == sorted(roles)


def test_changes_of_different_fields_do_not_undo_each_other(client, together):
    user_id = client.new_user()["userId"]
    email = fresh_email()
    calls = [lambda: client.patch(user_id, name="Final Name"), lambda: client.patch(user_id, email=email),
             lambda: client.patch(user_id, metadata={"k": "final"}), lambda: client.assign(user_id, "admin"),
             lambda: client.set_status(user_id, "disabled")]
    together(len(calls), lambda number: calls[number]())
    user = client.get(user_id)
    assert (user["name"], user["email"], user["metadata"]) == ("Final Name", email, {"k": "final"})
    assert (user["roles"], user["status"], user["version"]) == (["admin"], "disabled", 6)
    check_user(client, user_id)


@pytest.mark.parametrize("round_number", range(5))
def test_race_for_one_email_has_one_winner(client, together, round_number):
    """Creations and changes by different callers request the same address. Exactly one gets it."""
    email = fresh_email("race")
    users = [client.new_user()["userId"] for _ in range(4)]
    other = client.as_(OTHER)

    def call(number):
        spelt = email.upper() if number % 3 == 0 else email
        if number < 4:
            return client.patch(users[number], email=spelt)
        body = {"idempotencyKey": fresh_key(), "email": spelt, "name": "Racer"}
        return (other if number % 2 else client).request("POST", "/users", body)

    responses = together(12, call)
    winners = [response for response in responses if response.status in (200, 201)]
    assert len(winners) == 1, responses
    for response in responses:
        if response is not winners[0]:
            assert response.status == 409 and response.json["details"] == {"reason": "EMAIL_IN_USE"}, response
    (found,) = client.find(email)
    assert found["userId"] == winners[0].json["userId"]
    for user_id in users:
        assert len(check_user(client, user_id)) == (2 if found["userId"] == user_id else 1)


def test_concurrent_swaps_lose_no_email(client, together):
    """Many callers swap addresses. No address ever has two owners, and none is lost."""
    emails = [fresh_email("hand") for _ in range(4)]
    users = [client.new_user(email=email)["userId"] for email in emails]

    def call(number):
        return [client.patch(users[(number + step) % 4], email=emails[(number + 3 * step) % 4]).status
                for step in range(6)]

    statuses = {status for result in together(8, call) for status in result}
    assert statuses <= {200, 409}
    owners = {email: [user["userId"] for user in client.find(email)] for email in emails}
    for user_id in users:
        check_user(client, user_id)
        assert owners[client.get(user_id)["email"]] == [user_id]
    assert sorted(owner for found in owners.values() for owner in found) == sorted(users)


def test_concurrent_if_match_has_one_winner(client, together):
    user_id = client.new_user()["userId"]
    responses = together(MANY, lambda n: client.patch(user_id, headers={"If-Match": '"1"'}, name="N%d" % n))
    assert sorted(response.status for response in responses) == [200] + [412] * (MANY - 1)
    assert {response.json["details"]["currentVersion"] for response in responses if response.status == 412} == {2}
    check_user(client, user_id)


def test_nothing_follows_a_concurrent_deletion(client, together):
    """Requests after the deletion are rejected, and no entry follows it in the audit log."""
    user_id = client.new_user()["userId"]

    def call(number):
        if number == 7:
            return client.set_status(user_id, "deleted")
        return client.patch(user_id, name="Late %d" % number)

    responses = together(16, call)
    assert responses[7].status == 200
    last = responses[7].json["version"]
    for response in responses:
        assert response.status == 404 or response.json["version"] <= last, response
    assert len(check_user(client, user_id, deleted=True)) == last
    assert last - 2 == sum(response.status == 200 for response in responses) - 1


def test_reads_never_go_back(client, together):
    """Reads see one's own writes and are monotonic while another caller writes."""
    user_id = client.new_user()["userId"]

    def call(number):
        if number == 0:
            return [client.patch(user_id, name="V%d" % step).json["version"] for step in range(2, 22)]
        seen = []
        for _ in range(20):
            user = client.get(user_id)
            assert user["version"] == 1 or user["name"] == "V%d" % user["version"]
            seen.append(user["version"])
        return seen

    for versions in together(6, call):
        assert versions == sorted(versions)
