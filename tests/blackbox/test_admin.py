"""The admin address serves health and metrics to the operator. The names of the metrics are stable, and no label has
unbounded values or identifies a person."""

import http.client
import re

import pytest
from client import Client, fresh_email, fresh_key
from harness import wait_until
from operations import OPERATIONS
from people import OPERATOR
from rawhttp import RawConnection

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def admin(server, method, path):
    connection = http.client.HTTPConnection(server.admin_host, server.admin_port, timeout=30)
    connection.request(method, path)
    response = connection.getresponse()
    text = response.read().decode()
    headers = {name.lower(): value for name, value in response.getheaders()}
    connection.close()
    return response.status, headers, text


def metrics(server):
    """Parses the exposition and checks its form. Returns {(name, labels as a sorted tuple): value}."""
    status, headers, text = admin(server, "GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    assert text.endswith("\n")
    types, samples = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram")
            types[name] = kind
        elif line.startswith("# HELP "):
            assert len(line.split(" ", 3)) == 4
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            labels = tuple(sorted(LABEL.findall(match[2] or "")))
            family = re.sub(r"_(bucket|sum|count)$", "", match[1])
            assert match[1] in types or types.get(family) == "histogram", line
            assert (match[1], labels) not in samples, line
            samples[match[1], labels] = float(match[3])
    return samples


def requests(samples, operation, status):
    return samples["users_requests_total", (("operation", operation), ("status", str(status)))]


@pytest.fixture
def own(make_server):
    return Client(make_server(), OPERATOR)


def test_health(server):
    status, headers, text = admin(server, "GET", "/healthz")
    assert status == 200 and headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store, no-transform"
    assert text == '{"status":"ok"}'


def test_admin_address_serves_nothing_else(server):
    for path in ("/", "/users", "/health", "/healthz/", "/metrics/", "/debug"):
        status, _, _ = admin(server, "GET", path)
        assert status == 404, path
    for path in ("/healthz", "/metrics"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            status, headers, _ = admin(server, method, path)
            assert status == 405 and "GET" in headers["allow"]
    assert admin(server, "HEAD", "/healthz")[0] == 200


def test_api_address_serves_neither_health_nor_metrics(client):
    for path in ("/healthz", "/metrics"):
        assert client.request("GET", path).status == 404


def test_malformed_admin_requests_are_rejected(server):
    class Admin:
        host, port, observed = server.admin_host, server.admin_port, server.observed
    for data in (b"GET /healthz HTTP/1.1\r\n\r\n", b"x\r\n\r\n",
                 b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"):
        with RawConnection(Admin) as connection:
            connection.send(data)
            assert connection.read_response().status == 400


def test_requests_are_counted_by_operation_and_status(own):
    before = metrics(own.server)
    user_id = own.new_user()["userId"]
    own.get(user_id)
    own.patch(user_id, name="x")
    own.patch(user_id, name="")
    own.set_status(user_id, "disabled")
    own.assign(user_id, "viewer")
    own.remove(user_id, "viewer")
    own.remove(user_id, "viewer")
    own.request("GET", "/users")
    own.audit(user_id)
    own.request("GET", "/users", signed=False)
    own.request("GET", "/nowhere")
    own.request("DELETE", "/users")
    after = metrics(own.server)
    expected = {("users_register_create", 201): 1, ("users_profile_get", 200): 1, ("users_profile_update", 200): 1,
                ("users_profile_update", 400): 1, ("users_status_update", 200): 1, ("users_role_assign", 200): 1,
                ("users_role_remove", 200): 1, ("users_role_remove", 404): 1, ("users_list_query", 200): 1,
                ("users_audit_query", 200): 1, ("users_list_query", 401): 1, ("none", 404): 1, ("none", 405): 1}
    grown = {}
    for key, value in after.items():
        if key[0] == "users_requests_total" and value != before[key]:
            labels = dict(key[1])
            grown[labels["operation"], int(labels["status"])] = value - before[key]
    assert grown == expected


def test_labels_are_bounded(own):
    email = fresh_email("label")
    for _ in range(5):
        own.new_user(name="Label Name")
        own.request("GET", "/users", query={"email": email})
        own.request("GET", "/users/" + fresh_key())
        own.request("X-METHOD", "/users")
    samples = metrics(own.server)
    assert {dict(labels)["operation"] for name, labels in samples if "operation" in dict(labels)} == OPERATIONS | {"none"}
    text = admin(own.server, "GET", "/metrics")[2]
    for private in (email, "Label", OPERATOR.id, OPERATOR.arn, "METHOD"):
        assert private not in text


def test_histograms_add_up(own):
    for _ in range(10):
        own.request("GET", "/users")
    samples = metrics(own.server)
    name = "users_request_duration_seconds"
    for operation in OPERATIONS | {"none"}:
        label = (("operation", operation),)
        buckets = [(float(dict(labels)["le"]), value) for (sample, labels), value in samples.items()
                   if sample == name + "_bucket" and ("operation", operation) in labels]
        counts = [value for _, value in sorted(buckets)]
        assert counts == sorted(counts) and sorted(buckets)[-1][0] == float("inf")
        assert counts[-1] == samples[name + "_count", label]
        total = sum(value for (sample, labels), value in samples.items()
                    if sample == "users_requests_total" and ("operation", operation) in labels)
        assert total == counts[-1], operation
    assert requests(samples, "users_list_query", 200) == 10


def test_metrics_cover_store_and_relay(own):
    for _ in range(5):
        own.new_user()

    def unlabelled():
        return {name: value for (name, labels), value in metrics(own.server).items() if not labels}

    wait_until(lambda: unlabelled()["users_relay_events_total"] >= 7, 60)  # two of the configuration
    samples = unlabelled()
    assert samples["users_relay_events_total"] == 7 and samples["users_relay_failures_total"] == 0
    assert samples["users_store_transactions_total"] >= 5 and samples["users_store_failed_batches_total"] == 0
    assert samples["users_connections"] >= 1 and samples["users_store_waiting_transactions"] >= 0
