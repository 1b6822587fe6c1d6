"""Successful responses of the eight operations. They must have exactly the members, values and headers of the
contract. test_handles.py has the optional members externalId and userName."""

import time

import pytest
from client import fresh_email, fresh_key
from harness import TIMESTAMP, ULID

USER = ["userId", "email", "name", "status", "roles", "permissions", "metadata", "version",
        "createdAt", "updatedAt"]
SUMMARY = {"userId", "email", "name", "status", "roles", "createdAt", "version"}
VIEWER = ["users:list", "users:read"]
AUDITOR = ["audit:read", "users:list", "users:read"]


def test_create(client):
    email = fresh_email("Ada")
    response = client.create(email="  " + email + " ", name="  Ada Lovelace ", metadata={"b": "2", "a": ""})
    user = response.json
    assert set(user) == set(USER)
    assert ULID.fullmatch(user["userId"])
    assert (user["email"], user["name"]) == (email, "Ada Lovelace")
    assert user["status"] == "active" and user["version"] == 1
    assert user["roles"] == [] and user["permissions"] == []
    assert user["metadata"] == {"a": "", "b": "2"}
    assert TIMESTAMP.fullmatch(user["createdAt"]) and user["createdAt"] == user["updatedAt"]
    assert response.headers["location"] == "/users/" + user["userId"]
    assert response.etag == '"1"'
    assert "idempotency-replayed" not in response.headers
    assert client.request("GET", response.headers["location"]).json == user


def test_create_without_metadata_stores_an_empty_map(client):
    assert client.new_user()["metadata"] == {}


def test_created_at_is_the_current_time(client):
    now = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 60))
    later = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 60))
    assert now <= client.new_user()["createdAt"] <= later


def test_get(client):
    user = client.new_user(metadata={"k": "v"})
    response = client.request("GET", "/users/" + user["userId"])
    assert response.status == 200 and response.json == user and response.etag == '"1"'
    assert "location" not in response.headers


@pytest.mark.parametrize("change", [
    {"name": "New Name"}, {"email": None}, {"metadata": {"x": "y"}}, {"metadata": {}},
    {"name": "Both", "email": None, "metadata": {"only": "this"}},
], ids=str)
def test_update(client, change):
    user = client.new_user(metadata={"old": "value"})
    change = dict(change)
    if "email" in change:
        change["email"] = fresh_email("New")
    response = client.patch(user["userId"], **change)
    assert response.status == 200 and response.etag == '"2"'
    changed = response.json
    assert set(changed) == set(USER)
    assert changed == {**user, **change, "version": 2, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] >= user["updatedAt"]
    assert client.get(user["userId"]) == changed


def test_update_trims_its_values(client):
    user = client.new_user()
    email = fresh_email()
    changed = client.patch(user["userId"], name="  Trimmed ", email=" %s " % email).json
    assert (changed["name"], changed["email"]) == ("Trimmed", email)


def test_metadata_is_replaced_as_a_whole(client):
    user = client.new_user(metadata={"a": "1", "b": "2"})
    assert client.patch(user["userId"], metadata={"b": "3", "c": "4"}).json["metadata"] == {"b": "3", "c": "4"}


def test_status(client):
    user = client.new_user()
    path = []
    for number, status in enumerate(["disabled", "active", "disabled", "deleted"], 2):
        response = client.set_status(user["userId"], status)
        assert response.status == 200
        assert set(response.json) == {"userId", "status", "version", "updatedAt"}
        assert (response.json["userId"], response.json["status"]) == (user["userId"], status)
        assert response.json["version"] == number and response.etag == '"%d"' % number
        path.append(response.json["updatedAt"])
        if status != "deleted":
            assert client.get(user["userId"])["updatedAt"] == path[-1]
    assert path == sorted(path) and path[0] >= user["createdAt"]


def test_active_user_can_be_deleted_at_once(client):
    user = client.new_user()
    assert client.set_status(user["userId"], "deleted").status == 200


def test_roles(client):
    user = client.new_user()
    response = client.assign(user["userId"], "viewer")
    assert response.status == 200
    assert set(response.json) == {"userId", "roles", "version", "updatedAt"}
    assert response.json["roles"] == ["viewer"] and response.etag == '"2"'
    assert client.get(user["userId"])["permissions"] == VIEWER
    assert client.assign(user["userId"], "auditor").json["roles"] == ["auditor", "viewer"]
    now = client.get(user["userId"])
    assert now["roles"] == ["auditor", "viewer"] and now["permissions"] == AUDITOR
    response = client.remove(user["userId"], "viewer")
    assert response.status == 200
    assert set(response.json) == {"userId", "roles", "version", "updatedAt"}
    assert response.json["roles"] == ["auditor"] and response.etag == '"4"'
    assert client.remove(user["userId"], "auditor").json["roles"] == []
    assert client.get(user["userId"])["permissions"] == []


def test_disabled_user_is_changed_like_an_active_one(client):
    user_id = client.new_user()["userId"]
    client.set_status(user_id, "disabled")
    assert client.patch(user_id, name="Still Here").status == 200
    assert client.assign(user_id, "editor").status == 200
    assert client.remove(user_id, "editor").status == 200
    assert client.get(user_id)["version"] == 5 and client.get(user_id)["status"] == "disabled"


