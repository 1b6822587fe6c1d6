"""The event bus, its log and its archive."""
import json

import pytest


@pytest.fixture
def bus(template, named):
    return template.only("Events::EventBus", Name=named("user-management-audit-events"))


@pytest.fixture
def rule(template):
    return template.only("Events::Rule")


@pytest.fixture
def log_group(template, named):
    return template.only("Logs::LogGroup", LogGroupName=named("/aws/events/user-management/audit"))


def test_only_the_relay_puts_events(template, bus):
    policy = template.only("Events::EventBusPolicy")
    assert policy["EventBusName"] in ({"Ref": bus.id}, bus["Name"])
    relay = template.resources[template.function("users_audit_publish")["Role"]["Fn::GetAtt"][0]]
    assert policy["Statement"] == {
        "Sid": policy["StatementId"], "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "events:PutEvents",
        "Resource": {"Fn::GetAtt": [bus.id, "Arn"]},
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": [relay.id, "Arn"]}},
                      "Bool": {"aws:PrincipalIsAWSService": "false"}}}


def test_the_archive_keeps_events_for_a_year(template, bus):
    archive = template.only("Events::Archive")
    assert archive["RetentionDays"] == 365
    assert archive["SourceArn"] == {"Fn::GetAtt": [bus.id, "Arn"]}
    assert archive["EventPattern"] == {"source": ["user-management.users"]}


def test_the_rule_writes_audit_events_only_to_the_log_group(template, bus, rule, log_group):
    assert rule["EventBusName"] == {"Ref": bus.id}
    assert rule["EventPattern"] == {"source": ["user-management.users"], "detail-type": ["UserAuditEvent"]}
    target, = rule["Targets"]
    assert template.text_of(target["Arn"]) == (
        f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{log_group.id}}}")
    assert "RoleArn" not in target


def test_events_that_cannot_be_written_wait_in_an_encrypted_queue(template, rule):
    queue = template.only("SQS::Queue")
    target, = rule["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue.id, "Arn"]}}
    assert queue["SqsManagedSseEnabled"] is True  # a bus cannot send to a queue under alias/aws/sqs
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_only_the_rule_sends_to_the_queue(template, rule):
    policy = template.only("SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    allowed = [statement for statement in policy if statement["Effect"] == "Allow"]
    assert allowed == [{
        "Effect": "Allow", "Action": "sqs:SendMessage", "Principal": {"Service": "events.amazonaws.com"},
        "Resource": {"Fn::GetAtt": [template.only("SQS::Queue").id, "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule.id, "Arn"]}}}}]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        statement.get("Condition") for statement in policy if statement["Effect"] == "Deny"]


def test_only_the_rule_writes_to_the_log_group(template, rule, log_group):
    policy = template.only("Logs::ResourcePolicy")
    create, put = json.loads(template.text_of(policy["PolicyDocument"]))["Statement"]
    for statement in create, put:
        assert statement["Effect"] == "Allow"
        assert statement["Principal"] == {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
        assert statement["Resource"] == f"${{{log_group.id}.Arn}}"
    assert create["Action"] == "logs:CreateLogStream"
    assert put["Action"] == "logs:PutLogEvents"
    assert put["Condition"] == {"ArnEquals": {"aws:SourceArn": f"${{{rule.id}.Arn}}"}}
