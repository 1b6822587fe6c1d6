"""A request with two faults has one correct response, which the contract's order of checks determines: HTTP and sizes,
route, signature, throttle, policy, media type, the whole request, the catalogue, the key, the user, If-Match, the
state. A wrong order reveals information (a 404 before a 401 or a 403) or misleads the caller (a 409 instead of a
replay)."""

import json

import pytest
from client import Client, fresh_email, fresh_key
from people import NOBODY, OPERATOR, OTHER, SESSION_A, SESSION_B
from rawhttp import RawConnection, exchange, head

NO_SUCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
HUGE = b" " * 65537
TEXT = {"Content-Type": "text/plain"}


# --- HTTP and sizes before the route, the route before the signature

def test_malformed_http_before_everything(server):
    response, closed = exchange(server, head("GET", "/nowhere", [("Host", "a"), ("Host", "b")]))
    assert response.status == 400 and closed


def test_malformed_http_before_sizes(server):
    response, closed = exchange(server, head(
        "POST", "/users", [("Host", "a"), ("Host", "b"), ("Content-Length", "65537")]) + HUGE)
    assert response.status == 400 and closed


@pytest.mark.parametrize("method,path", [
    ("POST", "/nowhere"), ("DELETE", "/users"), ("POST", "/users"), ("GET", "/users")])
def test_body_size_before_route_and_signature(client, method, path):
    response = client.request(method, path, HUGE, signed=False)
    client.close()
    assert response.status == 413


def test_header_size_before_route_and_body_size(server):
    pairs = [("Host", "a"), ("X-Padding", "x" * 17000), ("Content-Length", "65537")]
    response, closed = exchange(server, head("POST", "/nowhere", pairs))
    assert response.status == 431 and closed


def test_body_size_before_policy_and_media_type(client):
    response = client.request("POST", "/users", HUGE, headers=TEXT, principal=NOBODY)
    client.close()
    assert response.status == 413


def test_route_before_signature(client):
    assert client.request("GET", "/nowhere", signed=False).status == 404
    assert client.request("DELETE", "/users", signed=False).status == 405
    assert client.request("GET", "/nowhere", principal=NOBODY).status == 404


def test_signature_before_policy_media_type_and_body(client):
    assert client.request("POST", "/users", b"{", headers=TEXT, signed=False).status == 401
    assert client.request("GET", "/users/" + NO_SUCH, query="x=1", signed=False).status == 401


# --- the throttle between the signature and the policy

def test_throttle_after_signature_and_before_policy(make_server):
    server = make_server("--throttle-rate", "0.001", "--throttle-burst", "3", throttle=True)
    client = Client(server, OPERATOR)
    assert [client.request("GET", "/users", principal=key).status for key in (OPERATOR, OTHER, SESSION_A)] == [200] * 3
    # The bucket of signed callers is now empty. Route and signature are checked before it ...
    assert client.request("GET", "/nowhere").status == 404
    assert client.request("PUT", "/users").status == 405
    assert client.request("GET", "/users", signed=False).status == 401
    # ... and policy, media type and the request after it.
    assert client.request("GET", "/users", principal=NOBODY).status == 429
    assert client.request("POST", "/users", b"{", headers=TEXT).status == 429
    assert client.request("GET", "/users", query="x=1").status == 429


# --- policy, media type, the whole request

def test_policy_before_media_type_and_request(client):
    assert client.request("POST", "/users", b"{", headers=TEXT, principal=NOBODY).status == 403
    assert client.request("GET", "/users/" + NO_SUCH, query="x=1", principal=NOBODY).status == 403


def test_media_type_before_request_and_user(client):
    for method, path in (("POST", "/users"), ("PATCH", "/users/" + NO_SUCH),
                         ("PUT", "/users/%s/status" % NO_SUCH), ("POST", "/users/%s/roles" % NO_SUCH)):
        response = client.request(method, path, b"{", headers={**TEXT, "If-Match": "1"}, query="x=1")
        assert response.status == 415, response


def test_request_before_key_user_and_if_match(client):
    key = fresh_key()
    user = client.create(key=key).json
    # An invalid request with a used key is 400, not 409.
    assert client.request("POST", "/users", {"idempotencyKey": key, "email": "x"}).status == 400
    path = "/users/" + NO_SUCH
    assert client.request("PATCH", path, {"idempotencyKey": key}).status == 400
    assert client.request("GET", path, query="x=1").status == 400
    stale = {"If-Match": '"7"'}
    assert client.patch(user["userId"], headers=stale, name="").status == 400
    assert client.assign(user["userId"], "no-such-role", headers=stale).status == 400


# --- the catalogue

CATALOGUE = {
    "version": 1, "deletableBy": [SESSION_A.arn, OPERATOR.arn],
    "roles": [{"name": "plain", "description": "", "permissions": ["a:b"]},
              {"name": "guarded", "description": "", "permissions": [],
               "grantableBy": [SESSION_A.arn, OPERATOR.arn]}]}


