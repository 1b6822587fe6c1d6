"""Logs, events and metrics are copied to many places and kept for years. This file runs last. It searches the standard
error, standard output, event file and metrics of every server of the session, including killed ones and those of failed
tests. They must contain nothing private that a client has sent: no secret access key, session token, signature, email
address, name, handle, metadata value or query."""

import json
import re

import harness
import pytest
import signing
from leaks import SHORTEST, Haystack, sensitive_parts
from people import SESSION_A
from rawhttp import signed_request

SECRETS_IN_FILES = re.compile(r'(?:"secretAccessKey": *"|"sessionToken": *"|aws_secret_access_key *= *|user *= *"?[A-Za-z0-9_]+:)'
                              r'([^"\s]+)')


def secrets():
    """Every secret that a test or a server has created."""
    found = set()
    for key in signing.Key.ALL:
        found |= {("secret access key", key.secret), ("session token", key.token)}
    for server in harness.Server.ALL:
        for place in (server.directory, server.data):
            for file in (*place.glob("*.json"), *place.glob("credentials"), *place.glob("curlrc")):
                if file.is_file():
                    found |= {("secret", text) for text in SECRETS_IN_FILES.findall(file.read_text())}
    return {(kind, text) for kind, text in found if text and len(text) >= SHORTEST}


def haystack_of(servers, outputs):
    haystack = Haystack()
    for server in servers:
        for file in (*server.logs, *server.data.glob("audit-events*")):
            haystack.add(file.read_text(errors="replace"))
        for text in server.metrics:
            haystack.add(text)
    for text in outputs:
        haystack.add(text)
    return haystack


@pytest.fixture(scope="module")
def sent():
    return set().union(*(server.observed for server in harness.Server.ALL))


@pytest.fixture(scope="module")
def haystack():
    return haystack_of(harness.Server.ALL, harness.OUTPUTS)


def test_there_is_something_to_search(haystack, sent, server):
    starts = sum(server.starts for server in harness.Server.ALL)
    print("%d servers, %d starts, %d runs of other commands, %d readings of the metrics; %d different texts; sent: %s"
          % (len(harness.Server.ALL), starts, len(harness.OUTPUTS),
             sum(len(server.metrics) for server in harness.Server.ALL), len(haystack.texts),
             {kind: sum(1 for other, _ in sent if other == kind) for kind in sorted({kind for kind, _ in sent})}))
    assert starts >= 1 and starts * 2 == sum(len(server.logs) for server in harness.Server.ALL)
    assert haystack.texts


def test_outputs_contain_no_secret(haystack):
    needles = secrets()
    assert len(needles) >= 10
    assert haystack.search(needles) == set()


def test_outputs_contain_nothing_private_that_clients_sent(haystack, sent):
    assert haystack.search(sent) == set()


SECRETS = {
    "secret access key": "q7Z+secret/access+key", "session token": "token-of-another-caller",
    "signature": "0123456789abcdef" * 4, "email": "grace@example.com", "name": "Grace \u00c4 \"Hopper\"",
    "externalId": "okta|00u1abcd", "userName": "grace.h\u00f6pper",
    "metadata": "a value of metadata", "query": "email=grace%40example.com",
}


@pytest.fixture
def finished(tmp_path):
    """A server object with the files of a finished server. No server runs."""
    server = harness.Server(tmp_path)
    harness.Server.ALL.remove(server)
    server.data.mkdir()
    for name in ("stdout", "stderr"):
        (tmp_path / name).write_text('{"event":"ready","correlationId":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}\n')
    (server.data / "audit-events.jsonl").write_text('{"detail":{"changes":{"email":{},"name":{}}}}\n')
    server.logs = [tmp_path / "stdout", tmp_path / "stderr"]
    server.metrics = ["users_connections 1\n"]
    return server


def leaks_of(server, outputs=()):
    return haystack_of([server], outputs).search(SECRETS.items())


@pytest.mark.parametrize("kind", SECRETS)
def test_search_finds_every_kind_of_leak(finished, kind):
    """The search covers every place: a value, a part of a value, a name, and lines that are not JSON."""
    assert leaks_of(finished) == set()
    text = SECRETS[kind]
    forms = [json.dumps({"event": "request", "code": text}), json.dumps({"reason": "for %s: no" % text}, ensure_ascii=False),
             json.dumps({"a": [{"changes": {"x": {"before": None, "after": text}}}]}), json.dumps({text: 1}),
             json.dumps({"correlationId": text}), json.dumps({"hash": text}), "==1==ERROR: %s" % text,
             '{"event":"half a line","code":"%s' % text]
    for form in forms:
        for file in (*finished.logs, finished.data / "audit-events.jsonl"):
            whole = file.read_text()
            file.write_text(whole + form + "\n")
            assert leaks_of(finished) == {(kind, text)}, (form, file)
            file.write_text(whole)
        finished.metrics.append('users_requests_total{label="%s"} 1' % text)
        assert leaks_of(finished) == {(kind, text)}
        finished.metrics.pop()
        assert leaks_of(finished, [form]) == {(kind, text)}
    (finished.data / "audit-events.jsonl.1").write_text(forms[0])
    assert leaks_of(finished) == {(kind, text)}


def test_private_parts_of_a_request_are_collected(server):
    body = json.dumps({"email": " Ada@Example.com ", "name": "Ada \u00c4 \"L\"ovelace", "idempotencyKey": "not secret",
                       "metadata": {"a": "the first value", "b": "another \\ value"}, "externalId": "okta|00u1abcd",
                       "userName": " grace.hopper "}).encode()
    request = signed_request(server, SESSION_A, "POST", "/users?unknown=query&userName=%20a.quoted%7Cname",
                             body, [("X-Correlation-Id", "my-own")])
    signature = re.search(rb"Signature=([0-9a-f]{64})", request)[1].decode()
    assert sensitive_parts(request) == {
        ("signature", signature), ("session token", SESSION_A.token), ("correlation-id", "my-own"),
        ("query", "unknown=query&userName=%20a.quoted%7Cname"), ("userName", "a.quoted|name"),
        ("externalId", "okta|00u1abcd"), ("userName", "grace.hopper"), ("email", "Ada@Example.com"), ("name", 'Ada \u00c4 "L"ovelace'),
        ("metadata", "the first value"), ("metadata", "another \\ value")}
    # Also in bytes that are not a request.
    assert sensitive_parts(b'garbage {"email" :"a@b", "metadata":{"k":"half of it!","j":') == {
        ("email", "a@b"), ("metadata", "half of it!")}
