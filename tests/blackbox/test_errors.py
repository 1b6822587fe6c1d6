"""Every row of the contract's table of errors, over the wire. The client checks the exact form of an error (code,
message, details, headers) for every response of the whole suite. These tests provoke each error."""

import pytest
from client import fresh_email, fresh_key
from people import CLERK, NOBODY, READER

NO_SUCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_400_lists_all_failing_fields_at_once(client):
    body = {"email": "no", "name": "", "metadata": {"ok": "x", "$bad": "x", "worse": 5}, "extra": 1}
    response = client.request("POST", "/users", body, query="surprise=1&limit=5",
                            headers={"Idempotency-Key": "x\ty"})
    assert response.status == 400
    assert response.fields >= {"idempotencyKey", "email", "name", "metadata.$bad", "metadata.worse",
                             "extra", "surprise", "limit"}
    assert not response.fields & {"metadata.ok", "metadata"}


def test_400_lists_all_failing_fields_of_every_operation(client):
    user = "/users/" + NO_SUCH
    bad_tag = {"If-Match": "1"}
    bad_both = {"If-Match": "1", "Idempotency-Key": "k" * 256}
    cases = [
        ("PATCH", user, {"idempotencyKey": "", "email": 1, "name": None, "metadata": []}, bad_tag, "q=1",
         {"idempotencyKey", "email", "name", "metadata", "If-Match", "q"}),
        ("PUT", user + "/status", {"status": "gone", "why": ""}, bad_both, "q=1",
         {"status", "why", "If-Match", "Idempotency-Key", "q"}),
        ("POST", user + "/roles", {"role": "no-such-role", "why": ""}, bad_both, "q=1",
         {"role", "why", "If-Match", "Idempotency-Key", "q"}),
        ("DELETE", user + "/roles/admin", None, bad_both, "q=1", {"If-Match", "Idempotency-Key", "q"}),
        ("GET", user, None, {}, "q=1&r=2", {"q", "r"}),
        ("GET", "/users", None, {}, "limit=0&status=gone&role=X&createdTo=x&email=x&externalId=%09&userName=&nextToken=x&q=1",
         {"limit", "status", "role", "createdTo", "email", "externalId", "userName", "nextToken", "q"}),
        ("GET", user + "/audit", None, {}, "limit=x&from=x&to=x&nextToken=x&q=1",
         {"limit", "from", "to", "nextToken", "q"}),
    ]
    for method, path, body, headers, query, fields in cases:
        response = client.request(method, path, body, headers=headers, query=query)
        assert response.status == 400 and response.fields == fields, (method, path, response)


def test_400_for_an_empty_body(client):
    for method, path in (("POST", "/users"), ("PATCH", "/users/" + NO_SUCH),
                         ("PUT", "/users/%s/status" % NO_SUCH), ("POST", "/users/%s/roles" % NO_SUCH)):
        response = client.request(method, path, b"")
        assert response.status == 400 and response.fields == {"body"}, response


def test_patch_needs_something_to_change(client):
    user = client.new_user()
    response = client.request("PATCH", "/users/" + user["userId"], {"idempotencyKey": fresh_key()})
    assert response.status == 400 and response.fields == {"body"}


def test_401(client):
    response = client.request("GET", "/users", signed=False)
    assert response.status == 401


def test_403(client):
    user = client.new_user()
    assert client.request("GET", "/users", principal=NOBODY).status == 403
    assert client.request("POST", "/users", {}, principal=READER).status == 403
    assert client.request("GET", "/users/" + user["userId"], principal=READER).json == user
    response = client.request("DELETE", "/users/%s/roles/admin" % user["userId"], principal=CLERK)
    assert response.status == 403


@pytest.mark.parametrize("path", [
    "/", "/user", "/Users", "/users/", "//users", "/users//", "/users//status", "/./users", "/users/.",
    "/users/..", "/users/%2e", "/users/%2E%2e/status", "/users/" + NO_SUCH + "/",
    "/users/" + NO_SUCH + "/status/", "/users/" + NO_SUCH + "/Status", "/users/" + NO_SUCH + "/nothing",
    "/users/" + NO_SUCH + "/roles/", "/users/" + NO_SUCH + "/roles/a/b", "/users/" + NO_SUCH + "/roles//a",
    "/users/" + NO_SUCH + "/roles/a%2Fb", "/users/" + NO_SUCH + "/roles/a%2fb",
    "/users/" + NO_SUCH + "/roles/%00", "/users/%", "/users/%4", "/users/%zz", "/users/%C3",
    "/users/%ED%A0%80", "/users%2F" + NO_SUCH, "/healthz", "/metrics", "/favicon.ico", "/users;x",
    "/prod/users",
])
def test_404_for_unknown_paths(client, path):
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        response = client.request(method, path, signed=False)
        assert response.status == 404, (method, path, response)


@pytest.mark.parametrize("user_id", [
    NO_SUCH, NO_SUCH.lower(), NO_SUCH[:-1], NO_SUCH + "0", "x", "searches", "%C3%BC", "a%20b", "U" * 26,
    "8" + NO_SUCH[1:],
])
def test_404_for_a_user_that_does_not_exist(client, user_id):
    path = "/users/" + user_id
    requests = [
        ("GET", path, None), ("PATCH", path, {"idempotencyKey": fresh_key(), "name": "x"}),
        ("PUT", path + "/status", {"status": "active"}), ("POST", path + "/roles", {"role": "viewer"}),
        ("DELETE", path + "/roles/viewer", None), ("GET", path + "/audit", None),
    ]
    for method, target, body in requests:
        response = client.request(method, target, body)
        assert response.status == 404, (method, target, response)
        assert client.request(method, target, body, signed=False).status == 401


