"""A caller that lost a response retries the request. One key has one effect: the caller gets the same response byte for
byte, regardless of later changes. tests/scenarios/tables/idempotency.json has the rules of keys, for every way in."""

import pytest
from client import fresh_email, fresh_key
from signing import hand_sign


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


def test_key_in_the_header_must_be_ascii(client):
    """Signers disagree about non-ASCII bytes in a header, so this header is not signed."""
    target = "/users/%s/status" % client.new_user()["userId"]
    body = b'{"status":"disabled"}'
    headers = hand_sign(client.key, "PUT", target, [("Host", client.server.authority)], body)
    headers += [("Content-Type", "application/json"), ("Idempotency-Key", "\u00c3\u00a9")]
    response = client.send("PUT", target, headers, body)
    assert response.status == 400 and response.fields == {"Idempotency-Key"}
