"""Each role allows exactly the calls that the function's code makes, on the partitions that the code names."""
import fnmatch

import pytest

from .conftest import FUNCTIONS
from .partitions import (ALL, AUDIT, EMAIL, EXTERNAL_ID, IDEMPOTENCY, LIST, PROFILE, ROLE_LIST, STATUS_LIST,
                         USER_NAME)

RELAY = "users_audit_publish"
ENTRY_AND_LISTS = [PROFILE, AUDIT, LIST, STATUS_LIST]
CHANGED = [*ENTRY_AND_LISTS, ROLE_LIST]
HANDLES = [EMAIL, EXTERNAL_ID, USER_NAME]

# The calls that src/service makes: {(action, table): partitions}.
CALLS = {
    "users_register_create": {
        ("PutItem", "users"): [*ENTRY_AND_LISTS, *HANDLES], ("PutItem", "idempotency"): [IDEMPOTENCY]},
    "users_profile_get": {("GetItem", "users"): [PROFILE]},
    "users_profile_update": {
        ("GetItem", "users"): [PROFILE], ("PutItem", "users"): [*CHANGED, *HANDLES], ("DeleteItem", "users"): HANDLES,
        ("GetItem", "idempotency"): [IDEMPOTENCY], ("PutItem", "idempotency"): [IDEMPOTENCY]},
    "users_status_update": {
        ("GetItem", "users"): [PROFILE], ("PutItem", "users"): CHANGED,
        ("DeleteItem", "users"): [*HANDLES, LIST, STATUS_LIST, ROLE_LIST],
        ("GetItem", "idempotency"): [IDEMPOTENCY], ("PutItem", "idempotency"): [IDEMPOTENCY]},
    "users_role_assign": {
        ("GetItem", "users"): [PROFILE], ("PutItem", "users"): CHANGED,
        ("GetItem", "idempotency"): [IDEMPOTENCY], ("PutItem", "idempotency"): [IDEMPOTENCY]},
    "users_role_remove": {
        ("GetItem", "users"): [PROFILE], ("PutItem", "users"): CHANGED, ("DeleteItem", "users"): [ROLE_LIST],
        ("GetItem", "idempotency"): [IDEMPOTENCY], ("PutItem", "idempotency"): [IDEMPOTENCY]},
    "users_list_query": {
        ("GetItem", "users"): [*HANDLES, LIST], ("BatchGetItem", "users"): [LIST],
        ("Query", "users"): [LIST, STATUS_LIST, ROLE_LIST]},
    "users_audit_query": {("Query", "users"): [AUDIT]},
    "users_audit_publish": {("Query", "users"): [AUDIT]},
}


@pytest.fixture
def place(template, named):
    """Maps the resource of a statement to a short name."""
    tables = {table: template.only("DynamoDB::Table", TableName=named(f"user-management-{table}")).id
              for table in ("users", "idempotency")}
    groups = {group.id: template.text_of(group["LogGroupName"]) for group in template.of_type("Logs::LogGroup")}
    bucket = template.only("S3::Bucket").id
    names = {
        "*": "*",
        f"${{{tables['users']}.Arn}}": "users",
        f"${{{tables['idempotency']}.Arn}}": "idempotency",
        f"${{{tables['users']}.StreamArn}}": "stream",
        f"${{{tables['users']}.Arn}}/stream/*": "streams",
        f"${{{template.only('Events::EventBus').id}.Arn}}": "bus",
        f"${{{bucket}.Arn}}": "bucket",
        f"${{{bucket}.Arn}}/*": "objects",
        **{f"${{{group}.Arn}}": name for group, name in groups.items()},
    }
    return lambda resource: names[template.text_of(resource)]


@pytest.fixture
def granted(template, place):
    """All grants, by function: {(action, place): partitions}."""
    found = {}
    for function in FUNCTIONS:
        found[function] = {}
        for statement in template.statements_of(template.function(function)):
            assert statement["Effect"] == "Allow"
            assert set(statement) <= {"Effect", "Action", "Resource", "Condition"}
            for action in statement["Action"]:
                for resource in statement["Resource"]:
                    key = action, place(resource)
                    assert key not in found[function]
                    found[function][key] = leading_keys(statement)
    return found


