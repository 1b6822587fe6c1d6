"""The server closes slow and idle connections. Otherwise each would occupy a place forever. A header may take 10
seconds, a body 20, reading a response 30, and a connection may be idle for 75. The upper bounds are generous, because
machines are slow. The lower bounds are the times that the contract grants to the caller."""

import time

import pytest
from client import Client
from people import OPERATOR
from rawhttp import RawConnection, signed_request
from waits import BODY, LONGEST

HEAD, BODY_TIME, IDLE = (9, 40), (19, 60), (70, 110)  # seconds: lower and upper bound
EXPECTED = {
    "idle from the start": (9, 110), "idle after a response": IDLE, "idle after many responses": IDLE,
    "one byte of a head": HEAD, "half a head": HEAD, "head without its end": HEAD, "dripping head": HEAD,
    "second head": HEAD, "dripping second head": HEAD, "no body": BODY_TIME, "dripping body": BODY_TIME,
    "never reading": (29, 100), "dripping chunks": BODY_TIME, "expects 100": BODY_TIME, "rejected and silent": (0, 40),
    "rejected and dripping": (0, 40), "tls without a byte": (9, 110), "tls half a hello": HEAD,
    "tls dripping hello": (9, 110),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_connection_is_closed_in_time(long_waits, name):
    wait = long_waits.all[name]
    least, most = EXPECTED[name]
    wait.join(max(0, wait.begin + most - time.monotonic()) + 5)
    assert wait.lived is not None, "still open"
    assert least <= wait.lived <= most
    assert all(status in (100, 400, 401) for status in wait.statuses)


def test_every_wait_has_expected_bounds(long_waits):
    assert set(long_waits.all) == set(EXPECTED) and max(most for _, most in EXPECTED.values()) < LONGEST


def test_slow_request_within_the_limit_is_served(long_waits):
    server = long_waits.plain
    data = signed_request(server, OPERATOR, "PUT", "/users/%s/status" % ("0" * 26), BODY)
    with RawConnection(server) as connection:
        for at in range(0, len(data), len(data) // 4):
            connection.send(data[at:at + len(data) // 4])
            time.sleep(0.4)
        assert connection.read_response().status == 404


def test_servers_still_work_and_stop_cleanly(long_waits):
    assert Client(long_waits.plain, OPERATOR).request("GET", "/users").status == 200
    long_waits.stop()