def test_404_for_a_deleted_user(client):
    user = client.new_user()
    user_id = user["userId"]
    client.assign(user_id, "viewer")
    client.set_status(user_id, "deleted")
    assert client.request("GET", "/users/" + user_id).status == 404
    assert client.patch(user_id, name="x").status == 404
    assert client.assign(user_id, "viewer").status == 404
    assert client.assign(user_id, "editor").status == 404
    assert client.remove(user_id, "viewer").status == 404
    assert len(client.audit(user_id)) == 3


def test_404_for_a_role_that_is_not_assigned(client):
    user = client.new_user()
    for role in ("viewer", "no-such-role", "UPPER", "x" * 200):
        assert client.remove(user["userId"], role).status == 404
    assert client.get(user["userId"]) == user


@pytest.mark.parametrize("path,allowed", [
    ("/users", "GET, POST"), ("/users/" + NO_SUCH, "GET, PATCH"), ("/users/%s/status" % NO_SUCH, "PUT"),
    ("/users/%s/roles" % NO_SUCH, "POST"), ("/users/%s/roles/admin" % NO_SUCH, "DELETE"),
    ("/users/%s/audit" % NO_SUCH, "GET"),
])
def test_405_with_allow(client, path, allowed):
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X"]
    for method in methods:
        response = client.request(method, path, signed=False, check=method != "HEAD")
        if method in allowed.split(", "):
            assert response.status == 401, (method, path, response)
        else:
            assert response.status == 405, (method, path, response)
            assert {word.strip() for word in response.headers["allow"].split(",")} == set(allowed.split(", "))


def test_409_email_in_use(client):
    taken = client.new_user(email=fresh_email("Taken"))
    other = client.new_user()
    for email in (taken["email"], taken["email"].upper(), " %s " % taken["email"].lower()):
        body = {"idempotencyKey": fresh_key(), "email": email, "name": "x"}
        response = client.request("POST", "/users", body)
        assert response.status == 409 and response.json["details"] == {"reason": "EMAIL_IN_USE"}
        assert taken["userId"] not in response.json["message"]
        response = client.patch(other["userId"], email=email)
        assert response.status == 409 and response.json["details"] == {"reason": "EMAIL_IN_USE"}
    assert client.get(other["userId"]) == other
    # A disabled user keeps its address.
    client.set_status(taken["userId"], "disabled")
    assert client.patch(other["userId"], email=taken["email"]).status == 409


def test_409_user_deleted(client):
    user_id = client.new_user()["userId"]
    client.set_status(user_id, "deleted")
    for status in ("active", "disabled"):
        response = client.set_status(user_id, status)
        assert response.status == 409 and response.json["details"] == {"reason": "USER_DELETED"}
    response = client.set_status(user_id, "deleted")
    assert response.status == 200 and response.json["version"] == 2
    assert len(client.audit(user_id)) == 2


def test_409_idempotency_key_reused(client):
    key = fresh_key()
    client.create(key=key)
    body = {"idempotencyKey": key, "email": fresh_email(), "name": "x"}
    response = client.request("POST", "/users", body)
    assert response.status == 409 and response.json["details"] == {"reason": "IDEMPOTENCY_KEY_REUSED"}


def test_412(client):
    user_id = client.new_user()["userId"]
    client.assign(user_id, "viewer")
    response = client.patch(user_id, headers={"If-Match": '"1"'}, name="x")
    assert response.status == 412 and response.json["details"] == {"currentVersion": 2}


def test_413(client):
    response = client.request("POST", "/users", b" " * 65537)
    assert response.status == 413
    assert response.headers["connection"] == "close"
    client.close()


def test_413_echoes_the_correlation_id(client):
    """The head was read, so the response must have the caller's own correlation id."""
    headers = {"X-Correlation-Id": "mine-413"}
    response = client.request("POST", "/users", b" " * 65537, headers=headers, check=False)
    client.close()
    assert response.status == 413 and response.headers["x-correlation-id"] == "mine-413"


@pytest.mark.parametrize("content_type", [
    None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json",
    "application/vnd.api+json", "application/json; charset=iso-8859-1", "application/json, text/plain",
    "application", "*/*", "multipart/form-data; boundary=x",
], ids=str)
def test_415(client, content_type):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada"}
    response = client.request("POST", "/users", body, headers={"Content-Type": content_type})
    assert response.status == 415, response
    assert client.find(body["email"]) == []


def test_415_for_a_compressed_body(client):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada"}
    assert client.request("POST", "/users", body, headers={"Content-Encoding": "gzip"}).status == 415


@pytest.mark.parametrize("content_type", [
    "application/json", "Application/JSON", "application/json; charset=utf-8",
    "application/json; charset=utf8", 'application/json; charset="UTF8"',
    'application/json;charset="UTF-8"', "application/json ; charset=UTF-8",
])
def test_json_media_types_are_accepted(client, content_type):
    assert client.create(headers={"Content-Type": content_type}).status == 201


def test_messages_contain_no_data_of_other_users(client):
    """A message never contains another user's data."""
    taken = client.new_user(name="Secret Name", metadata={"k": "secret value"})
    body = {"idempotencyKey": fresh_key(), "email": taken["email"], "name": "x"}
    response = client.request("POST", "/users", body)
    for text in (b"Secret Name", b"secret value", taken["userId"].encode()):
        assert text not in response.raw
