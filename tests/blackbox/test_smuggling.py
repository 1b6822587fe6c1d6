"""test_framing.py shows that ambiguous requests are rejected. Here each ambiguous request carries another, correctly
signed one that would register a user if the server saw it. The server must send one error response and close the
connection, and neither of the two requests may register a user."""

import json

import pytest
from client import Client, check_response, fresh_email, fresh_key
from harness import Server, wait_until
from people import OPERATOR, standard_principals, write_principals
from rawhttp import RawConnection, exchange, signed_request


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A separate server, because the last test counts its users."""
    directory = tmp_path_factory.mktemp("smuggling")
    server = Server(directory, "--principals", write_principals(directory / "principals.json", standard_principals()))
    server.start()
    yield server
    server.stop()


class Registration:
    """A signed request that registers a user, with or without its framing."""

    def __init__(self, server, target="/users"):
        self.email = fresh_email("Smuggled")
        self.body = json.dumps({"idempotencyKey": fresh_key(), "email": self.email, "name": "Smuggled In"}).encode()
        self.whole = signed_request(server, OPERATOR, "POST", target, self.body)
        self.head = signed_request(server, OPERATOR, "POST", target, self.body, frame=False)[:-2]

    def framed(self, *lines, follow=None):
        """The request with these framing lines, and with `follow` after the head instead of the body."""
        return self.head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + (self.body if follow is None else follow)


def chunk(data, size=None):
    return (size or b"%x" % len(data)) + b"\r\n" + data + b"\r\n"


END = b"0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"


def length(data):
    return b"Content-Length: %d" % len(data)


def hidden(coding):
    """A disguised Transfer-Encoding. A program that does not recognise it uses the length, which covers all the
    bytes."""
    return lambda o, s: o.framed(length(END + s), coding, follow=END + s)


def long_chunk(size):
    """A chunk whose size some programs would read as a small number or as zero."""
    return lambda o, s: o.framed(CHUNKED, follow=chunk(o.body, size) + END + s)


def replaced(old, new):
    return lambda o, s: o.framed(length(o.body)).replace(old, new, 1) + s


# o: the outer registration; s: the bytes of the smuggled registration.
FORMS = {
    "CL.TE": lambda o, s: o.framed(length(END + s), CHUNKED, follow=END + s),
    "TE.CL": lambda o, s: o.framed(CHUNKED, b"Content-Length: 4", follow=chunk(s) + END),
    "CL.0 with TE": lambda o, s: o.framed(b"Content-Length: 0", CHUNKED, follow=chunk(o.body) + END + s),
    "TE twice": lambda o, s: o.framed(CHUNKED, b"Transfer-Encoding: identity", follow=chunk(o.body) + END + s),
    "TE twice, alike": lambda o, s: o.framed(CHUNKED, CHUNKED, follow=chunk(o.body) + END + s),
    "CL twice, shorter first": lambda o, s: o.framed(length(o.body), length(o.body + s), follow=o.body + s),
    "CL twice, longer first": lambda o, s: o.framed(length(o.body + s), length(o.body), follow=o.body + s),
    "CL twice, alike": lambda o, s: o.framed(length(o.body), length(o.body), follow=o.body + s),
    "CL list": lambda o, s: o.framed(b"%s, %d" % (length(o.body), len(o.body + s)), follow=o.body + s),
    "CL list, alike": lambda o, s: o.framed(b"%s, %d" % (length(o.body), len(o.body)), follow=o.body + s),
    "CL with a sign": lambda o, s: o.framed(b"Content-Length: +%d" % len(o.body)) + s,
    "CL negative": lambda o, s: o.framed(b"Content-Length: -1") + s,
    "CL in hexadecimal": lambda o, s: o.framed(b"Content-Length: 0x%x" % len(o.body)) + s,
    "CL with a space in it": lambda o, s: o.framed(b"Content-Length: %d 0" % len(o.body)) + s,
    "CL beyond 64 bits": lambda o, s: o.framed(b"Content-Length: %d" % (2 ** 64 + len(o.body))) + s,
    "CL empty": lambda o, s: o.framed(b"Content-Length:") + s,
    "CL with space before the colon": lambda o, s: o.framed(b"Content-Length : 0") + s,
    "CL folded": lambda o, s: o.framed(b"Content-Length:", b" %d" % len(o.body)) + s,
    "CL behind NUL": lambda o, s: o.framed(b"X: a\0", length(o.body)) + s,
    "xchunked": hidden(b"Transfer-Encoding: xchunked"),
    "quoted chunked": hidden(b'Transfer-Encoding: "chunked"'),
    "chunked and a parameter": hidden(CHUNKED + b";a=b"),
    "chunked not last": hidden(CHUNKED + b", identity"),
    "chunked last": hidden(b"Transfer-Encoding: identity, chunked"),
    "TE with space before the colon": hidden(b"Transfer-Encoding : chunked"),
    "TE with a tab before the colon": hidden(b"Transfer-Encoding\t: chunked"),
    "TE on a folded line": hidden(b"X: y\r\n Transfer-Encoding: chunked"),
    "TE with a folded value": hidden(b"Transfer-Encoding:\r\n chunked"),
    "TE behind a bare LF": hidden(b"X: y\nTransfer-Encoding: chunked"),
    "TE behind a bare CR": hidden(b"X: y\rTransfer-Encoding: chunked"),
    "TE with a bare LF in its name": hidden(b"Transfer-Encoding\n: chunked"),
    "TE with a vertical tab": hidden(b"Transfer-Encoding: \x0bchunked"),
    "TE with NUL": hidden(b"Transfer-Encoding: chunked\0"),
    "TE with NUL in its name": hidden(b"Transfer-Encoding\0: chunked"),
    "TE behind an empty name": hidden(b": x\r\n" + CHUNKED),
    "TE in HTTP/1.0": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body) + END + s).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunk size beyond 64 bits": long_chunk(b"10000000000000000"),
    "chunk size beyond 32 bits": long_chunk(b"100000005"),
    "chunk size of all bits": long_chunk(b"FFFFFFFFFFFFFFFF"),
    "chunk size with a sign": long_chunk(b"+5"),
    "chunk size with 0x": long_chunk(b"0x5"),
    "chunk size behind a space": long_chunk(b" 5"),
    "chunk size with a line end in its extension": long_chunk(b"5;\n"),
    "chunk size with CR in its extension": long_chunk(b"5;a\rb"),
    "chunk size with LF alone": lambda o, s: o.framed(CHUNKED, follow=b"0\n\r\n" + s),
    "chunk too short for its size": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body, b"1") + END + s),
    "chunk without its line end": lambda o, s: o.framed(CHUNKED, follow=b"%x\r\n" % len(o.body) + o.body + END + s),
    "chunk ending in LF": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body)[:-2] + b"\n" + END + s),
    "end of chunks in LF": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body) + b"0\n\n" + s),
    "trailer folded": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body) + b"0\r\nX: y\r\n Z: w\r\n\r\n" + s),
    "trailer without a colon": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body) + b"0\r\n" + s),
    "trailer that begins with LF": lambda o, s: o.framed(CHUNKED, follow=chunk(o.body) + b"0\r\n\n" + s),
    "all lines end in LF": lambda o, s: o.framed(length(o.body), follow=b"").replace(b"\r\n", b"\n") + o.body + s,
    "head ends in LF": lambda o, s: o.framed(length(o.body), follow=b"")[:-2] + b"\n" + o.body + s,
    "request line ends in LF": replaced(b"\r\n", b"\n"),
    "request line with two spaces": replaced(b" HTTP/1.1", b"  HTTP/1.1"),
    "request line with a tab": replaced(b"POST /users", b"POST\t/users"),
    "request line with CR": replaced(b"/users ", b"/users\r "),
    "another version": replaced(b"HTTP/1.1", b"HTTP/1.10"),
    "HTTP/2's version": replaced(b"HTTP/1.1", b"HTTP/2.0"),
    "two hosts": replaced(b"Host: ", b"Host: other.example\r\nHost: "),
    "two hosts, alike": lambda o, s: o.framed(b"Host: " + o.head.split(b"Host: ")[1].split(b"\r\n")[0],
                                              length(o.body)) + s,
    "two hosts on one line": replaced(b"Host: ", b"Host: other.example "),
    "no host": replaced(b"Host: ", b"X-Host: "),
    "absolute form with another host": replaced(b"POST /", b"POST http://other.example/"),
    "absolute form with a user": replaced(b"POST /", b"POST http://user@127.0.0.1/"),
    "name with a space in it": replaced(b"Host: ", b"X Y: z\r\nHost: "),
    "line without a colon": replaced(b"Host: ", b"nothing\r\nHost: "),
    "control character": replaced(b"Host: ", b"X: \x01\r\nHost: "),
    "more empty lines than may be": lambda o, s: b"\r\n" * 3 + o.framed(length(o.body)) + s,
}


@pytest.mark.parametrize("name", FORMS)
def test_smuggled_request_has_no_effect(registry, name):
    outer, inner = Registration(registry), Registration(registry)
    response, closed = exchange(registry, FORMS[name](outer, inner.whole))
    assert response.status == 400 and closed, response
    check_response(response, malformed=True)
    client = Client(registry, OPERATOR)
    assert client.find(outer.email) == [] and client.find(inner.email) == []


@pytest.mark.parametrize("size", [65537, 10 ** 15, 2 ** 64 - 1])
def test_request_after_a_too_large_body_has_no_effect(registry, size):
    outer, inner = Registration(registry), Registration(registry)
    response, closed = exchange(registry, outer.framed(b"Content-Length: %d" % size) + inner.whole)
    assert response.status == 413 and closed
    response, closed = exchange(registry, outer.framed(CHUNKED, follow=b"FFFFFFF\r\n" + inner.whole))
    assert response.status == 413 and closed
    assert Client(registry, OPERATOR).find(inner.email) == []


def test_request_after_connection_close_has_no_effect(registry):
    outer, inner = Registration(registry), Registration(registry)
    response, closed = exchange(registry, outer.framed(length(outer.body), b"Connection: close") + inner.whole)
    assert response.status == 201 and closed
    client = Client(registry, OPERATOR)
    assert client.find(outer.email) and client.find(inner.email) == []


@pytest.mark.parametrize("line", [b"GET /users HTTP/1.1", b"DELETE /users HTTP/1.1", b"HEAD /nowhere HTTP/1.1",
                                  b"OPTIONS * HTTP/1.1", b"POST /users HTTP/1.1"])
def test_request_within_a_body_has_no_effect(registry, line):
    """This includes requests that have no body by definition. The connection stays usable after the body."""
    inner = Registration(registry)
    for framing, body in ((length(inner.whole), inner.whole), (CHUNKED, chunk(inner.whole) + END)):
        with RawConnection(registry) as connection:
            connection.send(line + b"\r\nHost: x\r\n" + framing + b"\r\n\r\n" + body)
            connection.read_response(to_head=line.startswith(b"HEAD"))
            connection.send(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.read_response().status == 404
    assert Client(registry, OPERATOR).find(inner.email) == []


def test_smuggled_request_works_after_a_valid_request(registry):
    """After a valid request, the same bytes are a request of their own. This shows that the tests above can fail."""
    for framing in (lambda o: o.whole, lambda o: o.framed(CHUNKED, follow=chunk(o.body) + END)):
        outer, inner = Registration(registry), Registration(registry)
        with RawConnection(registry) as connection:
            connection.send(framing(outer) + inner.whole)
            assert [connection.read_response().status for _ in range(2)] == [201, 201]
        client = Client(registry, OPERATOR)
        assert client.find(outer.email) and client.find(inner.email)


def test_no_other_user_was_registered(registry):
    """The events show that nothing else was ever written. The tests above register at most five users."""
    users = {user["userId"] for user in Client(registry, OPERATOR).list_users()}
    wait_until(lambda: {event["detail"]["userId"] for event in registry.events()} == users)
    assert len(registry.events()) == len(users) <= 5
