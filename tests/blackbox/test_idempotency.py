"""A caller that lost a response retries the request. One key has one effect: the caller gets the same response byte for
byte, regardless of later changes, and never another caller's response."""

import json
import uuid

import pytest
from client import fresh_email, fresh_key
from people import OTHER, OTHER_ROLE, SESSION_A, SESSION_B


def writes(client):
    """One request for each write operation, each on its own user: name -> (again, user id or None).
    again(**more) sends the request. `more` may set other headers or another caller."""
    key = fresh_key()
    users = {name: client.new_user()["userId"] for name in ("update", "status", "assign", "remove")}
    client.assign(users["remove"], "viewer")
    create_body = {"idempotencyKey": key, "email": fresh_email(), "name": "Ada", "metadata": {"a": "b"}}

    def call(method, path, body, key_header):
        def again(headers=None, **more):
            sent = {"Idempotency-Key": key} if key_header else {}
            return client.request(method, path, body, headers={**sent, **(headers or {})}, **more)
        return again

    path = "/users/%s"
    return {
        "create": (call("POST", "/users", create_body, False), None),
        "update": (call("PATCH", path % users["update"], {"idempotencyKey": key, "name": "New"}, False),
                   users["update"]),
        "status": (call("PUT", path % users["status"] + "/status", {"status": "disabled"}, True),
                   users["status"]),
        "assign": (call("POST", path % users["assign"] + "/roles", {"role": "editor"}, True),
                   users["assign"]),
        "remove": (call("DELETE", path % users["remove"] + "/roles/viewer", None, True), users["remove"]),
    }


OPERATIONS = ["create", "update", "status", "assign", "remove"]


