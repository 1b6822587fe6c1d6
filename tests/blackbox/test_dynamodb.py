"""With --store dynamodb, servers keep no state of their own. After one server has responded, every other server on the
same tables must see the change, even if the first one is killed. A wrong start is reported in one line."""

import os
import sys

import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from harness import REPOSITORY, run_usersd
from people import OPERATOR, standard_principals, write_principals
from walks import fill, walk_while_others_write

sys.path.append(str(REPOSITORY / "tests/packages"))

from programs import responding  # noqa: E402

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIDBLACKBOX", "AWS_SECRET_ACCESS_KEY": "secret-of-a-black-box-test",
               "AWS_SESSION_TOKEN": "token-of-a-black-box-test", "AWS_REGION": "eu-central-1"}
TABLES = ["--users-table", "users", "--idempotency-table", "idempotency"]


@pytest.fixture
def engine():
    """The URL of a DynamoDB Local for this test."""
    with responding([str(REPOSITORY / "tests/engines/start"), "dynamodb-local", "{port}"]) as url:
        yield url


@pytest.fixture
def make_stateless(make_server, engine):
    """make_stateless(name): starts a server on the engine's tables."""
    def make(name, *more):
        server = make_server("--store", "dynamodb", "--dynamodb-endpoint", engine, *TABLES, "--create-tables",
                             *more, name=name, start=False)
        server.environment = ENVIRONMENT
        server.start()
        return server
    return make


def test_every_server_sees_acknowledged_changes(make_stateless):
    first, second, third = (make_stateless(name) for name in ("first", "second", "third"))
    assert first.ready["relay"] == "none" and "try" not in first.ready
    assert not first.data.exists()
    one, two, three = (Client(server, OPERATOR) for server in (first, second, third))
    key, email = fresh_key(), fresh_email()
    created = one.create(email=email, key=key)
    assert created.status == 201
    user_id = created.json["userId"]
    assert two.get(user_id) == created.json
    replay = three.create(email=email, key=key)
    assert replay.replayed and replay.raw == created.raw
    body = {"idempotencyKey": fresh_key(), "email": email, "name": "x"}
    assert two.request("POST", "/users", body).status == 409
    assert two.assign(user_id, "viewer").status == 200
    first.kill9()
    assert three.get(user_id)["roles"] == ["viewer"]
    assert three.set_status(user_id, "disabled").json["version"] == 3
    assert [user["userId"] for user in two.list_users()] == [user_id]
    assert [user["userId"] for user in two.find(email)] == [user_id]
    check_user(two, user_id)


def test_walks_are_complete_while_other_servers_change_users(make_stateless, together):
    clients = [Client(make_stateless(name), OPERATOR) for name in ("first", "second", "third")]
    walk_while_others_write(clients[0], clients, fill(clients[0], together, 60))


def test_metrics_describe_the_store(make_stateless):
    server = make_stateless("own", "--list-shards", "3")
    Client(server, OPERATOR).new_user()
    text = server.metrics_text()
    assert "users_store_calls_total" in text and "users_store_connections_total" in text


def test_log_contains_no_secret(make_stateless):
    server = make_stateless("own", "--log-level", "debug")
    Client(server, OPERATOR).new_user()
    server.stop()
    for secret in (ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], ENVIRONMENT["AWS_SESSION_TOKEN"]):
        assert secret not in server.log_text()


def rejected(tmp_path, *arguments, names, environment=None, lines=1):
    result = run_usersd("serve", "--listen", "127.0.0.1:0", *arguments, cwd=tmp_path,
                        env={"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true",
                             **(ENVIRONMENT if environment is None else environment)})
    assert result.returncode == 2 and result.stdout == "", result
    said = [line for line in result.stderr.splitlines() if line.startswith("usersd: ")]
    assert len(said) == 1 and names in said[0], result.stderr
    assert not any(secret in result.stderr for secret in ENVIRONMENT.values() if "test" in secret)
    assert not (tmp_path / "users-data").exists()
    return said[0]


def test_wrong_options(tmp_path):
    principals = ["--principals", write_principals(tmp_path / "principals.json", standard_principals())]
    dynamodb = ["--store", "dynamodb"]
    rejected(tmp_path, "--store", "sqlite", names="--store sqlite")
    rejected(tmp_path, "--users-table", "users", names="--users-table")
    rejected(tmp_path, "--create-tables", names="--create-tables")
    rejected(tmp_path, *dynamodb, *principals, "--users-table", "users", names="--idempotency-table")
    rejected(tmp_path, *dynamodb, *principals, "--idempotency-table", "users", names="--users-table")
    rejected(tmp_path, *dynamodb, *TABLES, names="--principals")
    rejected(tmp_path, *dynamodb, *principals, "--users-table", "one", "--idempotency-table", "one",
            names="--idempotency-table one")
    for table in ("", "ab", "a b c", "x" * 256, "users/1"):
        rejected(tmp_path, *dynamodb, *principals, "--users-table", table, names="--users-table")
    for shards in ("", "0", "1025", "-1", "8.0", "x"):
        rejected(tmp_path, *dynamodb, *principals, *TABLES, "--list-shards", shards, names="--list-shards")
    for url in ("", "127.0.0.1:8000", "ftp://h", "http://h:0", "http://h/path", "http://u:p@h"):
        rejected(tmp_path, *dynamodb, *principals, *TABLES, "--dynamodb-endpoint", url, names="--dynamodb-endpoint")


def test_wrong_environment_is_reported(tmp_path):
    whole = ["--store", "dynamodb", *TABLES, "--principals",
             write_principals(tmp_path / "principals.json", standard_principals())]
    here = ["--dynamodb-endpoint", "http://127.0.0.1:1"]  # an unused port
    no_region = {name: value for name, value in ENVIRONMENT.items() if name != "AWS_REGION"}
    rejected(tmp_path, *whole, names="AWS_REGION", environment=no_region)
    rejected(tmp_path, *whole, *here, names="AWS_ACCESS_KEY_ID", environment={})
    rejected(tmp_path, *whole, *here, names="users: the store cannot be reached")
    rejected(tmp_path, *whole, "--create-tables", names="--create-tables")
    rejected(tmp_path, *whole, names="AWS_ENDPOINT_URL", environment={**ENVIRONMENT, "AWS_ENDPOINT_URL": "x"})


def test_missing_tables_are_reported(tmp_path, engine):
    principals = write_principals(tmp_path / "principals.json", standard_principals())
    rejected(tmp_path, "--store", "dynamodb", *TABLES, "--principals", principals, "--dynamodb-endpoint", engine,
            names="users: there is no such table")
