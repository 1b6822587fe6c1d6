"""If the head shows that a request is invalid, the server must not read or store its body. Otherwise callers without a
key could fill its memory with bodies. Most tests here send no byte of the body, so they end only if the server does not
wait for it."""

import hashlib

import pytest
from people import EXPIRED, INACTIVE, OPERATOR, SESSION_A
from rawhttp import RawConnection, head
from signing import Key, hand_sign, utc_now

BODY = b'{"status":"disabled"}'
TARGET = "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV/status"
PATIENCE = 10  # seconds; the server waits twice as long for a body


def signed_head(server, key=OPERATOR, method="PUT", target=TARGET, body=BODY, headers=(), unsigned=(), length=60_000,
                **how):
    pairs = hand_sign(key, method, target, [("Host", server.authority), *headers], body, **how)
    framing = [("Content-Length", str(length))] if length else [("Transfer-Encoding", "chunked")]
    return head(method, target, pairs + list(unsigned) + framing)


WRONG_SECRET = Key(OPERATOR.id, "a-wrong-secret-key")
HASH = ("X-Amz-Content-Sha256", hashlib.sha256(BODY).hexdigest())
HEADS = {
    "no route": (404, {"target": "/nowhere"}),
    "no method": (405, {"target": "/users"}),
    "unknown key": (401, {"key": Key("AKIANOBODYKNOWSIT000", OPERATOR.secret)}),
    "inactive": (401, {"key": INACTIVE}),
    "expired": (401, {"key": EXPIRED}),
    "clock": (401, {"when": utc_now(-3600)}),
    "region": (401, {"region": "eu-central-1"}),
    "service": (401, {"service": "s3"}),
    "day": (401, {"scope_date": "20200101"}),
    "token": (401, {"key": Key(SESSION_A.id, SESSION_A.secret)}),
    "unsigned header": (401, {"unsigned": [("X-Amz-Meta", "1")]}),
    "form of the hash": (401, {"headers": [("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]}),
    "mismatch, known from the hash": (401, {"key": WRONG_SECRET, "headers": [HASH]}),
    "mismatch, known from an unsigned hash": (401, {"key": WRONG_SECRET, "unsigned": [HASH]}),
}


@pytest.mark.parametrize("length", [60_000, None], ids=["length", "chunked"])
@pytest.mark.parametrize("name", HEADS)
def test_invalid_head_is_rejected_before_the_body(server, name, length):
    status, how = HEADS[name]
    with RawConnection(server, timeout=PATIENCE) as connection:
        connection.send(signed_head(server, length=length, **how))
        response = connection.read_response()
        assert response.status == status, response
        assert response.headers["connection"] == "close"


def test_unsigned_head_is_rejected_before_the_body(server):
    with RawConnection(server, timeout=PATIENCE) as connection:
        connection.send(head("PUT", TARGET, [("Host", "x"), ("Content-Length", "60000")]))
        assert connection.read_response().status == 401


def test_no_100_continue_for_an_invalid_head(server):
    with RawConnection(server, timeout=PATIENCE) as connection:
        connection.send(signed_head(server, key=INACTIVE, unsigned=[("Expect", "100-continue")]))
        assert connection.read_response().status == 401
    with RawConnection(server, timeout=PATIENCE) as connection:
        connection.send(signed_head(server, unsigned=[("Expect", "100-continue")], length=len(BODY)))
        assert connection.read_response().status == 100
        connection.send(BODY)
        assert connection.read_response().status == 415  # the head is valid, apart from the body


def test_response_is_readable_while_the_client_sends(server):
    with RawConnection(server) as connection:
        connection.send(signed_head(server, key=INACTIVE))
        connection.send_quietly(bytes(60_000))
        assert connection.read_response().status == 401


def test_body_that_has_arrived_keeps_the_connection_open(server):
    with RawConnection(server) as connection:
        for _ in range(3):
            connection.send(signed_head(server, key=INACTIVE, length=len(BODY)) + BODY)
            response = connection.read_response()
            assert response.status == 401 and "connection" not in response.headers
        connection.send(signed_head(server, length=len(BODY)) + BODY)
        assert connection.read_response().status == 415


def test_wrong_signature_without_a_hash_is_found_with_the_body(server):
    """Without a hash in the head, only the body shows that the signature is wrong."""
    with RawConnection(server) as connection:
        connection.send(signed_head(server, key=WRONG_SECRET, length=len(BODY)))
        connection.send(BODY)
        response = connection.read_response()
        assert response.status == 401 and set(response.json["details"]) == {"canonicalRequest", "stringToSign"}


def test_size_is_checked_before_the_key(server):
    with RawConnection(server, timeout=PATIENCE) as connection:
        connection.send(signed_head(server, key=INACTIVE, target="/nowhere", length=65_537))
        assert connection.read_response().status == 413
