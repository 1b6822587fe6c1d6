"""A small runtime interface of AWS Lambda: hands out the given events, keeps what is answered, and goes away
when there are no more events, so that the function ends."""
import http.server
import json
import queue
import threading
import time

LONGEST_INVOCATION = 30  # seconds


class RuntimeApi:
    """`with RuntimeApi([event, ...]) as runtime`: for one function, which is told runtime.address. Afterwards
    `answers` has one object for each event that was answered, `init_errors` what was posted there, and
    `refused` the paths that the interface does not have. Where `events` yields one after the other, `reports` has
    what was posted for each of them, for whoever waits: (kind, body)."""

    def __init__(self, events):
        self.events = iter(events)
        self.handed_out = 0
        self.reports = queue.Queue()
        self.answers, self.init_errors, self.failures, self.refused = [], [], [], []
        runtime = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                runtime.next(self)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                runtime.take(self, json.loads(body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def next(self, handler):
        if handler.path != "/2018-06-01/runtime/invocation/next":
            self.refused.append(handler.path)
        event = None if self.refused else next(self.events, None)
        if event is None:
            handler.close_connection = True  # without an answer
            return
        event = json.dumps(event).encode()
        self.handed_out += 1
        handler.send_response(200)
        handler.send_header("Lambda-Runtime-Aws-Request-Id", "request-%d" % self.handed_out)
        deadline = int((time.time() + LONGEST_INVOCATION) * 1000)
        handler.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
        handler.send_header("Content-Length", str(len(event)))
        handler.end_headers()
        handler.wfile.write(event)

    def take(self, handler, body):
        here = "/2018-06-01/runtime/invocation/request-%d/" % self.handed_out
        places = {"/2018-06-01/runtime/init/error": ("init", self.init_errors),
                  here + "response": ("response", self.answers), here + "error": ("error", self.failures)}
        kind, place = places.get(handler.path, ("refused", self.refused))
        place.append(body)
        self.reports.put((kind, body))
        handler.send_response(202)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