def leading_keys(statement):
    if "Condition" not in statement:
        return None
    (operator, condition), = statement["Condition"].items()
    assert operator == "ForAllValues:StringLike" and set(condition) == {"dynamodb:LeadingKeys"}
    return sorted(condition["dynamodb:LeadingKeys"])


def may(granted, function, action, place, partition=None):
    keys = granted[function].get((action, place), [])
    return keys is None or any(fnmatch.fnmatchcase(partition, key) for key in keys)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_only_the_calls_of_its_function(granted, named, function):
    log_group = f"/aws/lambda/{named(function.replace('_', '-'))}"
    expected = {(f"dynamodb:{action}", table): sorted(keys) for (action, table), keys in CALLS[function].items()}
    expected |= dict.fromkeys([
        ("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*"),
        ("logs:CreateLogStream", log_group), ("logs:PutLogEvents", log_group)])
    if function == RELAY:
        expected |= dict.fromkeys([
            ("events:PutEvents", "bus"), ("dynamodb:DescribeStream", "stream"), ("dynamodb:GetRecords", "stream"),
            ("dynamodb:GetShardIterator", "stream"), ("dynamodb:ListStreams", "streams"),
            ("s3:PutObject", "objects"), ("s3:ListBucket", "bucket")])
    assert granted[function] == expected


def test_no_role_can_change_or_remove_audit_entries(granted):
    for function in FUNCTIONS:
        assert not may(granted, function, "dynamodb:DeleteItem", "users", "AUDIT#1"), function
        assert not {action for action, _ in granted[function]} & {
            "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"}


def test_only_the_audit_query_and_the_relay_read_audit_entries(granted):
    readers = {function for function in FUNCTIONS for action in ("GetItem", "BatchGetItem", "Query")
               if may(granted, function, f"dynamodb:{action}", "users", "AUDIT#1")}
    assert readers == {"users_audit_query", RELAY}


def test_queries_cannot_write(granted):
    for function in ("users_profile_get", "users_list_query", "users_audit_query", RELAY):
        assert not any(action in ("dynamodb:PutItem", "dynamodb:DeleteItem") for action, _ in granted[function])


def test_list_audit_and_relay_cannot_read_profiles(granted):
    for function in ("users_list_query", "users_audit_query", RELAY):
        for action in ("GetItem", "BatchGetItem", "Query"):
            assert not may(granted, function, f"dynamodb:{action}", "users", "USER#1")


def test_only_the_relay_uses_the_bus_the_stream_and_the_bucket(granted):
    for function in set(FUNCTIONS) - {RELAY}:
        assert not {place for _, place in granted[function]} & {"bus", "stream", "streams", "bucket", "objects"}


def test_no_grant_bypasses_the_partitions(granted):
    for function in FUNCTIONS:
        for (action, place), keys in granted[function].items():
            assert action not in ("dynamodb:Scan", "dynamodb:*")
            if place in ("users", "idempotency"):
                assert keys, (function, action)  # ForAllValues is true if there is no key


def test_functions_have_no_other_policies(template):
    for function in template.of_type("Lambda::Function"):
        role = template.resources[function["Role"]["Fn::GetAtt"][0]]
        assert set(role.properties) == {"AssumeRolePolicyDocument", "Tags"}


def test_only_the_gateway_may_invoke_the_operations(template):
    api, = template.of_type("ApiGateway::RestApi")
    invoked = set()
    for permission in template.of_type("Lambda::Permission"):
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert f":${{{api.id}}}/" in template.text_of(permission["SourceArn"])
        invoked.add(permission["FunctionName"]["Fn::GetAtt"][0])
    assert invoked == {template.function(function).id for function in set(FUNCTIONS) - {RELAY}}


def test_each_partition_is_needed_by_a_function():
    assert {key for calls in CALLS.values() for keys in calls.values() for key in keys} == ALL
