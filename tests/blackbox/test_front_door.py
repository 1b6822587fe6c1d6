"""The sizes and forms of a body that well-behaved clients use and that must work: chunks, Expect, and bodies in pieces.
After a rejection, the client must be able to read the response."""

import time

import pytest
from client import check_response
from people import OPERATOR
from rawhttp import RawConnection, chunked_request, exchange, head, signed_request

BODY = b'{"status":"disabled"}'
UNSIGNED = b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def target(client):
    return "/users/%s/status" % client.new_user()["userId"]


# --- sizes

def headers_of(server, size):
    """A signed GET whose header section has `size` bytes, including its empty line."""
    def build(rest):
        pairs = [("X-Pad-%d" % n, "x" * 1000) for n in range(size // 1100)] + [("X-Rest", "x" * rest)]
        return signed_request(server, OPERATOR, "GET", "/users/" + "0" * 26, headers=pairs)
    section = len(build(1)) - build(1).index(b"\r\n") - 2
    data = build(1 + size - section)
    assert len(data) - data.index(b"\r\n") - 2 == size
    return data


def test_10240_bytes_of_headers_are_served(server):
    with RawConnection(server) as connection:
        connection.send(headers_of(server, 10240))
        assert connection.read_response().status == 404
        connection.send(UNSIGNED)  # the connection stays open
        assert connection.read_response().status == 401


def test_10240_bytes_of_headers_may_be_any_number_of_fields(server):
    request = signed_request(server, OPERATOR, "GET", "/users/" + "0" * 26)
    section = len(request) - request.index(b"\r\n") - 2
    with RawConnection(server) as connection:
        connection.send(request[:-2] + b"a:\r\n" * ((10240 - section) // 4) + b"\r\n")
        assert connection.read_response().status == 404


@pytest.mark.parametrize("more, status", [
    ([("Host", "y")], 400), ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], 400),
    ([("Content-Length", "1"), ("Transfer-Encoding", "chunked")], 400), ([("Transfer-Encoding", "gzip")], 400),
    ([("X-Folded", "a\r\n b")], 400), ([("X Space", "a")], 400), ([("X-Big", "x" * 16500)], 431)])
@pytest.mark.parametrize("place", [0, 99])
def test_rejected_head_gets_its_own_correlation_id(server, more, status, place):
    pairs = [("Host", "x"), *more]
    pairs.insert(place if status == 400 else 0, ("X-Correlation-Id", "own-1"))
    response, closed = exchange(server, head("GET", "/users", pairs))
    assert response.status == status and closed
    check_response(response, "own-1", malformed=True)


def test_partial_correlation_id_is_not_used(server):
    with RawConnection(server) as connection:
        connection.send(b"GET /users HTTP/1.1\r\nHost: x\r\nX-Correlation-Id: own" + b"x" * 20000)
        response = connection.read_response()
    assert response.status == 431
    check_response(response)


@pytest.mark.parametrize("pairs", [
    [("X-Big", "x" * 16500)], [("X-%03d" % n, "x" * 100) for n in range(200)], [("X-Huge", "x" * 5_000_000)],
    [("X" * 17000, "y")], [("X-%05d" % n, "") for n in range(3000)]],
    ids=["one", "many", "huge", "name", "empty"])
def test_over_16_kib_of_headers_are_431(server, pairs):
    response, closed = exchange(server, head("GET", "/users", [("Host", "x")] + pairs))
    assert response.status == 431 and closed
    check_response(response)


def test_endless_headers_are_431_before_their_end(server):
    with RawConnection(server) as connection:
        connection.send(b"GET /users HTTP/1.1\r\nHost: x\r\nX-Endless: " + b"x" * 20000)
        assert connection.read_response().status == 431


def test_long_target_is_rejected(server):
    response, closed = exchange(server, head("GET", "/" + "x" * 70000, [("Host", "x")]))
    assert response.status == 431 and closed
    with RawConnection(server) as connection:
        connection.send(head("GET", "/" + "x" * 7000, [("Host", "x")]))
        assert connection.read_response().status == 404


@pytest.mark.parametrize("size", [65537, 1 << 20, 6 << 20])
def test_413_is_readable_after_a_large_body(server, size):
    """A client that sends the whole body before it reads must get the response, not a reset."""
    with RawConnection(server) as connection:
        connection.send(head("POST", "/users", [("Host", "x"), ("Content-Length", str(size))]) + b"x" * size)
        response = connection.read_response()
        assert response.status == 413 and response.headers["connection"] == "close"
        check_response(response)
        assert connection.is_closed()


def test_chunked_body_over_the_limit_is_413(server):
    for data in (b"10001\r\n" + b"x" * 65537 + b"\r\n0\r\n\r\n", b"FFFFFFFF\r\n",
                 b"8000\r\n" + b"x" * 32768 + b"\r\n8001\r\n"):
        text = signed_request(server, OPERATOR, "POST", "/users", frame=False)
        response, closed = exchange(server, text[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + data)
        assert response.status == 413 and closed


# --- bodies

def test_chunked_bodies_are_served(server, target):
    splits = [[BODY], [BODY[:1], BODY[1:]], [bytes([byte]) for byte in BODY], [BODY, b" " * 5000]]
    for pieces in splits:
        with RawConnection(server) as connection:
            connection.send(chunked_request(server, OPERATOR, target, *pieces))
            assert connection.read_response().status == 200, pieces


def test_chunked_body_of_64_kib_in_single_bytes_is_served(server, target):
    pieces = [bytes([byte]) for byte in BODY.ljust(65536)]
    with RawConnection(server) as connection:
        connection.send(chunked_request(server, OPERATOR, target, *pieces))
        assert connection.read_response().status == 200


def test_chunk_extensions_and_trailers_are_ignored(server, target):
    text = signed_request(server, OPERATOR, "PUT", target, BODY, frame=False)[:-2]
    for data in (b"Transfer-Encoding: CHUNKED\r\n\r\n15;a=b;c=\"d\"\r\n" + BODY + b"\r\n0\r\n\r\n",
                 b"transfer-encoding:chunked\r\n\r\n0015\r\n" + BODY + b"\r\n000\r\n\r\n",
                 b"Transfer-Encoding: chunked\r\n\r\n15 ;x\r\n" + BODY
                 + b"\r\n0\r\nX-Trailer: y\r\nHost: evil\r\n\r\n"):
        with RawConnection(server) as connection:
            connection.send(text + data + UNSIGNED)
            assert connection.read_response().status == 200, data
            assert connection.read_response().status == 401


def test_request_sent_byte_by_byte_is_served(server, target):
    for data in (signed_request(server, OPERATOR, "PUT", target, BODY),
                 chunked_request(server, OPERATOR, target, BODY)):
        with RawConnection(server) as connection:
            for at in range(len(data)):
                connection.send(data[at:at + 1])
            assert connection.read_response().status == 200


def test_body_in_two_pieces_with_a_pause_is_served(server, target):
    for data in (signed_request(server, OPERATOR, "PUT", target, BODY),
                 chunked_request(server, OPERATOR, target, BODY)):
        for cut in (len(data) - 1, len(data) - 10, data.index(b"\r\n\r\n") + 2, data.index(b"\r\n\r\n") + 4):
            with RawConnection(server) as connection:
                connection.send(data[:cut])
                time.sleep(0.05)
                connection.send(data[cut:])
                assert connection.read_response().status == 200


def test_expect_100_continue_is_honoured(server, target):
    for make in (signed_request(server, OPERATOR, "PUT", target, BODY, [("Expect", "100-continue")]),
                 chunked_request(server, OPERATOR, target, BODY, headers=[("Expect", "100-Continue")])):
        cut = make.index(b"\r\n\r\n") + 4
        with RawConnection(server) as connection:
            connection.send(make[:cut])
            assert connection.read_response().status == 100
            connection.send(make[cut:])
            assert connection.read_response().status == 200
            connection.send(make)  # the client does not wait, so a 100 is optional
            response = connection.read_response()
            assert (response if response.status != 100 else connection.read_response()).status == 200


def test_no_100_continue_for_a_rejected_body(server):
    pairs = [("Host", "x"), ("Expect", "100-continue"), ("Content-Length", "70000")]
    response, closed = exchange(server, head("POST", "/users", pairs))
    assert response.status == 413 and closed
