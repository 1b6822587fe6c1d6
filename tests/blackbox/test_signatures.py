"""A caller without a valid signature cannot read or change anything. Every invalid signature is rejected with 401, and
the forms that real clients produce are accepted."""

import datetime
import hashlib

import pytest
from botocore.auth import SigV4QueryAuth
from client import fresh_email
from people import EXPIRED, INACTIVE, OPERATOR, OTHER, SESSION_A, SESSION_B
from signing import Key, amz_date, boto_sign, canonical_query, hand_sign, utc_now

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


@pytest.mark.parametrize("authorization", [
    "", "Basic Og==", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=",
    "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x", "AWS4-HMAC-SHA256 ,,,",
    "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/execute-api/aws4_request, SignedHeaders=host, Signature=00",
    "AWS AKIA:x", "AWS4-HMAC-SHA256 " + "Credential=x, " * 50, "\u00ff",
])
def test_malformed_authorization_is_rejected(call, authorization):
    rejected(call(edit=replaced("Authorization", lambda _: authorization)))


@pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
def test_every_part_is_required_once(call, part):
    def without(value):
        scheme, rest = value.split(" ", 1)
        kept = [piece for piece in rest.split(", ") if not piece.startswith(part + "=")]
        return scheme + " " + ", ".join(kept)

    def doubled(value):
        scheme, rest = value.split(" ", 1)
        pieces = rest.split(", ")
        return scheme + " " + ", ".join(pieces + [p for p in pieces if p.startswith(part + "=")])

    rejected(call(edit=replaced("Authorization", without)))
    rejected(call(edit=replaced("Authorization", doubled)))


def test_parts_may_be_reordered_and_without_spaces(call):
    def turned(value):
        scheme, rest = value.split(" ", 1)
        return scheme + " " + ", ".join(reversed(rest.split(", ")))
    assert call(edit=replaced("Authorization", turned)).status == 200
    assert call(edit=replaced("Authorization", lambda v: v.replace(", ", ","))).status == 200


@pytest.mark.parametrize("seconds,served", [
    (0, True), (-240, True), (240, True), (-360, False), (360, False), (-86400, False), (86400, False),
    (-86400 * 365, False)])
def test_clock_skew_limit_is_5_minutes(call, seconds, served):
    response = call(when=utc_now(seconds))
    assert response.status == 200 if served else rejected(response) is None


def test_wrong_scope_is_rejected(call):
    rejected(call(region="eu-west-1"))
    rejected(call(region=""))
    rejected(call(region="US-EAST-1"))
    rejected(call(service="s3"))
    rejected(call(service="Execute-Api"))
    rejected(call(terminator="aws4"))
    yesterday = (utc_now() - datetime.timedelta(days=1)).strftime("%Y%m%d")
    rejected(call(scope_date=yesterday))


@pytest.mark.parametrize("date", ["", "now", "20260101", "20260101T000000", "2026-01-01T00:00:00Z", "20261301T000000Z"])
def test_invalid_dates_are_rejected(call, date):
    rejected(call(edit=replaced("X-Amz-Date", lambda _: date)))
    rejected(call(edit=replaced("X-Amz-Date", lambda _: None)))


def test_same_signature_may_be_sent_again_within_its_lifetime(client, server):
    user_id = client.new_user()["userId"]
    target = "/users/%s/status" % user_id
    pairs = hand_sign(OPERATOR, "PUT", target, [("Host", server.authority)], BODY)
    pairs.append(("Content-Type", "application/json"))
    responses = [client.send("PUT", target, pairs, BODY) for _ in range(3)]
    assert [response.status for response in responses] == [200] * 3
    assert client.get(user_id)["version"] == 2  # the second and third changed nothing


def test_unknown_inactive_and_expired_keys_are_rejected(call):
    rejected(call(key=Key("AKIAUNKNOWNUNKNOWN00", OPERATOR.secret)))
    rejected(call(key=Key(OPERATOR.id, OTHER.secret)))
    rejected(call(key=Key(OPERATOR.id.lower(), OPERATOR.secret)))
    rejected(call(key=INACTIVE))
    rejected(call(key=EXPIRED))


def test_session_tokens(call):
    rejected(call(key=Key(SESSION_A.id, SESSION_A.secret)))                     # missing
    rejected(call(key=Key(SESSION_A.id, SESSION_A.secret, SESSION_B.token)))    # of another key
    rejected(call(key=Key(SESSION_A.id, SESSION_A.secret, SESSION_A.token + "x")))
    rejected(call(key=Key(OPERATOR.id, OPERATOR.secret, "token-for-nothing")))  # the key has no token
    rejected(call(key=SESSION_A, edit=replaced("X-Amz-Security-Token", lambda _: None)))
    rejected(call(key=SESSION_A, edit=lambda pairs: pairs + [("X-Amz-Security-Token", SESSION_A.token)]))
    assert call(key=SESSION_A).status == 200


def test_signed_headers(call):
    rejected(call(signed=["x-amz-date"]))                                       # host is missing
    rejected(call(signed=["host"]))                                             # x-amz-date is not signed
    rejected(call(signed=["x-amz-date", "host"]))                               # not sorted
    rejected(call(signed=["host", "host", "x-amz-date"]))                       # repeated
    rejected(call(signed=["Host", "X-Amz-Date"]))                               # not in lower case
    rejected(call(signed=["host", "x-amz-date", "x-not-there"]))                # not sent
    rejected(call(signed=["", "host", "x-amz-date"]))
    rejected(call(headers=[("X-Amz-Meta", "1")], signed=["host", "x-amz-date"]))
    rejected(call(edit=lambda pairs: pairs + [("X-Amz-Added", "later")]))
    assert call(headers=[("X-Amz-Meta", "1")]).status == 200
    assert call(signed=["host", "x-amz-date"]).status == 200
    assert call(edit=lambda pairs: pairs + [("X-Added", "later")]).status == 200


def test_order_and_form_of_headers(call):
    assert call(edit=lambda pairs: list(reversed(pairs))).status == 200
    assert call(edit=lambda pairs: [(name.upper(), value) for name, value in pairs]).status == 200
    assert call(headers=[("X-Spaces", "  a   b  ")]).status == 200
    assert call(headers=[("X-Twice", "b"), ("X-Twice", "a")]).status == 200
    rejected(call(headers=[("X-Twice", "b"), ("X-Twice", "a")], edit=lambda pairs: list(reversed(pairs))))


@pytest.mark.parametrize("name", ["Authorization", "X-Amz-Date"])
def test_repeated_signature_headers_are_rejected(call, name):
    rejected(call(edit=lambda pairs: pairs + [(name, dict(pairs)[name])]))


def test_payload_hash_header_must_match(call):
    right = hashlib.sha256(BODY).hexdigest()
    assert call(headers=[("X-Amz-Content-Sha256", right)]).status == 200
    for wrong in (hashlib.sha256(b"").hexdigest(), "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""):
        rejected(call(headers=[("X-Amz-Content-Sha256", wrong)]))
        rejected(call(headers=[("X-Amz-Content-Sha256", wrong)], payload_hash=wrong))
    rejected(call(payload_hash="UNSIGNED-PAYLOAD"))


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
