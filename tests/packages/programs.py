"""Programs and servers that tests need, on free loopback ports."""
import contextlib
import http.client
import http.server
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

LONGEST_START = 60  # seconds
STARTS = 3  # another program may take the port in the meantime


class LoopbackServer:
    """An HTTP server on its own threads, from its construction until `close`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """The common base of all handlers."""
        protocol_version = "HTTP/1.1"

        def body(self):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def response(self, status, headers=(), body=b""):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.address = "127.0.0.1:%d" % self.port
        self.url = "http://" + self.address
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextlib.contextmanager
def responding(command):
    """Starts a command with `{port}` replaced by a free port. Yields its URL once it responds to HTTP."""
    for _ in range(STARTS):
        url, process = _start(command)
        try:
            if not _gets_ready(process, url):
                continue
            yield url
            return
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(LONGEST_START)
    raise AssertionError("%s does not start" % command[0])


def _start(command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([part.format(port=port) for part in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return "http://127.0.0.1:%d" % port, process


def _gets_ready(process, url):
    """If the process has ended, the response is another program's."""
    end = time.monotonic() + LONGEST_START
    while not _responses(url):
        if process.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.05)
    return process.poll() is None


def _responses(url):
    """An HTTP error is a response too."""
    try:
        urllib.request.urlopen(url, data=b"{}", timeout=5)
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True
