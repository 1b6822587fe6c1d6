"""A page token is opaque, grants nothing, contains no secret, survives restarts, and is bound to its list. A damaged,
foreign or mismatched token is 400 and never returns a page."""

import base64
import random

import pytest
from client import Client
from people import OPERATOR, OTHER

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def own(make_server):
    """A client of a server with five users. Three are active. The first has five audit entries."""
    client = Client(make_server(), OPERATOR)
    client.users = [client.new_user()["userId"] for _ in range(5)]
    for user_id in client.users[:2]:
        client.set_status(user_id, "disabled")
    for role in ("viewer", "editor", "admin"):
        client.assign(client.users[0], role)
        client.assign(client.users[1], role)
    return client


def token_of(client, path, **query):
    response = client.request("GET", path, query={"limit": "1", **query})
    assert response.status == 200, response
    return response.json["nextToken"]


def rejected(client, path, token, **query):
    response = client.request("GET", path, query={"nextToken": token, **query})
    assert response.status == 400 and response.fields == {"nextToken"}, (path, token, query, response)


def test_token_works_repeatedly_and_for_other_callers(own):
    token = token_of(own, "/users")
    expected = own.users[1:]
    for limit in ("1", "2", "100"):  # a limit is not a filter
        response = own.request("GET", "/users", query={"nextToken": token, "limit": limit})
        assert [user["userId"] for user in response.json["users"]] == expected[:int(limit)]
    # A token grants nothing, so another caller may continue with it.
    response = own.as_(OTHER).request("GET", "/users", query={"nextToken": token})
    assert len(response.json["users"]) == 4


def test_token_survives_a_restart(own):
    list_token = token_of(own, "/users", status="active")
    audit = "/users/%s/audit" % own.users[0]
    audit_token = token_of(own, audit)
    own.server.stop()
    own.server.start()
    page = own.request("GET", "/users", query={"status": "active", "nextToken": list_token}).json
    assert [user["userId"] for user in page["users"]] == own.users[3:]
    page = own.request("GET", audit, query={"nextToken": audit_token}).json
    assert [entry["version"] for entry in page["auditLogs"]] == [2, 3, 4, 5]


def test_token_survives_deletion_of_its_user(own):
    token = token_of(own, "/users")
    own.set_status(own.users[0], "deleted")
    own.set_status(own.users[1], "deleted")
    page = own.request("GET", "/users", query={"nextToken": token}).json
    assert [user["userId"] for user in page["users"]] == own.users[2:]


def test_token_of_another_filter_is_rejected(own):
    plain, active = token_of(own, "/users"), token_of(own, "/users", status="active")
    disabled = token_of(own, "/users", status="disabled")
    rejected(own, "/users", plain, status="active")
    rejected(own, "/users", plain, status="disabled")
    rejected(own, "/users", active)
    rejected(own, "/users", active, status="disabled")
    rejected(own, "/users", disabled, status="active")
    email = own.get(own.users[4])["email"]
    for token in (plain, active):
        response = own.request("GET", "/users", query={"nextToken": token, "email": email})
        assert response.status == 400 and response.fields == {"nextToken"}


def test_token_of_another_operation_or_user_is_rejected(own):
    first, second = ("/users/%s/audit" % user_id for user_id in own.users[:2])
    list_token, audit_token = token_of(own, "/users"), token_of(own, first)
    rejected(own, first, list_token)
    rejected(own, "/users", audit_token)
    rejected(own, second, audit_token)


def test_audit_token_of_another_filter_is_rejected(own):
    path = "/users/%s/audit" % own.users[0]
    plain = token_of(own, path)
    later, earlier = "2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    filters = [{"action": "ROLE_ASSIGNED"}, {"from": later}, {"to": earlier}, {"from": later, "to": earlier}]
    for query in filters:
        rejected(own, path, plain, **query)
        token = token_of(own, path, **query)
        rejected(own, path, token)
        for other in filters:
            if other != query:
                rejected(own, path, token, **other)
        assert own.request("GET", path, query={**query, "nextToken": token}).status == 200


def test_token_with_any_changed_character_is_rejected(own):
    source = random.Random(1)
    for path in ("/users", "/users/%s/audit" % own.users[0]):
        token = token_of(own, path)
        for at, character in enumerate(token):
            others = [other for other in ALPHABET if other != character]
            for other in source.sample(others, 3) + ["=", "~"]:
                rejected(own, path, token[:at] + other + token[at + 1:])
        for at in range(len(token)):
            rejected(own, path, token[:at])
        for more in ("A", "AA", "AAAA", "=", "==", " ", "\n", "%00"):
            rejected(own, path, token + more)
            rejected(own, path, more + token)
        rejected(own, path, token + token)


@pytest.mark.parametrize("token", ["", " ", "A", "null", "0", "1", "x" * 127, "x" * 128, "x" * 4000, "ü", "../..",
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "eyJhIjoxfQ", "\u0000"], ids=ascii)
def test_invalid_tokens_are_rejected(client, token):
    user_id = client.new_user()["userId"]
    rejected(client, "/users", token)
    rejected(client, "/users/%s/audit" % user_id, token)


def test_token_contains_no_secret(own):
    token = token_of(own, "/users")
    user = own.get(own.users[0])
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for text in (OPERATOR.secret, user["email"], user["name"], "blackbox"):
        assert text.encode() not in raw
