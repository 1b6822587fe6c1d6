"""Connections as well-behaved clients use them and as networks break them: pipelining, HTTP/1.0, half-closed and
vanished sockets, and many idle ones. Responses come in order, each for its own request."""

import json
import socket
import time

import pytest
from client import Client, fresh_email, fresh_key
from people import OPERATOR
from rawhttp import RawConnection, chunked_request, exchange, head, signed_request

BODY = b'{"status":"disabled"}'
UNSIGNED = b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def target(client):
    return "/users/%s/status" % client.new_user()["userId"]


def test_pipelined_responses_keep_their_order(server, client):
    """Ten requests sent at once get ten responses, in order, each for its own request."""
    users = [client.new_user()["userId"] for _ in range(3)]
    requests, expected = [], []
    for number in range(10):
        headers = [("X-Correlation-Id", "pipe-%d" % number)]
        if number % 5 == 0:
            data, status = signed_request(server, OPERATOR, "GET", "/users/" + users[0], headers=headers), 200
        elif number % 5 == 1:
            path = "/users/%s/status" % users[1]
            data, status = chunked_request(server, OPERATOR, path, BODY, headers=headers), 200
        elif number % 5 == 2:
            body = json.dumps({"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "x"}).encode()
            data, status = signed_request(server, OPERATOR, "POST", "/users", body, headers), 201
        elif number % 5 == 3:
            data, status = head("HEAD", "/users", [("Host", "x")] + headers), 405
        else:
            data, status = head("GET", "/users", [("Host", "x")] + headers), 401
        requests.append(data)
        expected.append((number, status))
    whole = b"".join(requests)
    for pieces in ([whole], [whole[at:at + 700] for at in range(0, len(whole), 700)]):
        with RawConnection(server) as connection:
            for piece in pieces:
                connection.send(piece)
                if len(pieces) > 1:
                    time.sleep(0.005)
            for number, status in expected:
                response = connection.read_response(to_head=status == 405)
                assert response.headers["x-correlation-id"] == "pipe-%d" % number
                assert response.status == status


def test_500_pipelined_requests_are_served(server):
    with RawConnection(server) as connection:
        connection.send(UNSIGNED * 500)
        assert [connection.read_response().status for _ in range(500)] == [401] * 500


def test_empty_line_before_a_request_is_ignored(server):
    with RawConnection(server) as connection:
        connection.send(b"\r\n" + UNSIGNED + b"\r\n" + UNSIGNED)
        assert [connection.read_response().status for _ in range(2)] == [401, 401]


def test_connection_close_is_honoured(server):
    for value in ("close", "Close", "keep-alive, close", "x, close"):
        response, closed = exchange(server, head("GET", "/users", [("Host", "x"), ("Connection", value)]) + UNSIGNED)
        assert response.status == 401 and closed, value


def test_http_1_0_is_served(server, client):
    path = "/users/" + client.new_user()["userId"]
    data = signed_request(server, OPERATOR, "GET", path, version="HTTP/1.0")
    response, closed = exchange(server, data + UNSIGNED)
    assert response.status == 200 and closed
    data = signed_request(server, OPERATOR, "GET", path, headers=[("Connection", "Keep-Alive")], version="HTTP/1.0")
    with RawConnection(server) as connection:
        for _ in range(2):
            connection.send(data)
            response = connection.read_response()
            assert response.status == 200 and response.headers["connection"].lower() == "keep-alive"
    response, closed = exchange(server, b"GET /nowhere HTTP/1.0\r\n\r\n")  # without Host
    assert response.status == 404 and closed


def test_head_has_no_body(server):
    with RawConnection(server) as connection:
        connection.send(head("HEAD", "/users", [("Host", "x")]) + head("HEAD", "/nowhere", [("Host", "x")]) + UNSIGNED)
        response = connection.read_response(to_head=True)
        assert response.status == 405 and set(response.headers["allow"].split(", ")) == {"GET", "POST"}
        assert connection.read_response(to_head=True).status == 404
        assert connection.read_response().status == 401


def test_absolute_form_and_asterisk_are_understood(server):
    url = "http://%s/users/%s" % (server.authority, "0" * 26)
    path = "/users/" + "0" * 26
    data = signed_request(server, OPERATOR, "GET", path).replace(b"GET /",
                                                                 b"GET http://%s/" % server.authority.encode(), 1)
    assert url.encode() in data
    with RawConnection(server) as connection:
        connection.send(data)
        assert connection.read_response().status == 404
        connection.send(data.replace(b"http://", b"HTTP://"))
        assert connection.read_response().status == 404
        connection.send(head("OPTIONS", "*", [("Host", "x")]))
        assert connection.read_response().status == 404
        connection.send(head("GET", "http://Other.example/nowhere", [("Host", "other.EXAMPLE")]))
        assert connection.read_response().status == 404
        connection.send(head("GET", "http://other.example/nowhere", [("Host", "x")]))
        assert connection.read_response().status == 400 and connection.is_closed()


def test_half_closed_socket_gets_its_responses(server, target):
    for data in (signed_request(server, OPERATOR, "PUT", target, BODY), chunked_request(server, OPERATOR, target, BODY),
                 UNSIGNED * 3):
        with RawConnection(server) as connection:
            connection.send(data)
            connection.half_close()
            for _ in range(data.count(b" HTTP/1.1\r\n")):
                assert connection.read_response().status in (200, 401)
            assert connection.is_closed()


def test_half_closed_within_a_request_is_closed(server, target):
    data = signed_request(server, OPERATOR, "PUT", target, BODY)
    for cut in (1, 30, len(data) - 25, len(data) - 1):
        with RawConnection(server) as connection:
            connection.send(data[:cut])
            connection.half_close()
            assert connection.is_closed()


def test_vanished_clients_do_no_harm(server, client, target):
    data = signed_request(server, OPERATOR, "PUT", target, BODY)
    for cut in list(range(0, len(data), 29)) + [len(data)]:
        connection = RawConnection(server)
        connection.send(data[:cut])
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        connection.close()
    assert client.request("GET", "/users", query="limit=1").status == 200


def test_500_idle_connections_do_not_disturb_others(make_server):
    server = make_server()
    client = Client(server, OPERATOR)
    idle = [RawConnection(server) for _ in range(500)]
    try:
        for connection in idle[5::5]:
            connection.send(b"GET /users HTT")  # some have begun a request
        user_id = client.new_user()["userId"]
        for number in range(20):
            assert client.patch(user_id, name="N%d" % number).status == 200
        idle[0].send(b"GET /users HTT")  # late, because a header has a time limit
        for connection in idle[1::50]:  # idle connections are still served
            connection.send(UNSIGNED)
            assert connection.read_response().status == 401
        idle[0].send(b"P/1.1\r\nHost: x\r\n\r\n")
        assert idle[0].read_response().status == 401
    finally:
        for connection in idle:
            connection.close()