def test_list(client):
    user = client.new_user()
    client.assign(user["userId"], "viewer")
    response = client.request("GET", "/users", query={"email": user["email"]})
    assert set(response.json) == {"users"}
    (summary,) = response.json["users"]
    assert set(summary) == SUMMARY
    assert summary == {**{name: user[name] for name in SUMMARY}, "roles": ["viewer"], "version": 2}
    page = client.request("GET", "/users", query="limit=1").json
    assert len(page["users"]) == 1 and set(page["users"][0]) - {"externalId", "userName"} == SUMMARY


def test_audit(client, server):
    user = client.new_user(metadata={"k": "v"})
    sent = {"X-Correlation-Id": "trace:1/2=3+4@5-6_7.8", "X-Audit-Reason": " HR-7 "}
    client.assign(user["userId"], "viewer", headers=sent)
    response = client.request("GET", "/users/%s/audit" % user["userId"])
    assert response.status == 200 and set(response.json) == {"auditLogs"}
    first, second = response.json["auditLogs"]
    assert list(first) == ["eventId", "schema", "userId", "version", "timestamp", "action", "actor",
                           "accessKeyId", "correlationId", "changedFields", "changes", "salt",
                           "changesHash", "prevHash", "hash"]
    assert list(second) == ["eventId", "schema", "userId", "version", "timestamp", "action", "actor",
                            "accessKeyId", "correlationId", "reason", "role", "changedFields", "changes", "salt",
                            "changesHash", "prevHash", "hash"]
    assert (second["reason"], second["role"], second["changedFields"]) == ("HR-7", "viewer", ["roles"])
    assert first["changes"] == {
        name: {"before": None, "after": user[name]}
        for name in ("email", "name", "status", "roles", "metadata")}
    assert first["timestamp"] == user["createdAt"]
    assert (first["action"], first["schema"], first["version"]) == ("USER_CREATED", 1, 1)
    assert first["actor"] == client.key.arn and first["accessKeyId"] == client.key.id
    assert second["action"] == "ROLE_ASSIGNED"
    assert second["changes"] == {"roles": {"before": [], "after": ["viewer"]}}
    assert second["correlationId"] == sent["X-Correlation-Id"]


def test_no_ops_change_nothing(client):
    user = client.new_user(metadata={"k": "v"})
    user_id = user["userId"]
    client.assign(user_id, "viewer")
    before = client.get(user_id)
    responses = [
        client.patch(user_id, name=user["name"]),
        client.patch(user_id, name=" %s " % user["name"], email=user["email"], metadata={"k": "v"}),
        client.set_status(user_id, "active"),
        client.assign(user_id, "viewer"),
    ]
    for response in responses:
        assert response.status == 200 and response.json["version"] == 2 and response.etag == '"2"'
        assert response.json["updatedAt"] == before["updatedAt"]
    assert client.get(user_id) == before
    assert len(client.audit(user_id)) == 2


def test_change_of_letter_case_is_a_change_without_conflict(client):
    user = client.new_user(email=fresh_email("lower"))
    upper = user["email"].replace("lower", "LOWER")
    response = client.patch(user["userId"], email=upper)
    assert response.status == 200 and response.json["email"] == upper and response.json["version"] == 2
    entry = client.audit(user["userId"])[1]
    assert entry["changes"] == {"email": {"before": user["email"], "after": upper}}


def test_old_email_is_free_at_once(client):
    email = fresh_email()
    user = client.new_user(email=email)
    client.patch(user["userId"], email=fresh_email())
    assert client.find(email) == []
    assert client.create(email=email.upper()).status == 201


def test_email_of_a_deleted_user_is_free_at_once(client):
    email = fresh_email()
    first = client.new_user(email=email)
    client.set_status(first["userId"], "deleted")
    second = client.new_user(email=email)
    assert second["userId"] > first["userId"]
    assert [user["userId"] for user in client.find(email)] == [second["userId"]]


def test_method_override_headers_are_ignored(client):
    user = client.new_user()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        response = client.request("GET", "/users/" + user["userId"], headers={name: "DELETE"})
        assert response.status == 200 and response.json == user


def test_accept_and_conditional_reads_are_ignored(client):
    user = client.new_user()
    headers = {"Accept": "text/html", "If-None-Match": '"1"', "If-Match": '"999"',
               "Accept-Encoding": "gzip, br", "Range": "bytes=0-1"}
    response = client.request("GET", "/users/" + user["userId"], headers=headers)
    assert response.status == 200 and response.json == user
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("sent,kept", [
    ("abc", True), ("x" * 128, True), ("A.z_0:/=+@-", True), ("x" * 129, False), ("a b", False),
    ("a,b", False), ("ü", False), ("a\tb", False), ('"', False), ("a;b", False), ("", False),
])
def test_correlation_id(client, sent, kept):
    header = {"X-Correlation-Id": sent.encode("utf-8").decode("latin-1")}
    response = client.request("GET", "/users", query="limit=1", headers=header, check=False, signed=False)
    assert response.status == 401
    got = response.headers["x-correlation-id"]
    assert got == sent if kept else ULID.fullmatch(got)


def test_repeated_correlation_id_is_not_used(client):
    response = client.send("GET", "/users", [("X-Correlation-Id", "a"), ("X-Correlation-Id", "b")])
    assert ULID.fullmatch(response.headers["x-correlation-id"])


def test_idempotency_key_may_be_used_by_different_operations(client):
    key = fresh_key()
    user = client.create(key=key).json
    body = {"idempotencyKey": key, "name": "Other"}
    assert client.request("PATCH", "/users/" + user["userId"], body).json["version"] == 2
