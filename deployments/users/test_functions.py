"""The functions."""
import re

import pytest

from .conftest import FUNCTIONS, ROOT

VARIABLES_OF_NEEDS = {"kIdempotencyTable": "IDEMPOTENCY_TABLE_NAME", "kListShards": "USER_LIST_SHARDS"}


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_a_function_has_its_name_and_settings(template, named, operation):
    function = template.only("Lambda::Function", FunctionName=named(operation.replace("_", "-")))
    assert function["Runtime"] == "provided.al2023"
    assert function["Handler"] == "bootstrap"
    assert function["Architectures"] == ["x86_64"]
    assert function["MemorySize"] == 256
    assert function["TracingConfig"] == {"Mode": "Active"}


def test_functions_are_the_operations_and_the_relay():
    table = (ROOT / "src/api/operation_table.inc").read_text()
    rows = re.findall(r'^USERS_OPERATION\(\w+, +"(\w+)"(.*)', table, re.M)
    operations = [name for name, rest in rows if "kServer" not in rest]
    assert operations and FUNCTIONS == sorted([*operations, "users_audit_publish"])


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_a_function_times_out_before_the_gateway(template, operation):
    timeout = template.function(operation)["Timeout"]
    assert timeout == (60 if operation == "users_audit_publish" else 15)


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_a_function_writes_to_its_own_log_group(template, named, operation):
    group = template.only("Logs::LogGroup", LogGroupName=f"/aws/lambda/{named(operation.replace('_', '-'))}")
    assert template.function(operation)["LoggingConfig"] == {"LogGroup": {"Ref": group.id}}


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_a_function_has_the_variables_that_its_program_reads(template, named, operation):
    expected = {"USERS_TABLE_NAME"}
    if operation == "users_audit_publish":
        expected.add("EVENT_BUS_NAME")
    else:
        table = (ROOT / "src/api/operation_table.inc").read_text()
        row = re.search(rf'^USERS_OPERATION\(\w+, +"{operation}".*$', table, re.M)[0]
        expected |= {variable for need, variable in VARIABLES_OF_NEEDS.items() if need in row}
    variables = template.function(operation)["Environment"]["Variables"]
    assert set(variables) == expected
    values = {
        "USERS_TABLE_NAME": {"Ref": template.only("DynamoDB::Table", TableName=named("user-management-users")).id},
        "IDEMPOTENCY_TABLE_NAME": {
            "Ref": template.only("DynamoDB::Table", TableName=named("user-management-idempotency")).id},
        "EVENT_BUS_NAME": {"Ref": template.only("Events::EventBus").id},
        "USER_LIST_SHARDS": "8",
    }
    assert variables == {name: values[name] for name in expected}


def test_only_lambda_may_assume_the_role_of_a_function(template):
    roles = [function["Role"]["Fn::GetAtt"][0] for function in template.of_type("Lambda::Function")]
    assert len(set(roles)) == len(FUNCTIONS)
    for role in roles:
        statement, = template.resources[role]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_a_functions_code_is_its_own_package(assembly, packages, template, operation):
    asset = template.text_of(template.function(operation)["Code"]["S3Key"])
    assert (assembly / f"asset.{asset}").read_bytes() == (packages / f"{operation}.zip").read_bytes()
