"""Logs are copied to many places and kept for years. The session's server must write JSON lines that are sufficient as
an audit log of reads. They must not contain a secret, a signature, a session token, an email address, a name, a
handle, a metadata value or a raw query. This file stops that server. test_nothing_leaks.py searches the output of all servers for
everything that was ever sent."""

import json
import re

import pytest
from botocore.auth import SigV4QueryAuth
from client import fresh_email
from harness import TIMESTAMP, ULID
from operations import OPERATIONS
from people import ALL_KEYS, INACTIVE, OPERATOR, READER, SESSION_A
from rawhttp import RawConnection
from signing import Key, boto_sign

FILTERS = {"status", "role", "createdFrom", "createdTo", "email", "externalId", "userName"}
CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/=+@-]{1,128}")
MARKER = "Hygiene-Marker-Value"


@pytest.fixture(scope="module")
def history(client, server):
    """Makes the last requests and stops the server. Returns the requests by correlation id, the log lines and a user
    id."""
    done = {}

    def call(method, path, body=None, caller=OPERATOR, **more):
        name = "hygiene/%d" % len(done)
        response = client.request(method, path, body, headers={"X-Correlation-Id": name}, principal=caller, **more)
        done[name] = (method, path, caller, response)
        return response

    email = fresh_email(MARKER)
    body = {"idempotencyKey": MARKER, "email": email, "name": MARKER + " Name", "metadata": {"k": MARKER + " metadata"},
            "externalId": MARKER + "|id", "userName": MARKER + ".user"}
    user_id = call("POST", "/users", body).json["userId"]
    path = "/users/" + user_id
    call("POST", "/users", body)
    call("POST", "/users", {**body, "name": MARKER + " Other", "surprise": MARKER})
    call("GET", path, caller=READER)
    call("GET", path + "/audit", caller=SESSION_A)
    call("GET", "/users", query={"email": email, "status": "active"})
    call("GET", "/users", query={"externalId": MARKER + "|id"})
    call("GET", "/users", query={"userName": MARKER + ".user", "role": MARKER.lower(), "limit": MARKER})
    call("GET", "/users", query={"role": MARKER.lower()})
    call("GET", "/users", query={"status": "deleted", "createdTo": MARKER})
    call("GET", "/users", query={MARKER: email})
    call("PATCH", path, {"idempotencyKey": "x", "name": MARKER + " New"}, caller=READER)
    call("PATCH", path, {"idempotencyKey": "x", "email": "@" + email, "userName": [MARKER], "externalId": MARKER * 20})
    call("PATCH", path, {"idempotencyKey": MARKER + "-2", "externalId": None, "userName": MARKER + ".new"})
    call("POST", "/users", {**body, "idempotencyKey": "y", "email": fresh_email(), "externalId": MARKER + "|id",
                            "userName": MARKER + ".new"})
    call("PUT", path + "/status", {"status": MARKER})
    call("POST", path + "/roles", {"role": MARKER})
    call("DELETE", path + "/roles/" + MARKER)
    call("GET", "/users/" + MARKER)
    call("GET", "/" + MARKER)
    call("GET", path, caller=Key(OPERATOR.id, MARKER + "-wrong-secret"))
    call("GET", path, caller=INACTIVE)
    call("GET", path, signed=False)
    call("PUT", path + "/status", {"status": "deleted"}, caller=SESSION_A)
    presigned = boto_sign(SESSION_A, "GET", server.url + "/users",
                          signer=lambda c, s, r: SigV4QueryAuth(c, s, r, expires=60))
    client.send("GET", presigned.url[len(server.url):], [])
    for data in (b"GET /%s?email=%s HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" % (MARKER.encode(), email.encode()),
                 b"%s %s\r\n\r\n" % (MARKER.encode(), email.encode())):
        with RawConnection(server) as connection:
            connection.send(data)
            connection.read_response()
    client.close()
    return done, server.stop(), user_id


def test_lines_have_the_documented_form(history):
    _, lines, _ = history
    assert len(lines) > 20
    for line in lines:
        assert TIMESTAMP.fullmatch(line["time"]) and line["event"]
        assert line["level"] in ("debug", "info", "warning", "error")
        if line["event"] != "request":
            continue
        assert set(line) <= {"time", "level", "event", "operation", "status", "code", "principal", "accessKeyId",
                             "userId", "address", "reason", "claimedAccessKeyId", "filters", "users", "replayed",
                             "correlationId", "microseconds"}
        assert line["address"] == "127.0.0.1"
        assert ("filters" in line) == (line["operation"] in ("users_list_query", "users_search"))
        assert set(line.get("filters", [])) <= FILTERS
        assert line["operation"] in OPERATIONS | {"none"} and 200 <= line["status"] <= 503
        assert CORRELATION_ID.fullmatch(line["correlationId"]) and line["microseconds"] >= 0
        assert "userId" not in line or ULID.fullmatch(line["userId"])
        assert ("code" in line) == (line["status"] >= 400)


def test_session_logged_no_warning_and_no_error(history):
    _, lines, _ = history
    assert [line for line in lines if line["level"] in ("warning", "error")] == []
    assert [line for line in lines if line.get("status", 0) >= 500] == []


def test_every_request_is_logged(history):
    done, lines, user_id = history
    by_id = {}
    for line in lines:
        if line["event"] == "request":
            by_id.setdefault(line["correlationId"], []).append(line)
    for name, (method, path, caller, response) in done.items():
        (line,) = by_id[name]
        assert line["status"] == response.status
        admitted = response.status not in (401,) and line["operation"] != "none"
        assert line.get("principal") == (caller.arn if admitted else None), line
        assert line.get("accessKeyId") == (caller.id if admitted else None), line
        if user_id in path:
            assert line["userId"] == user_id
        assert line.get("replayed", False) == response.replayed
    assert by_id["hygiene/0"][0]["userId"] == user_id  # known only from the response
    assert by_id["hygiene/3"][0]["operation"] == "users_profile_get"
    assert by_id["hygiene/4"][0]["operation"] == "users_audit_query"


def substance(lines):
    """The log without random values and values that the caller chose. Few distinct texts remain."""
    kept = set()
    for line in lines:
        line = {name: value for name, value in line.items()
                if name not in ("time", "correlationId", "userId", "microseconds")}
        kept.add(json.dumps(line, ensure_ascii=False))
    return "\n".join(sorted(kept))


def test_no_secrets_and_no_signatures(history, server):
    text = server.log_text()
    for key in ALL_KEYS:
        assert key.secret not in text
        assert key.token is None or key.token not in text
    assert "must-not-leak" not in text and MARKER not in text
    for word in ("AWS4-HMAC", "Signature=", "X-Amz-", "x-amz-", "Credential="):
        assert word not in text
    hashes = re.findall(r"[0-9a-f]{64}", text)
    assert hashes == [line["sha256"] for line in history[1] if line["event"] == "catalogue_loaded"]


def test_no_personal_data_and_no_raw_queries(history, server):
    _, lines, _ = history
    text = substance(lines)
    assert "@" not in text and "%40" not in text and "?" not in text
    whole = server.log_text()
    assert "blackbox.example" not in whole and "Lovelace" not in whole


def test_nothing_on_standard_output(history, server):
    assert json.loads(server.stdout_path.read_text()) == server.ready
