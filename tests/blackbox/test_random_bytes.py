"""The tables of malformed requests contain only cases that their authors thought of. This test cuts, splices, repeats
and damages valid requests at random (with a fixed seed), and sends several on one connection in pieces of odd sizes.
The server must respond or close, each response must be well formed, and the sanitizers must report nothing."""

import contextlib
import json
import random
import time

from client import Client, check_response, fresh_email, fresh_key
from people import OPERATOR, SESSION_A
from rawhttp import RawConnection, head, signed_request

NO_SUCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
SPLICES = [b"\r\n", b"\r", b"\n", b"\0", b":", b" ", b"%", b"\xff", b"0\r\n\r\n", b"Content-Length: 5\r\n", b"\r\n\r\n",
           b"Transfer-Encoding: chunked\r\n", b"Host: y\r\n", b"A" * 5000, b"?", b"/", b"Connection: close\r\n"]
SECONDS = 4


def request(source, server):
    body = json.dumps({"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Random"}).encode()
    return source.choice([
        lambda: head("GET", "/users", [("Host", "x")]),
        lambda: signed_request(server, OPERATOR, "GET", "/users?limit=2&status=active"),
        lambda: signed_request(server, OPERATOR, "POST", "/users", body),
        lambda: head("POST", "/users", [("Host", "x"), ("Transfer-Encoding", "chunked")])
        + b"5\r\nabcde\r\n3;x=y\r\nabc\r\n0\r\nT: y\r\n\r\n",
        lambda: signed_request(server, OPERATOR, "PUT", "/users/%s/status" % NO_SUCH, b'{"status":"disabled"}'),
        lambda: head("OPTIONS", "/users/" + NO_SUCH, [("Connection", "keep-alive")], "HTTP/1.0"),
        lambda: head("POST", "/users",
                     [("Host", "x"), ("Expect", "100-continue"), ("Content-Length", "10")]) + b"0123456789",
        lambda: signed_request(server, SESSION_A, "DELETE", "/users/%s/roles/a%%20b" % NO_SUCH,
                               headers=[("If-Match", '"1", W/"2"'), ("Idempotency-Key", "k")]),
    ])()


def spoilt(source, data):
    data = bytearray(data)
    for _ in range(source.choice([0, 0, 0, 1, 1, 2, 5])):
        at = source.randrange(len(data) + 1)
        kind = source.randrange(5)
        if kind == 0 and at < len(data):
            data[at] = source.randrange(256)
        elif kind == 1:
            del data[at:at + source.randrange(1, 20)]
        elif kind == 2:
            data[at:at] = source.choice(SPLICES)
        elif kind == 3:
            data[at:at] = data[at:at + 50]
        elif kind == 4 and source.random() < 0.3:
            del data[at:]
    return bytes(data)


def talk(source, server):
    """Uses one connection and checks each response. Returns the number of responses."""
    data = b"".join(spoilt(source, request(source, server)) for _ in range(source.randrange(1, 5)))
    responses = 0
    with RawConnection(server, timeout=1) as connection, contextlib.suppress(OSError, EOFError):
        at = 0
        while at < len(data):
            size = source.choice([1, 10, 100, 1000, len(data)])
            connection.send_quietly(data[at:at + size])
            at += size
            if source.random() < 0.1:
                time.sleep(0.001)
        connection.half_close()
        while True:
            response = connection.read_response(to_head=data.startswith(b"HEAD"))
            if response.status != 100:
                assert response.headers["cache-control"] == "no-store, no-transform"
                fields = response.json.get("details", {}).get("errors")
                check_response(response, response.headers["x-correlation-id"], malformed=not fields)
                responses += 1
    return responses


def test_random_bytes_do_no_harm(make_server, together):
    server = make_server("--log-level", "error")
    end = time.monotonic() + SECONDS

    def work(seed):
        source = random.Random(seed)
        responses = 0
        while time.monotonic() < end and server.process.poll() is None:
            responses += talk(source, server)
        return responses

    assert all(together(6, work))
    assert Client(server, OPERATOR).request("GET", "/users").status == 200
    assert server.stop() == []
