"""The two tables."""
import pytest


@pytest.fixture
def users(template, named):
    return template.only("DynamoDB::Table", TableName=named("user-management-users"))


@pytest.fixture
def idempotency(template, named):
    return template.only("DynamoDB::Table", TableName=named("user-management-idempotency"))


def test_keys_match_the_single_table_design(users, idempotency):
    assert users["KeySchema"] == [
        {"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
    assert idempotency["KeySchema"] == [{"AttributeName": "PK", "KeyType": "HASH"}]
    assert {a["AttributeType"] for table in (users, idempotency) for a in table["AttributeDefinitions"]} == {"S"}


def test_there_are_no_indexes(users, idempotency):
    for table in users, idempotency:
        assert "GlobalSecondaryIndexes" not in table.properties and "LocalSecondaryIndexes" not in table.properties


def test_tables_are_on_demand_encrypted_and_recoverable(users, idempotency):
    for table in users, idempotency:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["SSESpecification"] == {"SSEEnabled": True}  # under the key that AWS manages
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_idempotency_keys_expire_and_users_do_not(users, idempotency):
    assert idempotency["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert "TimeToLiveSpecification" not in users.properties


def test_only_the_users_table_has_a_stream(users, idempotency):
    assert users["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert "StreamSpecification" not in idempotency.properties


def test_production_is_protected_and_warm(users, idempotency, environment):
    production = environment == "prod"
    for table in users, idempotency:
        assert table.get("DeletionProtectionEnabled", False) is production
    warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 12_000}
    assert users.get("WarmThroughput") == (warm if production else None)
    assert "WarmThroughput" not in idempotency.properties
