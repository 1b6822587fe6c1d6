"""`usersd migrate` on tables that an earlier version wrote. That version wrote no items for roles and deleted users, and
no `items` in profiles; here they are removed from what this version wrote."""

import os

import boto3
import pytest
from client import Client
from harness import run_usersd
from people import OPERATOR
from test_dynamodb import ENVIRONMENT, engine, make_stateless  # noqa: F401 (fixtures)

ROLES = ["admin", "editor", "viewer"]


@pytest.fixture
def users_table(engine):  # noqa: F811
    return boto3.resource(
        "dynamodb", endpoint_url=engine, region_name=ENVIRONMENT["AWS_REGION"],
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"], aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=ENVIRONMENT["AWS_SESSION_TOKEN"]).Table("users")


def as_earlier_version_wrote(table):
    for item in table.scan()["Items"]:
        key = {"PK": item["PK"], "SK": item["SK"]}
        if item["PK"].startswith(("USER_ROLE#", "USER_STATUS#deleted#")):
            table.delete_item(Key=key)
        elif item["PK"].startswith("USER#"):
            table.update_item(Key=key, UpdateExpression="REMOVE #i", ExpressionAttributeNames={"#i": "items"})


def migrate(engine, *more, environment=None):  # noqa: F811
    return run_usersd("migrate", "--store", "dynamodb", "--users-table", "users", "--dynamodb-endpoint", engine, *more,
                      env={"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true",
                           **(ENVIRONMENT if environment is None else environment)})


def fill(client):
    """Users of every kind. Returns the names that each list must show."""
    expected = {name: set() for name in [*ROLES, "deleted"]}
    for number in range(24):
        roles = [role for every, role in zip((2, 3, 5), ROLES) if number % every == 0]
        user_id = client.new_user()["userId"]
        for role in roles:
            assert client.assign(user_id, role).status == 200
        if number % 7 == 0:
            assert client.set_status(user_id, "deleted").status == 200
        for name in ["deleted"] if number % 7 == 0 else roles:
            expected[name].add(user_id)
    return expected


def lists_of(client):
    found = {role: {user["userId"] for user in client.list_users(role=role)} for role in ROLES}
    return {**found, "deleted": {user["userId"] for user in client.list_users(status="deleted")}}


def test_gives_every_user_its_items(make_stateless, engine, users_table):  # noqa: F811
    client = Client(make_stateless("own"), OPERATOR)
    expected = fill(client)
    assert lists_of(client) == expected
    as_earlier_version_wrote(users_table)
    assert lists_of(client) == {name: set() for name in expected}
    result = migrate(engine)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("24 users examined, 24 upgraded, 0 role items removed in ")
    assert "users examined" in result.stderr
    assert lists_of(client) == expected
    assert migrate(engine).stdout.startswith("24 users examined, 0 upgraded, 0 role items removed in ")


def test_removes_role_items_that_an_earlier_version_left(make_stateless, engine, users_table):  # noqa: F811
    client = Client(make_stateless("own"), OPERATOR)
    user_id = client.new_user()["userId"]
    assert client.assign(user_id, "viewer").status == 200
    (item,) = [item for item in users_table.scan()["Items"] if item["PK"].startswith("USER_ROLE#")]
    assert client.remove(user_id, "viewer").status == 200
    users_table.put_item(Item=item)
    assert client.list_users(role="viewer") == []
    assert ", 1 role items removed in " in migrate(engine).stdout
    assert not [item for item in users_table.scan()["Items"] if item["PK"].startswith("USER_ROLE#")]


def test_faults_are_reported_in_one_line(engine):  # noqa: F811
    for arguments, named in [
        (["migrate"], "--store dynamodb: is required"),
        (["migrate", "--store", "local"], "--store dynamodb: is required"),
        (["migrate", "--store", "dynamodb"], "--users-table: is required"),
        (["migrate", "--store", "dynamodb", "--users-table", "a b"], "--users-table a b: must be"),
        (["migrate", "--data", "x"], "--data"),
    ]:
        result = run_usersd(*arguments, env={"PATH": os.environ["PATH"], **ENVIRONMENT})
        assert result.returncode == 2 and named in result.stderr and len(result.stderr.splitlines()) == 1, result
    missing = migrate(engine)
    assert missing.returncode == 2 and missing.stdout == ""
    (line,) = [line for line in missing.stderr.splitlines() if line.startswith("usersd: ")]
    assert line.startswith("usersd: --users-table users: ") and "Run the command again" in line
