"""If one program sees one request and another sees two, a request can be smuggled past a proxy. The server rejects
every ambiguous form with 400 and closes the connection."""

import time

import pytest
from client import Client, check_response
from people import OPERATOR
from rawhttp import RawConnection, exchange, head, signed_request

FOLLOWER = b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n"  # a request that might be smuggled


def lines(*text):
    return "\r\n".join(text + ("", "")).encode("latin-1")


def rejected(server, data, status=400):
    """Sends the data and another request after it. The server must send one error response and close."""
    response, closed = exchange(server, data + FOLLOWER)
    assert response.status == status and closed, (data[:200], response)
    check_response(response, malformed=True)
    return response


POST = "POST /users HTTP/1.1"
LENGTHS = ["5, 5", "5,5", "+5", "-1", "0x5", "5a", "", "5 5", "5;", "\u00b2", "1e1", "5.0", "18446744073709551621"]
CODINGS = ["gzip", "gzip, chunked", "chunked, chunked", "chunked, gzip", "identity", "chunked, identity", "xchunked",
           "chunked;q=1", "", ",chunked", "chunked,", "\"chunked\"", "chunked chunked", "\x0bchunked"]


@pytest.mark.parametrize("length", LENGTHS)
def test_invalid_content_lengths_are_rejected(server, length):
    rejected(server, lines(POST, "Host: x", "Content-Length: " + length) + b"12345")


@pytest.mark.parametrize("coding", CODINGS)
def test_unknown_transfer_encodings_are_rejected(server, coding):
    rejected(server, lines(POST, "Host: x", "Transfer-Encoding: " + coding) + b"0\r\n\r\n")


@pytest.mark.parametrize("headers", [
    ["Content-Length: 5", "Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Content-Length: 5"],
    ["Content-Length: 5", "Content-Length: 5"], ["Content-Length: 5", "content-length: 6"],
    ["Content-Length: 0", "Content-Length: 0"], ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked", "TRANSFER-ENCODING: identity"], ["Content-Length: 0", "Transfer-Encoding: identity"],
    ["Host: x"], ["Host: y"], ["Idempotency-Key: a", "Idempotency-Key: a"],
    ["Idempotency-Key: a", "idempotency-key: b"],
])
def test_repeated_and_contradictory_headers_are_rejected(server, headers):
    rejected(server, lines(POST, "Host: x", *headers) + b"0\r\n\r\n")


@pytest.mark.parametrize("header", [
    "X-A : b", "X-A\t: b", " X-A: b", "X A: b", ": b", "X-A", "X\u00e4: b", "X-A;: b", "(X): b", "X-A: b\x00c",
    "X-A: \x01",
    "X-A: b\x7f", "X-A: b\x0bc", "Content-Length : 5", "Transfer-Encoding\t: chunked", "X@A: b", "X[A]: b", '"X": b'])
def test_malformed_header_lines_are_rejected(server, header):
    rejected(server, lines(POST, "Host: x", header))
    rejected(server, lines(POST, header, "Host: x"))


@pytest.mark.parametrize("fold", [" folded", "\tfolded", "  Content-Length: 5", " "])
def test_folded_lines_are_rejected(server, fold):
    rejected(server, lines(POST, "Host: x", "X-A: b", fold, "X-B: c"))


