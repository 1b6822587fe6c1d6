"""A caller without a valid signature cannot read or change anything, and the forms that real clients produce are
accepted. tests/unit/server has all ways to tamper with a request, and all invalid keys, dates, scopes and headers."""

import pytest
from botocore.auth import SigV4QueryAuth
from client import fresh_email
from people import OPERATOR, SESSION_A
from signing import amz_date, boto_sign, canonical_query, hand_sign, utc_now

BODY = b'{"status":"disabled"}'


@pytest.fixture
def call(client, server):
    """call(key, ...): sends a manually signed request, by default a PUT of a status. Other keyword arguments go to
    hand_sign. `edit` may change the signed headers before they are sent."""
    target = "/users/%s/status" % client.new_user()["userId"]

    def run(key=OPERATOR, method="PUT", target=target, body=BODY, headers=(), edit=None, sent_body=None, sent=None,
            **how):
        pairs = [("Host", server.authority), *headers]
        pairs = hand_sign(key, method, target, pairs, body, **how)
        if body and "Content-Type" not in dict(pairs):
            pairs.append(("Content-Type", "application/json"))
        if edit:
            pairs = edit(pairs)
        return client.send(method, sent or target, pairs, body if sent_body is None else sent_body)

    run.target = target
    return run


def replaced(name, change):
    """An edit that applies `change` to the header's value. If `change` returns None, the header is removed."""
    def edit(pairs):
        out = []
        for header, value in pairs:
            value = change(value) if header.lower() == name.lower() else value
            if value is not None:
                out.append((header, value))
        return out
    return edit


def rejected(response):
    assert response.status == 401 and response.code == "AUTHENTICATION_ERROR", response
    assert OPERATOR.secret.encode() not in response.raw


def test_manually_signed_requests_are_served(call):
    assert call().status == 200
    assert call(key=SESSION_A).status == 200
    assert call(method="GET", target="/users?limit=1", body=b"").status == 200


def test_tampered_requests_are_rejected(call, client):
    other = client.new_user()["userId"]
    rejected(call(sent=call.target.replace(call.target.split("/")[2], other)))      # another user
    rejected(call(sent=call.target + "?x=1"))                                       # an added query
    rejected(call(sent_body=BODY.replace(b"disabled", b"deleted")))                 # another body
    rejected(call(sent_body=BODY + b" "))
    rejected(call(edit=replaced("Host", lambda _: "example.com")))                  # another host
    rejected(call(edit=replaced("X-Amz-Date", lambda _: amz_date(utc_now(-30)))))   # another time
    rejected(call(edit=replaced("Authorization", lambda v: v[:-1] + ("0" if v[-1] != "0" else "1"))))
    rejected(call(edit=replaced("Authorization", lambda v: v[:-64] + v[-64:].upper())))
    rejected(call(headers=[("Idempotency-Key", "a")], edit=replaced("Idempotency-Key", lambda _: "b")))
    rejected(call(headers=[("If-Match", "*")], edit=replaced("If-Match", lambda _: None)))
    rejected(call(method="GET", target="/users?limit=1", body=b"", sent="/users?limit=2"))
    rejected(call(method="GET", target="/users?limit=1", body=b"", sent="/users"))
    user = client.get(call.target.split("/")[2])
    assert user["version"] == 1 and client.get(other)["version"] == 1


def test_method_is_signed(client, server):
    pairs = hand_sign(OPERATOR, "GET", "/users", [("Host", server.authority)])
    rejected(client.send("POST", "/users", pairs))


def test_parts_may_be_reordered_and_without_spaces(call):
    def turned(value):
        scheme, rest = value.split(" ", 1)
        return scheme + " " + ", ".join(reversed(rest.split(", ")))
    assert call(edit=replaced("Authorization", turned)).status == 200
    assert call(edit=replaced("Authorization", lambda v: v.replace(", ", ","))).status == 200


def test_same_signature_may_be_sent_again_within_its_lifetime(client, server):
    user_id = client.new_user()["userId"]
    target = "/users/%s/status" % user_id
    pairs = hand_sign(OPERATOR, "PUT", target, [("Host", server.authority)], BODY)
    pairs.append(("Content-Type", "application/json"))
    responses = [client.send("PUT", target, pairs, BODY) for _ in range(3)]
    assert [response.status for response in responses] == [200] * 3
    assert client.get(user_id)["version"] == 2  # the second and third changed nothing


def test_order_and_form_of_headers(call):
    assert call(edit=lambda pairs: list(reversed(pairs))).status == 200
    assert call(edit=lambda pairs: [(name.upper(), value) for name, value in pairs]).status == 200
    assert call(headers=[("X-Spaces", "  a   b  ")]).status == 200
    assert call(headers=[("X-Twice", "b"), ("X-Twice", "a")]).status == 200
    rejected(call(headers=[("X-Twice", "b"), ("X-Twice", "a")], edit=lambda pairs: list(reversed(pairs))))


# --- queries

@pytest.mark.parametrize("query", [
    "limit=2", "status=active&limit=2", "limit=2&status=active", "status=active&limit=", "limit=2&", "%6cimit=2",
    "email=a%2Bb%40c.example", "email=a%2bb%40c.example", "email=a+b@c.example", "email=!a*b'c@d", "email=a%20@b"])
def test_every_form_of_a_query_verifies(call, client, query):
    """The signer may use the canonical query, the sorted query as sent, or the query exactly as sent. All three get the
    same response, and it is never a 401."""
    def sorted_as_sent(query):
        return "&".join("%s=%s" % pair for pair in sorted(
            tuple((part + "=").split("=")[:2]) for part in query.split("&")))

    responses = [call(method="GET", target="/users?" + query, body=b"", query_form=form)
               for form in (canonical_query, sorted_as_sent, lambda text: text)]
    responses.append(client.request("GET", "/users", query=query))
    assert len({response.status for response in responses}) == 1 and responses[0].status in (200, 400), responses


def test_query_signed_as_parameters_verifies(client, server):
    """boto3's own clients sign the canonical form of the parameters."""
    email = fresh_email("a+b~c'd!e*f")
    user_id = client.new_user(email=email)["userId"]
    request = boto_sign(OPERATOR, "GET", server.url + "/users", params={"status": "active", "email": email}).prepare()
    target = request.url[len(server.url):]
    response = client.send("GET", target, list(request.headers.items()))
    assert response.status == 200 and [user["userId"] for user in response.json["users"]] == [user_id]


def test_signatures_in_the_query_are_rejected(client, server):
    def presign(credentials, service, region):
        return SigV4QueryAuth(credentials, service, region, expires=300)
    request = boto_sign(OPERATOR, "GET", server.url + "/users", signer=presign)
    assert "X-Amz-Signature=" in request.url
    response = client.send("GET", request.url[len(server.url):], [])
    rejected(response)
    # A valid Authorization header does not make such a query valid.
    response = client.request("GET", "/users", query="X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert response.status in (400, 401)
