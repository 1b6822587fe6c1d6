"""Every committed change must reach the event bus at least once, in order per user, or be reported so that it is
retried. The real functions write, an engine's stream delivers the changes, and the real relay publishes them."""
import hashlib
import json
import subprocess
import zipfile

import pytest

from buses import BUS, FakeEventBridge, MotoBus, moto_server
from conftest import CREDENTIALS, PACKAGES, REPOSITORY
from events import proxy_event, registration, status_change
from programs import responding
from runtime_api import RuntimeApi
from stream import create_tables, delete_tables, records_of

LONGEST_RUN = 120  # seconds


class Engine:
    """DynamoDB Local with the tables and their stream, and the functions that use it."""

    def __init__(self, directory, url):
        self.directory, self.url = directory, url
        self.stream = create_tables(url)

    def run(self, name, events, **environment):
        """Returns the function's runtime API after all events were handled."""
        with zipfile.ZipFile(PACKAGES / (name + ".zip")) as package:
            package.extractall(self.directory / name)
        program = self.directory / name / "bootstrap"
        program.chmod(0o755)
        variables = {**CREDENTIALS, "USERS_TABLE_NAME": "users", "IDEMPOTENCY_TABLE_NAME": "idempotency",
                     "EVENT_BUS_NAME": BUS, "AWS_ENDPOINT_URL_DYNAMODB": self.url, **environment}
        with RuntimeApi(events) as runtime:
            variables["AWS_LAMBDA_RUNTIME_API"] = runtime.address
            ended = subprocess.run([str(program)], env=variables, stdin=subprocess.DEVNULL,
                                   capture_output=True, text=True, timeout=LONGEST_RUN)
        assert not runtime.rejected and not runtime.init_errors, ended.stdout
        runtime.log = ended.stdout
        return runtime

    def bodies(self, name, events):
        responses = self.run(name, events).responses
        assert [response["statusCode"] for response in responses] == [responses[0]["statusCode"]] * len(events), responses
        assert responses[0]["statusCode"] in (200, 201)
        return [json.loads(response["body"]) for response in responses]

    def register(self, *names):
        users = self.bodies("users_register_create", [registration(name) for name in names])
        return [user["userId"] for user in users]

    def disable(self, *user_ids):
        self.bodies("users_status_update", [status_change(user_id, "disabled") for user_id in user_ids])

    def enable(self, *user_ids):
        self.bodies("users_status_update", [status_change(user_id, "active") for user_id in user_ids])

    def entries(self, user_id):
        event = proxy_event("GET", "/users/%s/audit" % user_id, userId=user_id)
        return self.bodies("users_audit_query", [event])[0]["auditLogs"]

    def batch(self):
        return {"Records": records_of(self.url, self.stream)}

    def relay(self, bus, *events):
        return self.run("users_audit_publish", events, AWS_ENDPOINT_URL_EVENTBRIDGE=bus.url)


@pytest.fixture(scope="module")
def dynamodb_local():
    """The URL of DynamoDB Local."""
    with responding([str(REPOSITORY / "tests/engines/start"), "dynamodb-local", "{port}"]) as url:
        yield url


@pytest.fixture
def engine(tmp_path, dynamodb_local):
    engine = Engine(tmp_path, dynamodb_local)
    yield engine
    delete_tables(dynamodb_local, "users", "idempotency")


@pytest.fixture
def fake_bus():
    with FakeEventBridge() as bus:
        yield bus


def failures(runtime):
    assert not runtime.failures, runtime.failures
    return [failure["itemIdentifier"] for response in runtime.responses for failure in response["batchItemFailures"]]


def audit_records(batch, user_id):
    """The user's records of new audit entries, in order."""
    return [record for record in batch["Records"] if record["dynamodb"]["Keys"]["PK"]["S"] == "AUDIT#" + user_id]


def sequence_number(record):
    return record["dynamodb"]["SequenceNumber"]


def test_committed_changes_reach_the_bus(engine):
    ann, bob = engine.register("ann", "bob")
    engine.disable(ann, bob)
    engine.enable(ann)
    with moto_server() as url:
        bus = MotoBus(url)
        runtime = engine.relay(bus, engine.batch())
        assert failures(runtime) == []
        events = bus.delivered()
    assert len(events) == 5
    for event in events:
        assert event["source"] == "user-management.users" and event["detail-type"] == "UserAuditEvent"
    for user_id in (ann, bob):
        details = [event["detail"] for event in events if event["detail"]["userId"] == user_id]
        expected = engine.entries(user_id)
        assert sorted(detail["version"] for detail in details) == [entry["version"] for entry in expected]
        for detail in details:
            entry = expected[detail["version"] - 1]
            salt, changes = entry.pop("salt"), entry.pop("changes")
            assert salt not in json.dumps(detail)
            redacted = {field: value if field in ("status", "roles") else {} for field, value in changes.items()}
            assert detail.pop("changes") == redacted
            assert detail == entry
    text = json.dumps(events) + runtime.log
    assert not any(private in text for private in ("example.com", "value-of-", "id-of|", "login-of|", "Ann"))
    line = next(json.loads(line) for line in runtime.log.splitlines() if '"relayed"' in line)
    assert (line["Published"], line["FailedRecords"]) == (5, 0)


