"""Connections that the server must close because they are slow or idle. They wait in the background from the beginning
of the session, so that no test has to wait 75 seconds. test_timeouts.py checks them at the end of the session."""

import threading
import time

from harness import Server, make_certificate
from people import OPERATOR, standard_principals, write_principals
from rawhttp import RawConnection, signed_request

UNSIGNED = b"GET /users HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b'{"status":"disabled"}'
LONGEST = 150  # seconds; no connection may stay open longer


class Wait(threading.Thread):
    """Sends `data`, reads `responses` responses, then sends one byte of `drip` each second until the server closes.
    `lived` is the time in seconds from `data` to the close. It is None while the connection is open."""

    def __init__(self, server, data=b"", drip=b"", responses=0):
        super().__init__(daemon=True)
        self.server, self.data, self.drip, self.responses = server, data, drip, responses
        self.statuses = []
        self.lived = None
        self.begin = time.monotonic()

    def run(self):
        with RawConnection(self.server) as connection:
            self.begin = time.monotonic()  # before the server's own clock starts
            connection.send(self.data)
            for _ in range(self.responses):
                self.statuses.append(connection.read_response().status)
            connection.socket.settimeout(1)
            for second in range(LONGEST):
                connection.send_quietly(self.drip[second:second + 1])
                try:
                    if not connection.socket.recv(4096):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            else:
                return
            self.lived = time.monotonic() - self.begin


class NeverReading(Wait):
    """Sends requests and reads no response. The server stops reading, and the time limit for writing applies."""

    def run(self):
        with RawConnection(self.server) as connection:
            self.begin = time.monotonic()
            connection.socket.settimeout(1)
            while time.monotonic() < self.begin + LONGEST:
                try:
                    connection.socket.sendall(self.data)
                except TimeoutError:
                    continue
                except OSError:
                    self.lived = time.monotonic() - self.begin
                    break


class Waits:
    def __init__(self, directory):
        file = write_principals(directory / "principals.json", standard_principals())
        self.plain = Server(directory / "plain", "--principals", file)
        self.plain.start()
        certificate, key = make_certificate(directory)
        self.tls = Server(directory / "tls", "--principals", file, "--tls-cert", certificate, "--tls-key", key)
        self.tls.start()
        request = signed_request(self.plain, OPERATOR, "PUT", "/users/%s/status" % ("0" * 26), BODY)
        head = request[:request.index(b"\r\n\r\n") + 4]
        # Signed, since a head that can be rejected is rejected before its body is read.
        length = b"\r\nContent-Length: %d\r\n" % len(BODY)
        assert length in head
        chunked = head.replace(length, b"\r\nTransfer-Encoding: chunked\r\n")
        big = head.replace(length, b"\r\nContent-Length: 1000\r\n")
        self.all = {
            "idle from the start": Wait(self.plain),
            "idle after a response": Wait(self.plain, UNSIGNED, responses=1),
            "idle after many responses": Wait(self.plain, UNSIGNED * 5, responses=5),
            "one byte of a head": Wait(self.plain, b"G"),
            "half a head": Wait(self.plain, head[:60]),
            "head without its end": Wait(self.plain, head[:-2]),
            "dripping head": Wait(self.plain, b"GET /users HTTP/1.1\r\nHost: x\r\n", b"X-Drip: " + b"x" * 200),
            "second head": Wait(self.plain, UNSIGNED + head[:60], responses=1),
            "dripping second head": Wait(self.plain, UNSIGNED, b"GET /users HTTP/1.1\r\nX-Drip: " + b"x" * 200,
                                         responses=1),
            "no body": Wait(self.plain, head),
            "dripping body": Wait(self.plain, big, b" " * 200),
            "dripping chunks": Wait(self.plain, chunked, b"1\r\nx\r\n" * 40),
            "expects 100": Wait(self.plain, head[:-2] + b"Expect: 100-continue\r\n\r\n", responses=1),
            "rejected and silent": Wait(self.plain, b"GET / HTTP/9.9\r\n\r\n", responses=1),
            "rejected and dripping": Wait(self.plain, b"GET / HTTP/9.9\r\n\r\n", b"x" * 200, responses=1),
            "never reading": NeverReading(self.plain, UNSIGNED * 100),
            "tls without a byte": Wait(self.tls),
            "tls half a hello": Wait(self.tls, b"\x16\x03\x01\x02\x00\x01"),
            "tls dripping hello": Wait(self.tls, b"\x16\x03\x01\x02\x00\x01", b"\x00" * 200),
        }
        for wait in self.all.values():
            wait.start()

    def stop(self):
        for server in (self.plain, self.tls):
            if server.running:
                server.stop()
