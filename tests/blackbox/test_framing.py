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


@pytest.mark.parametrize("data", [
    lines("GET  /users HTTP/1.1", "Host: x"), lines("GET /users HTTP/1.1"), lines(POST, "Host: x", "X-A : b"),
    lines(POST, "Host: x", "X-A: b", " folded"), lines(POST, "Host: x", "Content-Length: +5"),
    lines(POST, "Host: x", "Content-Length: 5", "Transfer-Encoding: chunked"),
    lines(POST, "Host: x", "Transfer-Encoding: gzip, chunked"), lines(POST, "Host: x", "Host: x"),
    b"GET /users HTTP/1.1\nHost: x\n\n", b"GET /users HTTP/1.1\r\nHost: x\rX: y\r\n\r\n",
], ids=repr)
def test_malformed_head_gets_one_response_and_ends_the_connection(server, data):
    """One head of each kind. tests/unit/net has all forms, and test_smuggling.py shows that none has an effect."""
    rejected(server, data)


def test_malformed_chunk_of_a_signed_request_is_rejected(server):
    signed = signed_request(server, OPERATOR, "POST", "/users", frame=False)
    rejected(server, signed[:-2] + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n")
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
