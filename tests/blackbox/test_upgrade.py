"""A store that an earlier version wrote has no items for roles and deleted users. The server adds them at start. Until
then, lists that need them return 503, and everything else works."""

import shutil

import pytest
from client import Client
from harness import REPOSITORY, Server, run_usersd, wait_until
from people import OPERATOR, standard_principals, write_principals

OLD_STORE = REPOSITORY / "tests/data/old_store"


@pytest.fixture
def old(tmp_path):
    """A server, not started, on a copy of a store that an earlier version wrote."""
    server = Server(tmp_path, "--principals", write_principals(tmp_path / "principals.json", standard_principals()))
    shutil.copytree(OLD_STORE, server.data)
    for path in (server.data, *server.data.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)  # Git keeps no modes
    yield server
    server.kill9()


def format_of(server):
    return (server.data / "FORMAT").read_text()


def lists_are_complete(client):
    """Whether the lists by role and of deleted users agree with the other list and with the audit logs."""
    everyone = client.list_users()
    for role in ("admin", "auditor", "editor", "viewer"):
        assert client.list_users(role=role) == [user for user in everyone if role in user["roles"]]
    assert any(user["roles"] for user in everyone)
    deleted = client.list_users(status="deleted")
    assert all(client.audit(user["userId"])[-1]["changes"]["status"]["after"] == "deleted" for user in deleted)
    return len(everyone), len(deleted)


def test_old_store_is_upgraded_at_start(old):
    assert format_of(old).startswith("usersd-store 2")
    old.start()
    (done,) = old.logged("store_upgraded")
    assert old.logged("store_upgrade_started") and done["users"] == 4 and done["upgraded"] == 4
    assert (done["removedItems"], done["unreadableItems"]) == (0, 0)
    wait_until(lambda: format_of(old).startswith("usersd-store 3"), 60)
    client = Client(old, OPERATOR)
    everyone, deleted = lists_are_complete(client)
    assert everyone + deleted == 4 and deleted > 0
    user_id = client.list_users()[0]["userId"]
    assert client.patch(user_id, externalId="upgraded|1", userName="upgraded").status == 200
    assert [user["userId"] for user in client.find(externalId="upgraded|1")] == [user_id]
    old.stop()
    assert run_usersd("check", "--data", old.data).returncode == 0
    old.start()
    assert old.logged_until_now("store_upgrade_started") == []
    assert lists_are_complete(client) == (everyone, deleted)
    old.stop()


def test_interrupted_upgrade_continues_at_the_next_start(old):
    for _ in range(3):
        old.start()
        old.kill9()
    assert run_usersd("check", "--data", old.data).returncode == 0
    old.start()
    wait_until(lambda: format_of(old).startswith("usersd-store 3"), 60)
    client = Client(old, OPERATOR)
    wait_until(lambda: client.request("GET", "/users", query={"status": "deleted"}).status == 200, 60)
    assert sum(lists_are_complete(client)) == 4
    old.stop()
    assert run_usersd("check", "--data", old.data).returncode == 0


def test_other_requests_are_served_during_the_upgrade(old):
    """Lists that need the new items return 503 or are complete, never in between."""
    old.start()
    client = Client(old, OPERATOR)
    assert len(client.list_users()) > 0 and client.new_user()["version"] == 1
    for query in ({"role": "viewer"}, {"status": "deleted"}):
        response = client.request("GET", "/users", query=query)
        assert response.status in (200, 503)
        wait_until(lambda: client.request("GET", "/users", query=query).status == 200, 60)
        if response.status == 200:
            assert client.request("GET", "/users", query=query).raw == response.raw
        else:
            assert "upgraded" in response.json["message"]
