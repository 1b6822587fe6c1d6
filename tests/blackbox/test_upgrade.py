"""The upgrade of a data directory of an earlier version, at the first start of this one. The directory is in
tests/data/store_of_format_2; the name of each of its users says which roles and which status it has."""
import pathlib
import shutil

import pytest
from client import Client
from harness import wait_until
from people import OPERATOR

OLD = pathlib.Path(__file__).resolve().parents[1] / "data/store_of_format_2"
ROLES = ["admin", "editor", "viewer"]


@pytest.fixture
def old(make_server):
    """A server on a copy of the directory, not started yet."""
    server = make_server(start=False)
    shutil.copytree(OLD, server.data)
    for path in [server.data, *server.data.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    return server


def upgraded(server):
    return (server.data / "FORMAT").read_text() == "usersd-store 3\n"


def expect_right_lists(client):
    """Deleted users are named by their own list, all others by the list without filters."""
    everyone = client.list_users()
    assert len(everyone) > 20
    for role in ROLES:
        named = [user for user in everyone if role in user["name"].split()[0].split(",")]
        assert named and client.list_users(role=role) == named
        assert client.list_users(role=role, status="active") == [u for u in named if u["status"] == "active"]
    deleted = client.list_users(status="deleted")
    assert deleted and all(user["name"].endswith(" deleted") for user in deleted)
    assert not {user["userId"] for user in deleted} & {user["userId"] for user in everyone}


def test_first_start_upgrades_while_requests_are_served(old):
    old.start()
    client = Client(old, OPERATOR)
    assert client.list_users()
    wait_until(lambda: upgraded(old), 30)
    (line,) = [line for line in wait_until(
        lambda: [line for line in old.log_lines() if line["event"].startswith("store_upgraded")])]
    assert line["users"] == line["upgraded"] == 30 and line["unreadableItems"] == 0
    expect_right_lists(client)
    new = client.new_user()
    assert client.assign(new["userId"], "editor").status == 200
    assert new["userId"] in {user["userId"] for user in client.list_users(role="editor")}
    old.stop()
    old.start()
    assert not [line for line in old.log_lines() if line["event"].startswith("store_upgrad")]


def test_killed_upgrade_continues_at_the_next_start(old):
    for _ in range(5):
        old.start()
        old.kill9()
    old.start()
    wait_until(lambda: upgraded(old), 30)
    expect_right_lists(Client(old, OPERATOR))
