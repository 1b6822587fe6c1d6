"""Shows that the load generator cannot hide errors and pauses of a server."""
import os
import signal
import threading
import time

from .machine import Failed, fresh_copy, loaded_data, run_tool
from .requests import load_command
from .servers import Nginx, Usersd, running

PAUSE_SECONDS = 0.5
RATE = 1000


def expect_failure(what, command, message="wrong responses; the first: 200"):
    try:
        run_tool(command)
    except Failed as failure:
        if message in str(failure):
            return
    raise Failed("the load generator does not detect " + what)


def selftest(sizes):
    """Not a measure: checks that wrong responses make a run invalid, and that an open loop counts a server's pause."""
    place = loaded_data(sizes.users)
    with running(Nginx("{}")) as server:
        expect_failure("a body that is not the user's", load_command(server, place, "get", 100))
        expect_failure("a status that is not 201", load_command(server, place, "create", 100))
        expect_failure("a body of another size", load_command(server, place, "get", 100, "--expect-bytes", "3"))
    with running(Usersd(fresh_copy(place))) as server:
        pause = threading.Timer(1.0, lambda: pause_server(server))
        pause.start()
        result = run_tool(load_command(server, place, "get", 3 * RATE, "--rate", RATE))
        pause.join()
        # Half of the requests that were due in the pause waited for at least half of it: one in twelve of all requests.
        if result["microseconds"]["p99"] < PAUSE_SECONDS / 2 * 1e6:
            raise Failed("a pause of %g s has no effect: p99 %g us" % (PAUSE_SECONDS, result["microseconds"]["p99"]))
        server.kill()
        expect_failure("a closed port", load_command(server, place, "get", 100), "connect: ")
    return []


def pause_server(server):
    os.kill(server.process.pid, signal.SIGSTOP)
    time.sleep(PAUSE_SECONDS)
    os.kill(server.process.pid, signal.SIGCONT)
