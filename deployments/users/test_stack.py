"""The stacks: names, outputs, tags, and no unexpected resources."""
import collections
import json
import re

import cfnlint.schema

from .conftest import ENVIRONMENTS, FUNCTIONS, ROOT
from .request_models import REQUEST_MODELS

TAGS = {"Service": "user-management", "ManagedBy": "CDK", "Domain": "users"}

ROWS = re.findall(r'^USERS_OPERATION.*$', (ROOT / "src/api/operation_table.inc").read_text(), re.M)
PATHS = [re.search(r'"(/[^"]*)"', row)[1] for row in ROWS if "kServer" not in row]
OPERATIONS = len(PATHS)
PATH_PARTS = {tuple(path.split("/")[1:end]) for path in PATHS for end in range(2, path.count("/") + 2)}

# The number of resources of each type. Each operation has a function, and the relay has one.
RESOURCES = {
    "ApiGateway::Account": 1,
    "ApiGateway::Deployment": 1,
    "ApiGateway::GatewayResponse": 17,
    "ApiGateway::Method": OPERATIONS,
    "ApiGateway::Model": len(REQUEST_MODELS),
    "ApiGateway::RequestValidator": 1,
    "ApiGateway::Resource": len(PATH_PARTS),
    "ApiGateway::RestApi": 1,
    "ApiGateway::Stage": 1,
    "CloudWatch::Alarm": 12,
    "CloudWatch::Dashboard": 1,
    "DynamoDB::Table": 2,
    "Events::Archive": 1,
    "Events::EventBus": 1,
    "Events::EventBusPolicy": 1,
    "Events::Rule": 1,
    "IAM::Policy": OPERATIONS + 1,  # one per function
    "IAM::Role": OPERATIONS + 2,  # also the account's role for API Gateway's logs
    "Lambda::EventSourceMapping": 1,
    "Lambda::Function": OPERATIONS + 1,
    "Lambda::Permission": OPERATIONS,
    "Logs::LogGroup": OPERATIONS + 4,  # one per function, audit events, access, execution
    "Logs::QueryDefinition": 4,
    "Logs::ResourcePolicy": 1,
    "S3::Bucket": 1,
    "S3::BucketPolicy": 1,
    "SQS::Queue": 1,
    "SQS::QueuePolicy": 1,
}


def test_three_stacks_have_their_names(assembly):
    manifest = json.loads((assembly / "manifest.json").read_text())
    stacks = {name for name, artifact in manifest["artifacts"].items()
              if artifact["type"] == "aws:cloudformation:stack"}
    assert stacks == {f"users-{environment}-stack" for environment in ENVIRONMENTS}


def test_a_stack_has_exactly_the_expected_resources(template):
    found = collections.Counter(resource.type.removeprefix("AWS::") for resource in template.resources.values())
    assert dict(found) == RESOURCES


def test_outputs_match_the_page_and_exports_have_the_stack_name(template, environment):
    assert set(template.outputs) == {
        "ApiEndpointUrl", "ApiId", "UsersTableName", "IdempotencyTableName", "EventBusName", "EventBusArn"}
    for name, output in template.outputs.items():
        assert output["Export"] == {"Name": f"users-{environment}-stack-{name}"}


def test_outputs_have_the_values_that_their_names_say(template, environment, named):
    value = {name: template.text_of(output["Value"]) for name, output in template.outputs.items()}
    api, = template.of_type("ApiGateway::RestApi")
    stage, = template.of_type("ApiGateway::Stage")
    bus, = template.of_type("Events::EventBus")
    assert value == {
        "ApiId": f"${{{api.id}}}",
        "ApiEndpointUrl": f"https://${{{api.id}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/${{{stage.id}}}/",
        "UsersTableName": f"${{{template.only('DynamoDB::Table', TableName=named('user-management-users')).id}}}",
        "IdempotencyTableName":
            f"${{{template.only('DynamoDB::Table', TableName=named('user-management-idempotency')).id}}}",
        "EventBusName": f"${{{bus.id}}}",
        "EventBusArn": f"${{{bus.id}.Arn}}",
    }


def test_every_taggable_resource_has_all_four_tags(template, environment):
    tagged = set()
    for resource in template.resources.values():
        schema = cfnlint.schema.PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource.type).schema
        if "Tags" not in schema["properties"]:
            continue
        tags = {tag["Key"]: tag["Value"] for tag in resource.get("Tags", [])}
        assert tags == TAGS | {"Environment": environment}, resource.id
        tagged.add(resource.type.removeprefix("AWS::"))
    assert tagged > {"DynamoDB::Table", "Events::EventBus", "Lambda::Function", "ApiGateway::RestApi", "Logs::LogGroup"}


def test_environments_share_no_physical_name(templates):
    names = collections.Counter()
    for template in templates.values():
        for resource in template.resources.values():
            names.update({(resource.type, template.text_of(value)) for name, value in resource.properties.items()
                          if name in NAMES_BY_TYPE.get(resource.type.removeprefix("AWS::"), ())})
    # The name of the execution log contains the API's id, which differs.
    shared = [name for name, times in names.items() if times > 1 and "${" not in name[1]]
    assert len(names) >= 3 * len(FUNCTIONS) and not shared


NAMES_BY_TYPE = {
    "ApiGateway::RestApi": ("Name",),
    "CloudWatch::Alarm": ("AlarmName",),
    "CloudWatch::Dashboard": ("DashboardName",),
    "DynamoDB::Table": ("TableName",),
    "Events::Archive": ("ArchiveName",),
    "Events::EventBus": ("Name",),
    "Events::Rule": ("Name",),
    "Lambda::Function": ("FunctionName",),
    "Logs::LogGroup": ("LogGroupName",),
    "Logs::QueryDefinition": ("Name",),
    "Logs::ResourcePolicy": ("PolicyName",),
    "S3::Bucket": ("BucketName",),
    "SQS::Queue": ("QueueName",),
    "IAM::Role": ("RoleName",),
}


def test_names_are_within_the_length_limits_of_aws(template):
    for kind, most in {"Events::Archive": 48, "Events::Rule": 64, "Lambda::Function": 64}.items():
        for resource in template.of_type(kind):
            for name in NAMES_BY_TYPE[kind]:
                assert len(resource[name]) <= most


def test_roles_are_named_by_cloudformation(template):
    assert not any("RoleName" in role.properties for role in template.of_type("IAM::Role"))


def test_kept_resources_are_removed_only_after_a_failed_creation(template):
    kept = {resource.id for kind in ("DynamoDB::Table", "Logs::LogGroup", "S3::Bucket")
            for resource in template.of_type(kind)}
    for resource in template.resources.values():
        policies = resource.attributes.get("DeletionPolicy"), resource.attributes.get("UpdateReplacePolicy")
        if resource.id in kept or resource.type == "AWS::ApiGateway::Account" or "CloudWatchRole" in resource.id:
            assert policies == ("RetainExceptOnCreate", "Retain"), resource.id
        else:
            assert policies in ((None, None), ("Delete", "Delete")), resource.id


def test_every_log_group_keeps_logs_for_a_year(template):
    assert {group["RetentionInDays"] for group in template.of_type("Logs::LogGroup")} == {365}