@pytest.fixture
def guarded(make_server, tmp_path):
    roles = tmp_path / "roles.json"
    roles.write_text(json.dumps(CATALOGUE))
    return Client(make_server("--roles", roles), OPERATOR)


def test_catalogue_after_request_and_before_user(guarded):
    other = guarded.as_(OTHER)
    user_id = guarded.new_user()["userId"]
    # 400 before the catalogue's 403
    bad = {"If-Match": "1"}
    assert other.assign(user_id, "guarded", headers=bad).status == 400
    assert other.remove(user_id, "guarded", headers=bad).status == 400
    assert other.set_status(user_id, "deleted", headers=bad).status == 400
    # the catalogue's 403 before 404, 412 and the state
    stale = {"If-Match": '"7"'}
    for target in (user_id, NO_SUCH):
        assert other.assign(target, "guarded", headers=stale).status == 403
        assert other.remove(target, "guarded", headers=stale).status == 403
        assert other.set_status(target, "deleted", headers=stale).status == 403
    assert other.set_status(user_id, "disabled").status == 200
    assert guarded.get(user_id)["version"] == 2


def test_catalogue_before_key(guarded):
    """Two sessions of one role share their keys. A session without permission must still be rejected."""
    first, second = guarded.as_(SESSION_A), guarded.as_(SESSION_B)
    user_id = guarded.new_user()["userId"]
    for call in (lambda c, k: c.assign(user_id, "guarded", headers=k),
                 lambda c, k: c.remove(user_id, "guarded", headers=k),
                 lambda c, k: c.set_status(user_id, "deleted", headers=k)):
        key = {"Idempotency-Key": fresh_key()}
        assert call(first, key).status == 200
        assert call(second, key).status == 403
        assert call(first, key).replayed


# --- key, user, If-Match, state

def test_key_before_user_and_if_match(client):
    user_id = client.new_user()["userId"]
    key = fresh_key()
    body = {"idempotencyKey": key, "name": "First"}
    assert client.request("PATCH", "/users/" + user_id, body).status == 200
    client.set_status(user_id, "deleted")
    stale = {"If-Match": '"99"'}
    assert client.request("PATCH", "/users/" + user_id, body, headers=stale).replayed
    response = client.request("PATCH", "/users/" + user_id, {**body, "name": "Second"}, headers=stale)
    assert response.status == 409 and response.json["details"]["reason"] == "IDEMPOTENCY_KEY_REUSED"


def test_reuse_before_email_in_use(client):
    key, taken = fresh_key(), client.new_user()["email"]
    client.create(key=key)
    response = client.request("POST", "/users", {"idempotencyKey": key, "email": taken, "name": "x"})
    assert response.json["details"]["reason"] == "IDEMPOTENCY_KEY_REUSED"


def test_user_before_if_match(client):
    deleted = client.new_user()["userId"]
    client.set_status(deleted, "deleted")
    for target in (NO_SUCH, deleted):
        for tag in ('"99"', "*", 'W/"1"'):
            headers = {"If-Match": tag}
            assert client.patch(target, headers=headers, name="x").status == 404
            assert client.assign(target, "viewer", headers=headers).status == 404
            assert client.remove(target, "viewer", headers=headers).status == 404
    assert client.set_status(NO_SUCH, "active", headers={"If-Match": '"99"'}).status == 404


def test_if_match_before_state(client):
    user = client.new_user()
    taken = client.new_user()["email"]
    user_id, stale = user["userId"], {"If-Match": '"99"'}
    assert client.patch(user_id, headers=stale, name=user["name"]).status == 412      # a no-op
    assert client.patch(user_id, headers=stale, email=taken).status == 412            # email in use
    assert client.set_status(user_id, "active", headers=stale).status == 412          # a no-op
    assert client.remove(user_id, "viewer", headers=stale).status == 412              # not assigned
    client.set_status(user_id, "deleted")
    assert client.set_status(user_id, "active", headers=stale).status == 412          # deleted: 409
    assert client.set_status(user_id, "deleted", headers=stale).status == 412         # a no-op
    current = {"If-Match": '"2"'}
    assert client.set_status(user_id, "active", headers=current).status == 409


def test_if_match_star_requires_a_live_user(client):
    user_id = client.new_user()["userId"]
    client.set_status(user_id, "deleted")
    response = client.set_status(user_id, "deleted", headers={"If-Match": "*"})
    assert response.status == 412 and response.json["details"] == {"currentVersion": 2}


def test_rejections_change_nothing(client):
    user = client.new_user()
    email = fresh_email()
    client.request("PATCH", "/users/" + user["userId"],
                   {"idempotencyKey": fresh_key(), "email": email, "name": ""})
    client.request("POST", "/users", {"idempotencyKey": fresh_key(), "email": email, "name": ""})
    assert client.get(user["userId"]) == user and client.find(email) == []


def test_413_is_sent_before_the_body(server):
    """413 requires no byte of the body. A client that only announces too much gets it at once."""
    with RawConnection(server) as connection:
        connection.send(head("POST", "/users", [("Host", "x"), ("Content-Length", "99999999")]))
        assert connection.read_response().status == 413
