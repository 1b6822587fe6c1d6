"""The log must show an operator that --roles was forgotten, and show an auditor who read which users."""

import hashlib
import json

import pytest
from client import Client, fresh_email
from harness import REPOSITORY
from people import OPERATOR

CATALOGUE = {"version": 1, "roles": [
    {"name": "night-shift", "description": "Works at night", "permissions": ["doors:open"]},
    {"name": "admin", "description": "All", "permissions": ["all"]}]}


def test_the_loaded_catalogue_is_in_the_log(make_server, tmp_path):
    file = tmp_path / "roles.json"
    file.write_text(json.dumps(CATALOGUE))
    server = make_server("--roles", file)
    (line,) = server.logged("catalogue_loaded")
    assert line["path"] == str(file) and line["roles"] == ["admin", "night-shift"]
    assert line["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    server = make_server(name="default")
    (line,) = server.logged("catalogue_loaded")
    shipped = REPOSITORY / "src/domain/default_roles.json"
    assert line["path"] == "(built in)" and line["roles"] == ["admin", "auditor", "editor", "viewer"]
    assert line["sha256"] == hashlib.sha256(shipped.read_bytes()).hexdigest()


def test_forgotten_catalogue_is_reported(make_server, tmp_path):
    file = tmp_path / "roles.json"
    file.write_text(json.dumps(CATALOGUE))
    server = make_server("--roles", file)
    client = Client(server, OPERATOR)
    users = [client.new_user()["userId"] for _ in range(120)]  # more than a page
    for user_id in (users[0], users[60], users[-1]):
        assert client.request("POST", "/users/%s/roles" % user_id, {"role": "night-shift"}).status == 200
    assert client.request("POST", "/users/%s/roles" % users[1], {"role": "admin"}).status == 200
    client.close()
    assert [line for line in server.stop() if line["event"] == "unknown_roles_held"] == []

    server.arguments = [a for a in server.arguments if a not in ("--roles", str(file))]
    server.start()
    (line,) = server.logged("unknown_roles_held")
    assert line["level"] == "warning" and line["roles"] == ["night-shift"] and line["users"] == 3


@pytest.mark.parametrize("query,filters,shown", [
    ({}, [], 3), ({"limit": "2"}, [], 2), ({"status": "disabled"}, ["status"], 0), ({"email": None}, ["email"], 1),
    ({"email": None, "status": "active"}, ["status", "email"], 1), ({"surprise": "email"}, [], None),
    ({"externalId": "okta|shown-to-nobody"}, ["externalId"], 1), ({"userName": "SHOWN.TO.NOBODY"}, ["userName"], 1),
    ({"userName": "another.shown"}, ["userName"], 0), ({"role": "viewer"}, ["role"], 1),
    ({"role": "viewer", "status": "disabled", "createdTo": "2000-01-01T00:00:00Z"}, ["status", "role", "createdTo"], 0),
    ({"status": "deleted"}, ["status"], 0), ({"status": "deleted", "role": "editor"}, ["status", "role"], None)])
def test_log_line_of_a_list_has_filters_and_number_of_users(make_server, query, filters, shown):
    """It never has a value of a filter."""
    client = Client(make_server(), OPERATOR)
    email = fresh_email("shown")
    user = client.new_user(email=email, handles={"externalId": "okta|shown-to-nobody", "userName": "shown.to.nobody"})
    client.assign(user["userId"], "viewer")
    client.new_user()
    client.new_user()
    query = {name: value or email for name, value in query.items()}
    response = client.request("GET", "/users", query=query)
    client.close()
    lines = client.server.stop()
    (line,) = [line for line in lines if line.get("correlationId") == response.headers["x-correlation-id"]]
    assert line["filters"] == filters and line.get("users") == shown
    assert "shown" not in str(lines).lower() and not any(word in str(line) for word in ("viewer", "deleted", "2000"))
    assert line["address"] == "127.0.0.1" and line["principal"] == OPERATOR.arn
    assert "users" not in next(line for line in lines if line.get("operation") == "users_register_create")