def same_response(first, second):
    assert second.replayed and not first.replayed
    assert (second.status, second.raw) == (first.status, first.raw)
    for header in ("etag", "location", "content-type"):
        assert second.headers.get(header) == first.headers.get(header)
    assert second.headers["x-correlation-id"] != first.headers["x-correlation-id"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_replay_is_byte_for_byte(client, operation):
    again, user_id = writes(client)[operation]
    first = again()
    assert first.status in (200, 201) and first.etag
    user_id = user_id or first.json["userId"]
    version = first.json["version"]
    for _ in range(3):
        same_response(first, again())
    same_response(first, again(headers={"X-Other": "header", "If-Match": '"99"'}))
    mine = again(headers={"X-Correlation-Id": "my-own"})
    assert mine.replayed and mine.raw == first.raw
    assert client.get(user_id)["version"] == version
    assert len(client.audit(user_id)) == version


@pytest.mark.parametrize("operation", OPERATIONS)
def test_replay_ignores_later_changes(client, operation):
    again, user_id = writes(client)[operation]
    first = again()
    user_id = user_id or first.json["userId"]
    client.patch(user_id, name="Changed Since", email=fresh_email(), metadata={"x": "y"})
    same_response(first, again())
    client.set_status(user_id, "active")
    same_response(first, again())
    client.set_status(user_id, "deleted")
    entries = client.audit(user_id)
    same_response(first, again())
    assert client.audit(user_id) == entries


def test_deletion_can_be_replayed(client):
    user_id = client.new_user()["userId"]
    key = {"Idempotency-Key": fresh_key()}
    first = client.set_status(user_id, "deleted", headers=key)
    same_response(first, client.set_status(user_id, "deleted", headers=key))
    response = client.set_status(user_id, "active", headers=key)
    assert response.status == 409 and response.json["details"]["reason"] == "IDEMPOTENCY_KEY_REUSED"


def test_creation_can_be_replayed_after_its_email_was_taken(client):
    email, key = fresh_email(), fresh_key()
    first = client.create(email=email, key=key)
    client.set_status(first.json["userId"], "deleted")
    second = client.new_user(email=email)
    same_response(first, client.create(email=email, key=key))
    assert [user["userId"] for user in client.find(email)] == [second["userId"]]


def test_requests_are_compared_after_parsing_and_trimming(client):
    key, email = fresh_key(), fresh_email()
    first = client.create(key=key, email=email, name="Ada L", metadata={"a": "1", "b": "é"})
    texts = [
        '{"metadata":{"b":"\\u00e9","a":"1"},"name":"Ada L","email":"%s","idempotencyKey":"%s"}' % (email, key),
        '\n{ "idempotencyKey" : "%s" , "email" : "  %s " , "na\\u006de" : "   Ada L  ",'
        ' "metadata" : { "a" : "1", "b" : "é" } }\n' % (key, email),
    ]
    for text in texts:
        same_response(first, client.request("POST", "/users", text.encode()))


def test_absent_metadata_equals_an_empty_map(client):
    key, email = fresh_key(), fresh_email()
    first = client.create(key=key, email=email)
    same_response(first, client.create(key=key, email=email, metadata={}))


@pytest.mark.parametrize("change", [
    {"name": "ada lovelace"}, {"name": "Ada  Lovelace"}, {"metadata": {"a": "b"}}, {"email": "UPPER"},
    {"email": "other"}], ids=str)
def test_different_creation_with_the_same_key_is_409(client, change):
    key, email = fresh_key(), fresh_email("lower")
    client.create(key=key, email=email)
    body = {"idempotencyKey": key, "email": email, "name": "Ada Lovelace", **change}
    if "email" in change:
        body["email"] = email.upper() if change["email"] == "UPPER" else fresh_email()
    response = client.request("POST", "/users", body)
    assert response.status == 409 and response.json["details"] == {"reason": "IDEMPOTENCY_KEY_REUSED"}


def test_different_change_with_the_same_key_is_409(client):
    user_id = client.new_user()["userId"]
    path = "/users/" + user_id
    key = {"Idempotency-Key": fresh_key()}
    body = {"idempotencyKey": fresh_key(), "name": "One"}
    client.request("PATCH", path, body)
    client.assign(user_id, "viewer", headers=key)
    client.set_status(user_id, "disabled", headers=key)
    client.remove(user_id, "viewer", headers=key)
    before = client.get(user_id)
    responses = [
        client.request("PATCH", path, {**body, "name": "Two"}),
        client.request("PATCH", path, {**body, "email": fresh_email()}),
        client.request("PATCH", path, {"idempotencyKey": body["idempotencyKey"], "metadata": {}}),
        client.assign(user_id, "editor", headers=key),
        client.set_status(user_id, "active", headers=key),
        client.remove(user_id, "editor", headers=key),
    ]
    for response in responses:
        assert response.status == 409, response
        assert response.json["details"] == {"reason": "IDEMPOTENCY_KEY_REUSED"}
    assert client.get(user_id) == before


def test_keys_belong_to_their_caller(client):
    key = fresh_key()
    first = client.create(key=key)
    other = client.as_(OTHER).create(key=key)
    assert not other.replayed and other.json["userId"] != first.json["userId"]


def test_sessions_of_an_assumed_role_share_their_keys(client):
    a, b, c = client.as_(SESSION_A), client.as_(SESSION_B), client.as_(OTHER_ROLE)
    key, email = fresh_key(), fresh_email()
    first = a.create(key=key, email=email)
    same_response(first, b.create(key=key, email=email))
    assert not c.create(key=key).replayed
    entry = client.audit(first.json["userId"])[0]
    assert entry["actor"] == SESSION_A.arn  # the actor is the full ARN


def test_keys_belong_to_their_operation_and_target(client):
    key = {"Idempotency-Key": fresh_key()}
    first, second = client.new_user()["userId"], client.new_user()["userId"]
    for user_id in (first, second):
        assert client.assign(user_id, "viewer", headers=key).json["version"] == 2
        assert client.set_status(user_id, "disabled", headers=key).json["version"] == 3
        assert client.remove(user_id, "viewer", headers=key).json["version"] == 4
        body = {"idempotencyKey": key["Idempotency-Key"], "name": "New"}
        assert client.request("PATCH", "/users/" + user_id, body).json["version"] == 5


def test_key_of_a_removal_belongs_to_the_user_not_the_role(client):
    """The target is the user, so removing another role is a different request with the same key."""
    user_id = client.new_user()["userId"]
    client.assign(user_id, "viewer")
    client.assign(user_id, "editor")
    key = {"Idempotency-Key": fresh_key()}
    assert client.remove(user_id, "viewer", headers=key).status == 200
    assert client.remove(user_id, "editor", headers=key).status == 409


def test_key_in_the_header_must_equal_the_key_in_the_body(client):
    key = fresh_key()
    same, other = {"Idempotency-Key": key}, {"Idempotency-Key": key + "x"}
    body = {"idempotencyKey": key, "email": fresh_email(), "name": "Ada"}
    response = client.request("POST", "/users", body, headers=other)
    assert response.status == 400 and response.fields == {"Idempotency-Key"}
    user = client.request("POST", "/users", body, headers=same)
    assert user.status == 201
    assert client.request("POST", "/users", body).replayed
    change = {"idempotencyKey": key, "name": "New"}
    path = "/users/" + user.json["userId"]
    assert client.request("PATCH", path, change, headers=other).fields == {"Idempotency-Key"}
    assert client.request("PATCH", path, change, headers=same).status == 200


def test_no_ops_are_not_stored_under_their_key(client):
    user = client.new_user(name="Old")
    user_id = user["userId"]
    key = {"Idempotency-Key": fresh_key()}
    body = {"idempotencyKey": fresh_key(), "name": "Old"}
    client.assign(user_id, "viewer")
    assert client.assign(user_id, "viewer", headers=key).json["version"] == 2
    assert client.set_status(user_id, "active", headers=key).json["version"] == 2
    assert client.request("PATCH", "/users/" + user_id, body).json["version"] == 2
    client.remove(user_id, "viewer")
    client.set_status(user_id, "disabled")
    client.patch(user_id, name="Between")
    responses = [client.assign(user_id, "viewer", headers=key),
               client.set_status(user_id, "active", headers=key),
               client.request("PATCH", "/users/" + user_id, body)]
    assert [(response.json["version"], response.replayed) for response in responses] == [
        (6, False), (7, False), (8, False)]
    assert client.set_status(user_id, "active", headers=key).replayed


def test_rejections_are_not_stored_under_their_key(client):
    holder = client.new_user()
    user_id = client.new_user()["userId"]
    key = fresh_key()
    header = {"Idempotency-Key": key}
    create = {"idempotencyKey": key, "email": holder["email"], "name": "Ada"}
    change = {"idempotencyKey": key, "email": holder["email"]}
    assert client.request("POST", "/users", {**create, "name": ""}).status == 400
    assert client.request("POST", "/users", create).status == 409
    assert client.request("PATCH", "/users/" + user_id, change).status == 409
    assert client.remove(user_id, "viewer", headers=header).status == 404
    stale = {**header, "If-Match": '"9"'}
    assert client.set_status(user_id, "disabled", headers=stale).status == 412
    # After the cause of the rejection is gone, the same requests take effect.
    client.patch(holder["userId"], email=fresh_email())
    assert client.request("PATCH", "/users/" + user_id, change).json["version"] == 2
    client.patch(user_id, email=fresh_email())
    response = client.request("POST", "/users", create)
    assert response.status == 201 and not response.replayed
    client.assign(user_id, "viewer")
    assert not client.remove(user_id, "viewer", headers=header).replayed
    assert client.set_status(user_id, "disabled", headers=header).json["version"] == 6


def test_keys_differ_in_every_character(client):
    base = uuid.uuid4().hex
    keys = [base, base + " a", base + "a", base.upper(), base + "/", base + "#x"]
    responses = [client.create(key=key) for key in keys]
    assert len({response.json["userId"] for response in responses}) == len(keys)


def test_replays_add_no_audit_entry(client):
    """Neither a replay nor a reused key adds an audit entry."""
    key = {"Idempotency-Key": fresh_key()}
    user_id = client.new_user()["userId"]
    for role in ("viewer", "viewer", "editor", "viewer"):
        client.assign(user_id, role, headers=key)
    entries = client.audit(user_id)
    assert [entry["action"] for entry in entries] == ["USER_CREATED", "ROLE_ASSIGNED"]
    assert json.dumps(entries).count("viewer") == 1
