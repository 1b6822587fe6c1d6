"""CloudFormation must accept the template, and an event that the real relay publishes must reach the log group and
the archive of the stack. moto's server simulates AWS, but runs no function and no API."""
import json
import time

import boto3
import pytest

from buses import delivered, moto_server
from conftest import ASSEMBLY, PACKAGES
from events import registration
from functions import CREDENTIALS, Function
from stream import records_of
from template import references

STACK = "users-dev-stack"
REGION = "us-east-1"
LONGEST_WAIT = 60  # seconds


def client(url, service):
    return boto3.client(service, endpoint_url=url, region_name=REGION, aws_access_key_id="AKIDGATEWAY",
                        aws_secret_access_key="secret-of-a-test")


def put_assets(url):
    """Uploads the assets, as `cdk deploy` does before it submits the template."""
    storage = client(url, "s3")
    for asset in json.loads((ASSEMBLY / (STACK + ".assets.json")).read_text())["files"].values():
        (destination,) = asset["destinations"].values()
        bucket = destination["bucketName"].replace("${AWS::AccountId}", "123456789012")
        storage.create_bucket(Bucket=bucket)  # repeatedly: in this region that is not an error
        storage.put_object(Bucket=bucket, Key=destination["objectKey"],
                           Body=(ASSEMBLY / asset["source"]["path"]).read_bytes())


def for_moto(template):
    """The template without features that moto lacks: moto represents a reference to a bus by its own object, does not
    know the id of an event source, and expects an archive's pattern as text."""
    (bus,), (archive,) = template.of_type("Events::EventBus"), template.of_type("Events::Archive")
    (mapping,) = template.of_type("Lambda::EventSourceMapping")
    name = template.resources[bus]["Properties"]["Name"]
    text = json.dumps({"Resources": template.resources}).replace(json.dumps({"Ref": bus}), json.dumps(name))
    text = text.replace(json.dumps({"Fn::GetAtt": [mapping, "Id"]}), '"an-id"')
    whole = json.loads(text)
    properties = whole["Resources"][archive]["Properties"]
    properties["EventPattern"] = json.dumps(properties["EventPattern"])
    return json.dumps(whole), name


@pytest.fixture
def stack(template):
    """(URL, name of the bus) of the deployed stack."""
    with moto_server() as url:
        put_assets(url)
        body, bus = for_moto(template)
        formation = client(url, "cloudformation")
        formation.create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        (made,) = formation.describe_stacks(StackName=STACK)["Stacks"]
        assert made["StackStatus"] == "CREATE_COMPLETE"
        yield url, bus


def test_stack_is_created(stack, template):
    url, bus = stack
    names = client(url, "dynamodb").list_tables()["TableNames"]
    assert sorted(names) == sorted(table["TableName"] for table in template.of_type("DynamoDB::Table").values())
    functions = {function["FunctionName"]: function for function in client(url, "lambda").list_functions()["Functions"]}
    assert len(functions) == 9
    assert all(function["MemorySize"] == 256 and function["Runtime"] == "provided.al2023"
               for function in functions.values())
    groups = client(url, "logs").describe_log_groups()["logGroups"]
    assert len(groups) == len(template.of_type("Logs::LogGroup"))
    assert all(group["retentionInDays"] == 365 for group in groups)
    rules = client(url, "events").list_rules(EventBusName=bus)["Rules"]
    assert len(rules) == 2  # the rule of the stack, and the rule that feeds the archive
    (mapping,) = client(url, "lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_published_events_are_logged_and_archived(stack, deploy, template, tmp_path):
    url, bus = stack
    deployment = deploy()
    functions = {operation: name for name, operation in deployment.functions.operations.items()}
    response = deployment.functions.invoke(functions["users_register_create"], registration("ann"))
    user_id = json.loads(response["body"])["userId"]

    folder = tmp_path / "relay"
    folder.mkdir()
    users = deployment.tables[0]
    relay = Function(folder, PACKAGES / "users_audit_publish.zip",
                     {**CREDENTIALS, "USERS_TABLE_NAME": users, "EVENT_BUS_NAME": bus, "AWS_ENDPOINT_URL": url})
    try:
        published = relay.invoke({"Records": records_of(deployment.engine, deployment.stream)})
    finally:
        relay.close()
    assert published == {"batchItemFailures": []}
    (event,) = delivered(client(url, "logs"))
    assert (event["detail"]["userId"], event["detail"]["action"]) == (user_id, "USER_CREATED")

    events = client(url, "events")
    (archive,) = events.list_archives()["Archives"]
    assert (archive["EventCount"], archive["RetentionDays"]) == (1, 365)
    arn = events.describe_event_bus(Name=bus)["Arn"]
    events.start_replay(ReplayName="again", EventSourceArn=events.describe_archive(
        ArchiveName=archive["ArchiveName"])["ArchiveArn"], Destination={"Arn": arn}, EventStartTime=0,
        EventEndTime=time.time() + 60)
    end = time.monotonic() + LONGEST_WAIT
    while len(delivered(client(url, "logs"))) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    first, again = delivered(client(url, "logs"))
    assert again["detail"] == first["detail"] and "again" in (first.get("replay-name"), again.get("replay-name"))


def test_template_references_resolve(template):
    missing = {name for resource in template.resources.values() for name in references(resource)
               if name not in template.resources}
    assert missing == set()
