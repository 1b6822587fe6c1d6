"""The path from the users table's stream to the relay, and the handling of failed batches."""
import json

import pytest


@pytest.fixture
def mapping(template):
    return template.only("Lambda::EventSourceMapping")


@pytest.fixture
def bucket(template):
    return template.only("S3::Bucket")


def test_the_relay_reads_the_stream_from_its_oldest_record(template, mapping, named):
    table = template.only("DynamoDB::Table", TableName=named("user-management-users"))
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [table.id, "StreamArn"]}
    assert mapping["FunctionName"] == {"Fn::GetAtt": [template.function("users_audit_publish").id, "Arn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_the_relay_gets_only_new_audit_entries(mapping):
    pattern, = mapping["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {
        "eventName": ["INSERT"], "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "AUDIT#"}]}}}}


def test_a_bad_record_blocks_its_user_for_a_bounded_time(mapping):
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["ParallelizationFactor"] == 10
    assert mapping["MaximumRetryAttempts"] == 1_000
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 60 * 60
    assert mapping["MaximumRecordAgeInSeconds"] < 24 * 60 * 60  # the stream keeps 24 hours


def test_failed_batches_are_kept_whole(mapping, bucket):
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [bucket.id, "Arn"]}}}


def test_the_bucket_is_encrypted_private_and_expires_after_35_days(template, bucket):
    rules = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rules == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True)
    assert bucket["LifecycleConfiguration"] == {"Rules": [{"ExpirationInDays": 35, "Status": "Enabled"}]}
    statement, = template.only("S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