def test_chain_verifies_from_events_alone(engine, fake_bus):
    (ann,) = engine.register("ann")
    engine.disable(ann)
    engine.enable(ann)
    assert failures(engine.relay(fake_bus, engine.batch())) == []
    previous = "0" * 64
    for detail in fake_bus.taken:
        hashed = {name: value for name, value in detail.items() if name not in ("hash", "changes")}
        canonical = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert detail["prevHash"] == previous
        assert detail["hash"] == hashlib.sha256(canonical.encode()).hexdigest()
        previous = detail["hash"]


def test_failed_entry_is_resent_before_later_ones_of_its_user(engine, fake_bus):
    ann, bob = engine.register("ann", "bob")
    engine.disable(ann, bob)
    failed = []

    def fail_anns_first_once(detail):
        if (detail["userId"], detail["version"]) == (ann, 1) and not failed:
            failed.append(detail)
            return "ThrottlingException"
        return None

    fake_bus.fails = fail_anns_first_once
    assert failures(engine.relay(fake_bus, engine.batch())) == []
    assert fake_bus.versions_of(ann) == [2, 1, 2]
    assert fake_bus.versions_of(bob) == [1, 2]


def test_permanent_failure_is_reported_from_its_first_record(engine, fake_bus):
    ann, bob = engine.register("ann", "bob")
    engine.disable(ann, bob)
    engine.enable(ann, bob)
    batch = engine.batch()
    fake_bus.fails = lambda detail: "InternalFailure" if (detail["userId"], detail["version"]) == (ann, 2) else None
    expected = sequence_number(audit_records(batch, ann)[1])
    assert failures(engine.relay(fake_bus, batch)) == [expected]
    assert fake_bus.versions_of(bob) == [1, 2, 3]

    # Lambda resends that record and all later ones.
    places = [sequence_number(record) for record in batch["Records"]]
    fake_bus.fails = lambda detail: None
    assert failures(engine.relay(fake_bus, {"Records": batch["Records"][places.index(expected):]})) == []
    assert fake_bus.versions_of(ann)[-2:] == [2, 3]


def test_bus_outage_loses_nothing(engine, fake_bus):
    (ann,) = engine.register("ann")
    engine.disable(ann)
    batch = engine.batch()
    fake_bus.is_down = True
    assert failures(engine.relay(fake_bus, batch)) == [sequence_number(audit_records(batch, ann)[0])]
    fake_bus.is_down = False
    assert failures(engine.relay(fake_bus, batch)) == []
    assert fake_bus.versions_of(ann) == [1, 2]


def test_calls_respect_the_limits_of_the_bus(engine, fake_bus):
    users = engine.register(*["user%d" % i for i in range(25)])
    engine.disable(*users)
    assert failures(engine.relay(fake_bus, engine.batch())) == []
    assert all(fake_bus.versions_of(user) == [1, 2] for user in users)
    assert fake_bus.beyond_limits == 0 and fake_bus.calls == 5


def test_republishes_from_the_failure_bucket_and_the_table(engine, fake_bus):
    ann, bob = engine.register("ann", "bob")
    engine.disable(ann)
    kept = {"requestContext": {"condition": "RetryAttemptsExhausted"}, "version": "1.0",
            "DDBStreamBatchInfo": {"shardId": "shardId-0", "batchSize": 3}, "payload": json.dumps(engine.batch())}
    orders = [{"republish": {"userId": ann, "fromVersion": 2}}, {"republish": {"userId": bob, "fromVersion": 1}}]
    runtime = engine.relay(fake_bus, kept, *orders)
    assert runtime.responses == [{"published": 3}, {"published": 1, "lastVersion": 2},
                               {"published": 1, "lastVersion": 1}]
    assert fake_bus.versions_of(ann) == [1, 2, 2] and fake_bus.versions_of(bob) == [1, 1]

    fake_bus.fails = lambda detail: "MalformedDetail"
    runtime = engine.relay(fake_bus, kept, orders[0], {}, [])
    assert runtime.responses == [] and len(runtime.failures) == 4
    assert "3 of 3 entries could not be published" in runtime.failures[0]["errorMessage"]
    assert "Go on with fromVersion 2" in runtime.failures[1]["errorMessage"]


def test_unreadable_record_is_reported_and_blocks_only_its_user(engine, fake_bus):
    ann, bob = engine.register("ann", "bob")
    batch = engine.batch()
    broken = audit_records(batch, ann)[0]
    del broken["dynamodb"]["NewImage"]["hash"]
    assert failures(engine.relay(fake_bus, batch)) == [sequence_number(broken)]
    assert fake_bus.versions_of(ann) == [] and fake_bus.versions_of(bob) == [1]
