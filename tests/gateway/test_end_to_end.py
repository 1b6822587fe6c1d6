"""The functions, their roles and the template's API must fit each other. The nine real packages run behind a
stand-in for API Gateway that follows the template, on an engine that each function reaches through its role."""
import json
import os
import subprocess

from buses import FakeEventBridge
from conftest import REPOSITORY, SETUP
from events import proxy_event, registration, status_change
from stream import records_of
from template import matches, references

BUILD = REPOSITORY / "build" / (os.environ.get("PRESET") or "debug")
LONGEST_RUN = 600  # seconds


def passes(pattern, record):
    """Whether an event source's filter admits a record (Lambda, "Control which events Lambda sends to your function").
    Supports lists of texts and prefixes at any depth."""
    if isinstance(pattern, dict):
        return all(name in record and passes(inner, record[name]) for name, inner in pattern.items())
    return any(record.startswith(rule["prefix"]) if isinstance(rule, dict) else record == rule for rule in pattern)


def publish_stream(template, deployment):
    """Does once what the mapping from the stream to the relay does. Returns the records and the relay's response."""
    mapping = template.only("Lambda::EventSourceMapping")
    (relay,) = references(mapping["FunctionName"])
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (pattern,) = [json.loads(filter["Pattern"]) for filter in mapping["FilterCriteria"]["Filters"]]
    records = [record for record in records_of(deployment.engine, deployment.stream) if passes(pattern, record)]
    return records, deployment.functions.invoke(relay, {"Records": records})


def test_scenarios_behave_as_on_usersd(deploy):
    deployment = deploy(ROLE_CATALOG_PATH=str(SETUP / "roles.json"))
    api, control = deployment.ports
    done = subprocess.run([str(BUILD / "tests/gateway/scenarios_gateway")], capture_output=True, text=True,
                          timeout=LONGEST_RUN, env={**os.environ, "USERS_GATEWAY": str(api),
                                                    "USERS_GATEWAY_CONTROL": str(control)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[  PASSED  ]" in done.stdout and "SKIPPED" not in done.stdout
    assert deployment.functions.denied() == {}
    called = {operation for function, operation in deployment.functions.operations.items()
              if function in deployment.functions.running}
    assert called == set(deployment.functions.operations.values()) - {"users_audit_publish"}
    for secret in ("@x.org", "secret-of", "token-of"):
        assert secret not in deployment.functions.written()


def test_stream_publishes_changes_as_events(deploy, template):
    with FakeEventBridge() as bus:
        deployment = deploy(AWS_ENDPOINT_URL_EVENTBRIDGE=bus.url)
        functions = {operation: name for name, operation in deployment.functions.operations.items()}

        def call(operation, event):
            response = deployment.functions.invoke(functions[operation], event)
            assert response["statusCode"] in (200, 201), (response, deployment.functions.denied())
            return json.loads(response["body"])

        user = call("users_register_create", registration("ann"))
        call("users_status_update", status_change(user["userId"], "disabled"))
        call("users_role_assign", proxy_event("POST", "/users/%s/roles" % user["userId"], '{"role": "viewer"}',
                                              userId=user["userId"]))
        records, response = publish_stream(template, deployment)
        assert response == {"batchItemFailures": []}
        assert [record["dynamodb"]["Keys"]["PK"]["S"] for record in records] == ["AUDIT#" + user["userId"]] * 3
        assert bus.versions_of(user["userId"]) == [1, 2, 3]
        again = deployment.functions.invoke(functions["users_audit_publish"],
                                            {"republish": {"userId": user["userId"], "fromVersion": 2}})
        assert again == {"published": 2, "lastVersion": 3}
        assert deployment.functions.denied() == {}


def test_role_denies_calls_of_another_function(deploy, template):
    """The check must be able to fail: the calls of a function with another function's role are rejected."""
    deployment = deploy()
    functions = {operation: name for name, operation in deployment.functions.operations.items()}
    reader, writer = functions["users_profile_get"], functions["users_register_create"]
    template.resources[writer]["Properties"]["Role"], kept = (
        template.resources[reader]["Properties"]["Role"], template.resources[writer]["Properties"]["Role"])
    try:
        response = deployment.functions.invoke(writer, registration("ann"))
    finally:
        template.resources[writer]["Properties"]["Role"] = kept
    assert response["statusCode"] == 503
    assert {action for action, _, _ in deployment.functions.denied()["users_register_create"]} == {"PutItem"}
    assert not matches("USER#*", "AUDIT#x")
