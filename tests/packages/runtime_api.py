"""A small runtime API of AWS Lambda. It returns the given events, keeps the responses, and closes the connection after
the last event, so that the function ends."""
import json
import queue
import time

from programs import LoopbackServer

LONGEST_INVOCATION = 30  # seconds


class RuntimeApi:
    """`with RuntimeApi([event, ...]) as runtime`: serves one function, which gets runtime.address. Afterwards,
    `responses` contains one object for each event with a response, `init_errors` contains the posted initialisation
    errors, and `rejected` contains the unknown paths. If `events` is an iterator that yields while the function runs, a
    caller can wait on `reports` for what was posted for each event: (kind, body)."""

    def __init__(self, events):
        self.events = iter(events)
        self.handed_out = 0
        self.reports = queue.Queue()
        self.responses, self.init_errors, self.failures, self.rejected = [], [], [], []
        runtime = self

        class Handler(LoopbackServer.Handler):
            def do_GET(self):
                runtime.next(self)

            def do_POST(self):
                runtime.take(self, json.loads(self.body()))

        self.server = LoopbackServer(Handler)
        self.address = self.server.address

    def next(self, handler):
        if handler.path != "/2018-06-01/runtime/invocation/next":
            self.rejected.append(handler.path)
        event = None if self.rejected else next(self.events, None)
        if event is None:
            handler.close_connection = True  # without a response
            return
        event = json.dumps(event).encode()
        self.handed_out += 1
        deadline = int((time.time() + LONGEST_INVOCATION) * 1000)
        handler.response(200, [("Lambda-Runtime-Aws-Request-Id", "request-%d" % self.handed_out),
                               ("Lambda-Runtime-Deadline-Ms", str(deadline))], event)

    def take(self, handler, body):
        here = "/2018-06-01/runtime/invocation/request-%d/" % self.handed_out
        places = {"/2018-06-01/runtime/init/error": ("init", self.init_errors),
                  here + "response": ("response", self.responses), here + "error": ("error", self.failures)}
        kind, place = places.get(handler.path, ("rejected", self.rejected))
        place.append(body)
        self.reports.put((kind, body))
        handler.response(202)

    def close(self):
        self.server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
