"""The throttle protects the service, and neither one caller nor an unsigned flood can starve the others. The rates here
are so low that no bucket refills while a test runs."""

import time

import pytest
from client import Client
from people import INACTIVE, NOBODY, OPERATOR, OTHER, SESSION_A, SESSION_B
from rawhttp import exchange, head
from signing import Key

SLOW = "0.001"  # tokens per second: about one in a quarter of an hour


def statuses(client, count, **how):
    return [client.request("GET", "/users", query="limit=1", **how).status for _ in range(count)]


@pytest.fixture
def throttled(make_server):
    """throttled(*options): the operator's client of a server with a throttle. There are no limits for each principal
    unless an option sets them."""
    def make(*options):
        if not any(option.startswith("--principal-") for option in options):
            options += ("--principal-rate", "0")
        return Client(make_server(*options, throttle=True), OPERATOR)
    return make


def test_requests_beyond_the_burst_are_429(throttled):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "5")
    assert statuses(client, 8) == [200] * 5 + [429] * 3
    response = client.request("GET", "/users")
    assert response.code == "THROTTLED" and 1 <= int(response.headers["retry-after"]) <= 1000
    # All signed callers and all operations share one bucket.
    assert statuses(client, 1, principal=OTHER) == [429]
    assert client.request("POST", "/users", {}).status == 429


def test_request_succeeds_after_retry_after(throttled):
    client = throttled("--throttle-rate", "2", "--throttle-burst", "1")
    while True:
        response = client.request("GET", "/users")
        if response.status == 429:
            break
    time.sleep(int(response.headers["retry-after"]))
    assert statuses(client, 1) == [200]


def test_throttled_write_has_no_effect(throttled):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "3")
    made = [client.request("POST", "/users", {"idempotencyKey": "k%d" % number, "email": "u%d@x" % number,
                                              "name": "x"}).status for number in range(6)]
    assert made == [201] * 3 + [429] * 3
    client.server.stop()
    client.server.start()  # the bucket is full again
    assert [user["email"] for user in client.list_users()] == ["u0@x", "u1@x", "u2@x"]


def test_unsigned_flood_does_not_starve_signed_callers(throttled):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "4")
    assert statuses(client, 8, signed=False) == [401] * 4 + [429] * 4
    wrong = Key(OPERATOR.id, "a-wrong-secret-key")
    assert statuses(client, 2, principal=wrong) == [429] * 2
    assert statuses(client, 2, principal=INACTIVE) == [429] * 2
    assert statuses(client, 5) == [200] * 4 + [429]


def test_signed_flood_does_not_throttle_unsigned_requests(throttled):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "4")
    assert statuses(client, 5) == [200] * 4 + [429]
    assert statuses(client, 5, signed=False) == [401] * 4 + [429]


def test_requests_without_a_caller_share_one_bucket(throttled):
    """The bucket covers 400, 401, 404, 405, 413 and 431."""
    kinds = [head("GET", "/nowhere", [("Host", "x")]), head("PUT", "/users", [("Host", "x")]),
             head("GET", "/users", [("Host", "x"), ("Host", "y")]),
             head("POST", "/users", [("Host", "x"), ("Content-Length", "65537")]),
             head("GET", "/users", [("Host", "x"), ("X-Padding", "x" * 17000)]), head("GET", "/users", [("Host", "x")])]
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", str(len(kinds)))

    def responses():
        return [exchange(client.server, data)[0] for data in kinds]

    assert [response.status for response in responses()] == [404, 405, 400, 413, 431, 401]
    for response in responses():
        assert response.status == 429 and response.code == "THROTTLED" and int(response.headers["retry-after"]) >= 1
    # A signed request to an unknown route has no authenticated caller either.
    assert client.request("GET", "/nowhere").status == 429
    assert statuses(client, 1) == [200]


def test_forbidden_requests_use_tokens(throttled):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "3")
    assert statuses(client, 4, principal=NOBODY) == [403] * 3 + [429]


def test_each_principal_has_its_own_bucket(throttled):
    client = throttled("--throttle-rate", "0", "--principal-rate", SLOW, "--principal-burst", "3")
    assert statuses(client, 5) == [200] * 3 + [429] * 2
    assert statuses(client, 5, principal=OTHER) == [200] * 3 + [429] * 2
    # A session is a separate principal, because it has a different ARN.
    assert statuses(client, 4, principal=SESSION_A) == [200] * 3 + [429]
    assert statuses(client, 4, principal=SESSION_B) == [200] * 3 + [429]
    assert statuses(client, 20, signed=False) == [401] * 20  # --throttle-rate 0 disables that, too


def test_throttled_principal_uses_no_shared_tokens(throttled):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "5", "--principal-rate", SLOW,
                       "--principal-burst", "2")
    assert statuses(client, 10) == [200] * 2 + [429] * 8
    assert statuses(client, 5, principal=OTHER) == [200] * 2 + [429] * 3
    assert statuses(client, 2, principal=SESSION_A) == [200, 429]  # the fifth request in total


def test_principal_gets_half_of_the_rate_by_default(make_server):
    """With these defaults, one caller never starves the others."""
    client = Client(make_server("--throttle-rate", SLOW, "--throttle-burst", "10", throttle=True), OPERATOR)
    assert statuses(client, 8) == [200] * 5 + [429] * 3
    assert statuses(client, 7, principal=OTHER) == [200] * 5 + [429] * 2


def test_principal_without_permission_leaves_half_of_the_rate(make_server):
    client = Client(make_server("--throttle-rate", SLOW, "--throttle-burst", "10", throttle=True), OPERATOR)
    assert statuses(client, 20, principal=NOBODY) == [403] * 5 + [429] * 15
    assert statuses(client, 6) == [200] * 5 + [429]


def test_each_default_is_half_independently(throttled):
    client = throttled("--throttle-rate", "0", "--throttle-burst", "6", "--principal-rate", SLOW)
    assert statuses(client, 5) == [200] * 3 + [429] * 2


def test_rate_zero_disables_the_throttle(client):
    assert set(statuses(client, 300)) == {200}


def test_default_throttle_admits_a_burst(throttled):
    client = throttled()
    assert set(statuses(client, 500)) == {200}


def test_admin_address_is_not_throttled(throttled):
    import http.client
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "1")
    assert statuses(client, 2) == [200, 429]
    connection = http.client.HTTPConnection(client.server.admin_host, client.server.admin_port, timeout=30)
    for _ in range(5):
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        response.read()
        assert response.status == 200


def test_burst_from_many_threads_is_exact(throttled, together):
    client = throttled("--throttle-rate", SLOW, "--throttle-burst", "50")
    counts = [status for result in together(8, lambda _: statuses(client, 12)) for status in result]
    assert counts.count(200) == 50 and counts.count(429) == 8 * 12 - 50
