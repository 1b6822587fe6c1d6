"""The upgrade of a data directory of an earlier version, at the first start of this one. The directory is in
tests/data/store_of_format_2; the name of each of its users says which roles and which status it has."""
import pathlib
import shutil

import pytest
from client import Client
from harness import run_usersd, wait_until
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
    (line,) = old.logged("store_upgraded")
    assert old.logged("store_upgrade_started")
    assert line["users"] == line["upgraded"] == 30 and line["unreadableItems"] == 0
    expect_right_lists(client)
    new = client.new_user()
    assert client.assign(new["userId"], "editor").status == 200
    assert new["userId"] in {user["userId"] for user in client.list_users(role="editor")}
    old.stop()
    assert run_usersd("check", "--data", old.data).returncode == 0
    old.start()
    assert old.logged_until_now("store_upgrade_started") == []


def test_killed_upgrade_continues_at_the_next_start(old):
    for _ in range(5):
        old.start()
        old.kill9()
        assert run_usersd("check", "--data", old.data).returncode == 0
    old.start()
    wait_until(lambda: upgraded(old), 30)
    expect_right_lists(Client(old, OPERATOR))


def test_lists_are_complete_or_return_503_during_the_upgrade(old):
    old.start()
    client = Client(old, OPERATOR)
    assert client.new_user()["version"] == 1
    for query in ({"role": "viewer"}, {"status": "deleted"}):
        response = client.request("GET", "/users", query=query)
        wait_until(lambda: client.request("GET", "/users", query=query).status == 200, 30)
        if response.status == 200:
            assert client.request("GET", "/users", query=query).raw == response.raw
        else:
            assert response.status == 503 and "upgraded" in response.json["message"]
