"""The response to a rejected request tells the caller what to change, and the log tells the operator who was rejected
and why. Neither may contain a secret. The log must not grow with a flood of rejected requests."""

import hashlib
import json

import pytest
from client import Client
from harness import Server
from people import EXPIRED, INACTIVE, NOBODY, OPERATOR, SESSION_A, standard_principals, write_principals
from rawhttp import RawConnection, exchange, head, signed_request
from signing import Key, canonical_query, hand_sign, utc_now

UNKNOWN = Key("AKIANOBODYKNOWSIT000", OPERATOR.secret)
WRONG = Key(OPERATOR.id, "a-wrong-secret-key")
SENT_WITHOUT = {"unsigned": [("X-Amz-Meta", "1")]}

# The reason in the log, the claimed access key id there, the header that the message names, and the request.
KINDS = {
    "unknown": ("unknown_key", UNKNOWN.id, "Authorization", {"key": UNKNOWN}),
    "inactive": ("inactive", INACTIVE.id, "Authorization", {"key": INACTIVE}),
    "expired": ("expired", EXPIRED.id, "Authorization", {"key": EXPIRED}),
    "late": ("clock", OPERATOR.id, "X-Amz-Date", {"when": utc_now(-7200)}),
    "undated": ("clock", OPERATOR.id, "X-Amz-Date", {"date_header": False}),
    "region": ("scope", OPERATOR.id, "Authorization", {"region": "eu-central-1"}),
    "service": ("scope", OPERATOR.id, "Authorization", {"service": "s3"}),
    "secret": ("mismatch", OPERATOR.id, "Authorization", {"key": WRONG}),
    "token missing": ("token", SESSION_A.id, "X-Amz-Security-Token", {"key": Key(SESSION_A.id, SESSION_A.secret)}),
    "token wrong": ("token", SESSION_A.id, "X-Amz-Security-Token",
                    {"key": Key(SESSION_A.id, SESSION_A.secret, SESSION_A.token + "-and-more")}),
    "token too many": ("token", OPERATOR.id, "X-Amz-Security-Token",
                       {"key": Key(OPERATOR.id, OPERATOR.secret, "token-for-nothing")}),
    "unsigned": ("unsigned_header", OPERATOR.id, "x-amz-meta", SENT_WITHOUT),
    "absent": ("unsigned_header", OPERATOR.id, "x-not-sent", {"signed": ["host", "x-amz-date", "x-not-sent"]}),
    "no host": ("unsigned_header", OPERATOR.id, "host", {"signed": ["x-amz-date"]}),
    "hash": ("body_hash", OPERATOR.id, "X-Amz-Content-Sha256",
             {"headers": [("X-Amz-Content-Sha256", hashlib.sha256(b"x").hexdigest())]}),
    "odd key id": ("unknown_key", None, "Authorization", {"key": Key("short<id>", OPERATOR.secret)}),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A separate server, because earlier tests on the session's server may cause lines to be omitted."""
    directory = tmp_path_factory.mktemp("rejections")
    own = Server(directory, "--principals", write_principals(directory / "principals.json", standard_principals()))
    own.start()
    yield own
    own.stop()


def send(server, key=OPERATOR, target="/users?limit=1", headers=(), unsigned=(), **how):
    pairs = hand_sign(key, "GET", target, [("Host", server.authority), *headers], **how)
    return exchange(server, head("GET", target, pairs + list(unsigned) + [("Connection", "close")]))[0]


def line_of(server, response):
    return server.line_of_request(response.headers["x-correlation-id"])


@pytest.mark.parametrize("name", KINDS)
def test_response_and_log_give_the_reason(server, name):
    reason, claimed, header, how = KINDS[name]
    response = send(server, **how)
    assert response.status == 401 and response.code == "AUTHENTICATION_ERROR"
    assert header.lower() in response.json["message"].lower(), response
    line = line_of(server, response)
    assert line["reason"] == reason and line.get("claimedAccessKeyId") == claimed
    assert line["address"] == "127.0.0.1"
    assert "principal" not in line and "accessKeyId" not in line


@pytest.mark.parametrize("authorization", [None, "Basic Og==", "AWS4-HMAC-SHA256 x"])
def test_missing_signature_is_reported(server, authorization):
    pairs = [("Authorization", authorization)] if authorization else []
    response, _ = exchange(server, head("GET", "/users", [("Host", "x"), ("Connection", "close"), *pairs]))
    assert response.status == 401 and "The header Authorization " in response.json["message"]
    line = line_of(server, response)
    assert line["reason"] == "no_signature" and "claimedAccessKeyId" not in line


def test_messages_distinguish_unknown_inactive_and_expired_keys(server):
    messages = {send(server, key=key).json["message"] for key in (UNKNOWN, INACTIVE, EXPIRED)}
    assert len(messages) == 3


# --- the server's canonical request

def shown(response):
    assert response.status == 401 and list(response.json["details"]) == ["canonicalRequest", "stringToSign"], response
    return response.json["details"]


def test_mismatch_shows_the_canonical_request(server):
    target = "/users?status=active&limit=1"
    pairs = hand_sign(WRONG, "GET", target, [("Host", server.authority), ("X-Some", " two   words ")])
    details = shown(exchange(server, head("GET", target, pairs + [("Connection", "close")]))[0])
    stamp = dict(pairs)["X-Amz-Date"]
    canonical = "\n".join(["GET", "/users", "limit=1&status=active", "host:" + server.authority,
                           "x-amz-date:" + stamp, "x-some:two words", "", "host;x-amz-date;x-some",
                           hashlib.sha256(b"").hexdigest()])
    assert details["canonicalRequest"] == canonical
    assert details["stringToSign"] == "\n".join([
        "AWS4-HMAC-SHA256", stamp, stamp[:8] + "/us-east-1/execute-api/aws4_request",
        hashlib.sha256(canonical.encode()).hexdigest()])


def test_mismatch_of_an_unknown_key_shows_nothing(server):
    assert send(server, key=UNKNOWN).json["details"] == {}


def test_canonical_request_contains_no_secret(server):
    key = Key(SESSION_A.id, "a-wrong-secret-key", SESSION_A.token)
    right = dict(hand_sign(SESSION_A, "GET", "/users", [("Host", server.authority)]))["Authorization"][-64:]
    response = send(server, key=key, target="/users")
    canonical = shown(response)["canonicalRequest"]
    assert "x-amz-security-token:(not shown)\n" in canonical
    for secret in (SESSION_A.secret, SESSION_A.token, right):
        assert secret.encode() not in response.raw


def test_canonical_request_is_bounded_and_valid(server):
    response = send(server, key=WRONG, target="/users?x=" + "%20" * 4000, headers=[("X-Odd", "\u00ff\u00fe")])
    details = shown(response)
    assert len(details["canonicalRequest"]) < 9000 and details["canonicalRequest"].endswith("(cut)")
    response = send(server, key=WRONG, headers=[("X-Odd", "\u00ff\u00fe")])
    assert "x-odd:??\n" in shown(response)["canonicalRequest"]


@pytest.mark.parametrize("query,is_told", [("email=a+b@c.example", True), ("email=a%2Bb@c.example", False)])
def test_a_plus_in_the_query_is_explained(server, query, is_told):
    message = send(server, key=WRONG, target="/users?" + query).json["message"]
    assert ("%20" in message and "%2B" in message) == is_told


def test_more_than_128_parameters_are_not_sorted(server):
    """Sorting the query of a possibly forged request must be cheap, so many parameters are used in the order sent."""
    names = ["p%03d=" % number for number in range(200)]
    for query, form in (("&".join(names), canonical_query), ("&".join(reversed(names)), lambda text: text)):
        assert send(server, target="/users?" + query, query_form=form).status == 400
    response = send(server, target="/users?" + "&".join(reversed(names)))
    assert response.status == 401 and "more than 128 parameters" in response.json["message"]
    assert send(server, target="/users?" + "&".join(reversed(names[:128]))).status == 400


# --- headers that clients add after signing

def test_hash_and_token_may_be_unsigned(server):
    token = [("X-Amz-Security-Token", SESSION_A.token)]
    body_hash = [("X-Amz-Content-Sha256", hashlib.sha256(b"").hexdigest())]
    assert send(server, unsigned=body_hash).status == 200
    assert send(server, key=SESSION_A, signed=["host", "x-amz-date"]).status == 200
    assert send(server, key=Key(SESSION_A.id, SESSION_A.secret), unsigned=token + body_hash).status == 200
    wrong = [("X-Amz-Content-Sha256", hashlib.sha256(b"x").hexdigest())]
    assert line_of(server, response := send(server, unsigned=wrong))["reason"] == "body_hash" and response.status == 401
    assert send(server, unsigned=[("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]).status == 401
    assert send(server, unsigned=token).status == 401


# --- hosts

def test_host_list_is_enforced(make_server):
    server = make_server("--host", "users.example.com", "--host", "api.example.com:8443")

    def status(host):
        pairs = hand_sign(OPERATOR, "GET", "/users", [("Host", host)])
        return exchange(server, head("GET", "/users", pairs + [("Connection", "close")]))[0]

    for host in ("users.example.com", "USERS.example.com:1234", "api.example.com:8443"):
        assert status(host).status == 200
    for host in (server.authority, "api.example.com", "api.example.com:443", "evil-users.example.com", "localhost"):
        response = status(host)
        assert response.status == 401 and "Host" in response.json["message"]
        assert line_of(server, response)["reason"] == "host"


def test_configuration_can_set_the_host_list(make_server, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"host": ["a.example", "b.example:1"]}))
    server = make_server("--config", config)
    assert send(server).status == 401
    pairs = hand_sign(OPERATOR, "GET", "/users", [("Host", "b.example:1")])
    assert exchange(server, head("GET", "/users", pairs + [("Connection", "close")]))[0].status == 200


@pytest.mark.parametrize("host,status", [
    ("127.0.0.1", 200), ("127.0.0.1:9", 200), ("localhost", 200), ("LOCALHOST:80", 200), ("[::1]", 200),
    ("[::1]:8080", 200), ("10.0.0.7:1", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403),
    ("localhost.evil.example:80", 403), ("", 403), ("1", 403), ("::1", 403), ("[evil]", 403)])
def test_admin_address_accepts_only_local_hosts(server, host, status):
    """A web page that reaches the port through its own host name (DNS rebinding) sends that name."""
    class Admin:
        host, port, observed = server.admin_host, server.admin_port, server.observed
    data = head("GET", "/healthz", [("Host", host), ("Connection", "close")])
    assert exchange(Admin, data)[0].status == status


# --- floods

PIPELINED, ROUNDS = 200, 40


def flood(server, data, closes=False):
    """Sends the request repeatedly. Returns the number of responses."""
    count = 0
    if closes:
        for _ in range(1000):
            exchange(server, data)
            count += 1
        return count
    with RawConnection(server) as connection:
        for _ in range(ROUNDS):
            connection.send(data * PIPELINED)
            for _ in range(PIPELINED):
                connection.read_response()
                count += 1
    return count


FLOODS = {
    "401": (head("GET", "/users", [("Host", "x")]), False),
    "404": (head("GET", "/nowhere", [("Host", "x")]), False),
    "405": (head("PUT", "/users", [("Host", "x")]), False),
    "400": (head("GET", "/users", [("Host", "x"), ("Host", "y")]), True),
    "413": (head("POST", "/users", [("Host", "x"), ("Content-Length", "65537")]), True),
}


@pytest.mark.parametrize("name", FLOODS)
def test_flood_is_counted_instead_of_logged(make_server, name):
    """Above a certain rate, rejections are counted instead of logged. The lines and the counts add up to all
    requests."""
    server = make_server("--throttle-rate", "1000", throttle=True)
    count = flood(server, *FLOODS[name])
    lines = server.stop()
    written = [line for line in lines if line["event"] == "request"]
    counts = [line["count"] for line in lines if line["event"] == "rejections_not_logged"]
    print("%s: %d requests, %d lines, %d counts, %d bytes" % (name, count, len(written), len(counts),
                                                            server.stderr_path.stat().st_size))
    assert {line.get("kind") for line in lines if line["event"] == "rejections_not_logged"} == {"unauthenticated"}
    assert len(written) + sum(counts) == count
    seconds = last_second(lines) - first_second(lines) + 2
    assert len(written) <= 200 + 100 * seconds and len(counts) <= seconds + 1


def first_second(lines):
    return seconds_of(lines[0])


def last_second(lines):
    return seconds_of(lines[-1])


def seconds_of(line):
    hours, minutes, seconds = line["time"][11:19].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def test_throttled_requests_are_counted_instead_of_logged(make_server):
    server = make_server("--principal-rate", "1", "--principal-burst", "5", throttle=True)
    count = flood(server, signed_request(server, NOBODY, "GET", "/users"))
    assert Client(server, OPERATOR).request("GET", "/users").status == 200
    lines = server.stop()
    written = [line for line in lines if line["event"] == "request" and line["status"] in (403, 429)]
    counts = [line["count"] for line in lines if line["event"] == "rejections_not_logged"]
    assert len(written) + sum(counts) == count and sum(counts) > 0
    # Every served request has its line.
    assert [line["principal"] for line in lines if line.get("status") == 200] == [OPERATOR.arn]
