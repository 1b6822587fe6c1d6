"""HTTP as raw bytes, for requests that no well-behaved client sends."""

import contextlib
import socket
import ssl

from client import Response
from leaks import sensitive_parts
from signing import hand_sign

TIMEOUT = 30


def head(method, target, headers, version="HTTP/1.1"):
    lines = ["%s %s %s" % (method, target, version)] + ["%s: %s" % pair for pair in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def signed_request(server, key, method, target, body=b"", headers=(), version="HTTP/1.1", frame=True):
    """The bytes of a signed request. Without `frame` there is no Content-Length and no body."""
    pairs = [("Host", server.authority), *headers]
    if body and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(("Content-Type", "application/json"))
    pairs = hand_sign(key, method, target, pairs, body)
    if body and frame:
        pairs.append(("Content-Length", str(len(body))))
    return head(method, target, pairs, version) + (body if frame else b"")


def chunked_request(server, key, target, *pieces, headers=()):
    """A signed PUT whose body is sent in these chunks."""
    text = signed_request(server, key, "PUT", target, b"".join(pieces), headers, frame=False)
    data = text[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
    for piece in pieces:
        data += b"%x\r\n%s\r\n" % (len(piece), piece)
    return data + b"0\r\n\r\n"


class RawConnection:
    """A socket that reads one response after the other."""

    def __init__(self, server, timeout=TIMEOUT, cafile=None):
        self.server = server
        self.socket = socket.create_connection((server.host, server.port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if cafile:
            context = ssl.create_default_context(cafile=str(cafile))
            self.socket = context.wrap_socket(self.socket, server_hostname=server.host)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.server.observed |= sensitive_parts(data)
        self.socket.sendall(data)

    def send_quietly(self, data):
        """Sends as much as the other side accepts."""
        with contextlib.suppress(OSError):
            self.send(data)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def read_response(self, to_head=False):
        """The next response, which may be an interim one. `to_head`: it responds to a HEAD and has no body."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                raise EOFError("closed before a response; got %r" % self.buffer[:500])
        text, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = text.decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            assert name.lower() not in headers, "repeated: " + line
            headers[name.lower()] = value.strip()
        status = int(status)
        length = 0 if status < 200 or to_head else int(headers["content-length"])
        while len(self.buffer) < length:
            if not self._more():
                raise EOFError("closed in the middle of a body")
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Response(status, headers, body)

    def is_closed(self):
        """Waits for the end of the stream. False if more bytes arrive first."""
        if self.buffer:
            return False
        while True:
            if not self._more():
                return True
            return False


def exchange(server, data, cafile=None):
    """Sends the bytes on a new connection. Returns the first response, and whether the connection closed after it
    without another byte."""
    with RawConnection(server, cafile=cafile) as connection:
        connection.send_quietly(data)
        response = connection.read_response()
        closes = response.headers.get("connection") == "close"
        return response, closes and connection.is_closed()