@pytest.mark.parametrize("data", [
    b"GET /users HTTP/1.1\nHost: x\n\n", b"GET /users HTTP/1.1\r\nHost: x\n\r\n",
    b"GET /users HTTP/1.1\nHost: x\r\n\r\n",
    b"GET /users HTTP/1.1\r\nHost: x\r\n\n", b"GET /users HTTP/1.1\r\nHost: x\r\nX-A: b\rX-B: c\r\n\r\n",
    b"GET /users HTTP/1.1\rHost: x\r\r", b"GET /users HTTP/1.1\r\nHost: x\r\nX-A: b\r\r\n\r\n",
    b"GET /users HTTP/1.1\r\r\nHost: x\r\n\r\n", b"GET /users HTTP/1.1\r\nHost: x\r\nX-A: b\nX-B: c\r\n\r\n",
    b"\nGET /users HTTP/1.1\r\nHost: x\r\n\r\n", b"\rGET /users HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=repr)
def test_bare_cr_and_lf_are_rejected(server, data):
    rejected(server, data)


@pytest.mark.parametrize("line", [
    "GET  /users HTTP/1.1", "GET /users  HTTP/1.1", "GET /users", "GET", "", "GET /users HTTP/2.0",
    "GET /users HTTP/0.9",
    "GET /users HTTP/1.1 ", " GET /users HTTP/1.1", "GET\t/users\tHTTP/1.1", "GET users HTTP/1.1",
    "GET /us ers HTTP/1.1",
    "GET /users http/1.1", "GET /users HTTP/1", "GET /users HTTP/1.10", "GET /users HTTP/01.1", "GET /users HTTPS/1.1",
    "GET /users#x HTTP/1.1", "GET /\u00fcsers HTTP/1.1", "GET /users\x00 HTTP/1.1", "GET /users\x7f HTTP/1.1",
    "G\u00c9T /users HTTP/1.1",
    "G(T /users HTTP/1.1", "GET ?x HTTP/1.1", "GET ftp://x/users HTTP/1.1", "GET http:///users HTTP/1.1",
    "GET \\users HTTP/1.1",
    "CONNECT x:443 HTTP/1.1", "PRI * HTTP/2.0", "/users GET HTTP/1.1", "GET HTTP/1.1"])
def test_malformed_request_lines_are_rejected(server, line):
    if line == "":  # at most two empty lines may precede a request
        rejected(server, b"\r\n" * 20 + lines("GET /users HTTP/1.1", "Host: x"))
    else:
        rejected(server, lines(line, "Host: x"))


def test_host_is_required(server):
    rejected(server, lines("GET /users HTTP/1.1"))
    rejected(server, lines("GET /users HTTP/1.1", "X-Host: x"))


def test_bytes_that_are_not_http_are_rejected(server):
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"\x00\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n",
                 b"EHLO x\r\nMAIL FROM:<a@b>\r\n", b"\xff" * 100 + b"\r\n\r\n"):
        with RawConnection(server) as connection:
            connection.send_quietly(data)
            connection.half_close()
            try:
                assert connection.read_response().status == 400
            except EOFError:
                pass
            assert connection.is_closed()


def test_chunked_requires_http_1_1(server):
    rejected(server, lines("POST /users HTTP/1.0", "Host: x", "Transfer-Encoding: chunked") + b"0\r\n\r\n")


CHUNKS = [b"x\r\n", b"-1\r\n", b"+1\r\na\r\n", b"0x1\r\na\r\n", b"1\na\r\n0\r\n\r\n", b"1\r\nab\r\n",
          b"1\r\na0\r\n\r\n", b"\r\n",
          b" 1\r\na\r\n", b"1 x\r\na\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"100000000000000001\r\na", b"1\r\na\n0\r\n\r\n",
          b"0\r\n X: y\r\n\r\n", b"0\r\nno colon\r\n\r\n", b"0\r\n: x\r\n\r\n", b"1;a\x00\r\na\r\n", b"1\r\na\r\n0\n\n",
          b"1\ra\r\n", b"1;" + b"x" * 70000 + b"\r\na\r\n0\r\n\r\n", b"1,2\r\na\r\n"]


@pytest.mark.parametrize("data", CHUNKS, ids=lambda data: repr(data[:24]))
def test_bad_chunks(server, data):
    # The head is valid apart from the body, so the chunks are read.
    head = signed_request(server, OPERATOR, "POST", "/users", frame=False)
    rejected(server, head[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + data)


@pytest.mark.parametrize("data", [b"x\r\n", b"1\r\nab\r\n"], ids=repr)
def test_bad_chunks_that_came_with_an_unsigned_head(server, data):
    """The form of the received part is checked before the signature."""
    rejected(server, lines(POST, "Host: x", "Transfer-Encoding: chunked") + data)


def test_garbage_after_a_request_is_rejected(server, client):
    """The request gets its response. The bytes after it are a separate request, and a malformed one."""
    body = b'{"status":"disabled"}'
    target = "/users/%s/status" % client.new_user()["userId"]
    whole = signed_request(server, OPERATOR, "PUT", target, body)
    text = signed_request(server, OPERATOR, "PUT", target, body, frame=False)
    chunked = text[:-2] + b"Transfer-Encoding: chunked\r\n\r\n15\r\n" + body + b"\r\n0\r\n\r\n"
    for data in (whole, chunked):
        with RawConnection(server) as connection:
            connection.send(data + b"garbage\r\n\r\n" + FOLLOWER)
            assert connection.read_response().status == 200
            response = connection.read_response()
            assert response.status == 400 and connection.is_closed()


def test_malformed_request_in_pieces_after_another_is_rejected(make_server):
    """The server must not read data of the previous request when the next one is malformed. (This was a
    heap-use-after-free: a POST, then a head that arrives in two pieces and is not HTTP.)"""
    server = make_server()
    for method in (b"POST", b"HEAD", b"DELETE"):
        with RawConnection(server) as connection:
            connection.send(method + b" /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert connection.read_response(to_head=method == b"HEAD").status == 404
            for piece in (b"X", b"GARB", b"AGE\r\n", b"\r\n"):
                connection.send(piece)
                time.sleep(0.05)
            response = connection.read_response()
            assert response.status == 400 and response.json["code"] == "VALIDATION_ERROR"
    assert Client(server, OPERATOR).request("GET", "/users").status == 200


@pytest.mark.parametrize("headers", [
    ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA", "Connection: Upgrade, HTTP2-Settings"],
    ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
     "Sec-WebSocket-Version: 13"],
    ["Via: 1.1 x", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: evil", "Forwarded: host=evil",
     "X-Original-URL: /nowhere",
     "X-Rewrite-URL: /nowhere", "Proxy-Connection: close"]], ids=["h2c", "websocket", "proxies"])
def test_upgrade_and_proxy_headers_are_ignored(server, headers):
    with RawConnection(server) as connection:
        for _ in range(2):
            connection.send(lines("GET /users HTTP/1.1", "Host: x", *headers))
            response = connection.read_response()
            assert response.status == 401 and "upgrade" not in response.headers


def test_server_keeps_working_after_rejections(server, client):
    for _ in range(50):
        rejected(server, lines("GET / HTTP/9.9", "Host: x"))
    assert client.request("GET", "/users", query="limit=1").status == 200


def test_every_rejection_has_a_new_correlation_id(server):
    ids = {rejected(server, head("GET", "/users", [("Host", "a"), ("Host", "b")])).headers["x-correlation-id"]
           for _ in range(5)}
    assert len(ids) == 5
