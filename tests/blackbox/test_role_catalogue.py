"""The catalogue configures the roles, their permissions, and who may grant them or delete users. An IAM policy cannot
express this, because role and status are in the request body. The rules must also apply after a restart with another
catalogue."""

import json

import pytest
from audit_chain import check_user
from client import Client, fresh_key
from people import OPERATOR, OTHER, SESSION_A, SESSION_B


def role(name, *permissions, **more):
    return {"name": name, "description": "The role " + name, "permissions": list(permissions), **more}


@pytest.fixture
def with_roles(make_server, tmp_path):
    """with_roles(roles, deletableBy=...): a client of a server with this catalogue. With server=..., that server is
    restarted with this catalogue."""
    file = tmp_path / "roles.json"

    def make(roles, server=None, **more):
        file.write_text(json.dumps({"version": 1, "roles": roles, **more}))
        if server is None:
            server = make_server("--roles", file)
        else:
            server.stop()
            server.start()
        return Client(server, OPERATOR)

    return make


def test_default_catalogue(client):
    user_id = client.new_user()["userId"]
    for name in ("admin", "editor", "viewer", "auditor"):
        assert client.assign(user_id, name).status == 200
    permissions = client.get(user_id)["permissions"]
    assert permissions == sorted(set(permissions)) and "users:read" in permissions


def test_permissions_are_the_sorted_union(with_roles):
    client = with_roles([role("a", "z:9", "b:1", "A:1"), role("b", "b:1", "c:*", "a/b.c-d_e"), role("none")])
    user_id = client.new_user()["userId"]
    for name in ("none", "b", "a"):
        client.assign(user_id, name)
    user = client.get(user_id)
    assert user["roles"] == ["a", "b", "none"]
    assert user["permissions"] == sorted({"z:9", "b:1", "A:1", "c:*", "a/b.c-d_e"})


def test_only_permitted_callers_may_grant_a_role(with_roles):
    client = with_roles([
        role("free"), role("nobody", grantableBy=[]), role("exact", grantableBy=[OTHER.arn]),
        role("service", grantableBy=["arn:aws:sts::*:assumed-role/Service/*"]),
        role("session-a", grantableBy=["arn:aws:sts::123456789012:assumed-role/Service/a"]),
        role("question", grantableBy=["arn:aws:iam::????????????:user/oper?tor", OTHER.arn]),
    ])
    may = {
        "free": {OPERATOR, OTHER, SESSION_A, SESSION_B}, "nobody": set(), "exact": {OTHER},
        "service": {SESSION_A, SESSION_B}, "session-a": {SESSION_A}, "question": {OPERATOR, OTHER},
    }
    for name, admitted in may.items():
        for key in (OPERATOR, OTHER, SESSION_A, SESSION_B):
            user_id = client.new_user()["userId"]
            caller = client.as_(key)
            assert caller.assign(user_id, name).status == (200 if key in admitted else 403), (name, key.arn)
            if key in admitted:
                assert caller.remove(user_id, name).status == 200
            else:
                # 403 whether or not the role is assigned, so the response does not reveal it.
                assert caller.remove(user_id, name).status == 403, (name, key.arn)
                assert client.get(user_id)["version"] == 1


def test_removal_requires_permission_to_grant(with_roles):
    client = with_roles([role("guarded", grantableBy=[OTHER.arn])])
    user_id = client.new_user()["userId"]
    assert client.as_(OTHER).assign(user_id, "guarded").status == 200
    assert client.remove(user_id, "guarded").status == 403
    assert client.request("DELETE", "/users/%s/roles/%%67uarded" % user_id).status == 403
    assert client.as_(OTHER).remove(user_id, "guarded").status == 200


@pytest.mark.parametrize("patterns,may", [
    (None, {OPERATOR, OTHER, SESSION_A}), ([], set()), ([OTHER.arn], {OTHER}),
    (["arn:aws:sts::*:assumed-role/*/a"], {SESSION_A}), (["*"], {OPERATOR, OTHER, SESSION_A})], ids=str)
def test_only_permitted_callers_may_delete_users(with_roles, patterns, may):
    client = with_roles([role("a")], **({} if patterns is None else {"deletableBy": patterns}))
    for key in (OPERATOR, OTHER, SESSION_A, SESSION_B):
        user_id = client.new_user()["userId"]
        caller = client.as_(key)
        assert caller.set_status(user_id, "disabled").status == 200
        admitted = key in may or (key is SESSION_B and patterns in (None, ["*"]))
        assert caller.set_status(user_id, "deleted").status == (200 if admitted else 403), key.arn
        if not admitted:
            assert client.get(user_id)["status"] == "disabled"


def test_role_removed_from_the_catalogue_stays_assigned(with_roles):
    client = with_roles([role("old", "old:read"), role("stays", "stays:read")])
    user_id = client.new_user()["userId"]
    other_id = client.new_user()["userId"]
    key = {"Idempotency-Key": fresh_key()}
    first = client.assign(user_id, "old", headers=key)
    client.assign(user_id, "stays")
    assert client.get(user_id)["permissions"] == ["old:read", "stays:read"]

    client = with_roles([role("stays", "stays:read", "stays:more")], server=client.server)
    user = client.get(user_id)
    assert user["roles"] == ["old", "stays"] and user["permissions"] == ["stays:more", "stays:read"]
    assert user["version"] == 3  # the user itself has not changed
    assert client.list_users()[0]["roles"] == ["old", "stays"]
    response = client.assign(other_id, "old")
    assert response.status == 400 and response.fields == {"role"}
    response = client.assign(user_id, "old")
    assert response.status == 400 and response.fields == {"role"}  # an unknown role is rejected even if it is assigned
    assert client.patch(user_id, name="Still Works").json["roles"] == ["old", "stays"]
    assert client.remove(user_id, "old").json["roles"] == ["stays"]
    assert client.remove(user_id, "old").status == 404
    check_user(client, user_id)

    # A role that returns can be assigned again, and the first response is still replayed.
    client = with_roles([role("old", "old:write")], server=client.server)
    assert client.get(user_id)["permissions"] == []
    replayed = client.assign(user_id, "old", headers=key)
    assert replayed.replayed and replayed.raw == first.raw
    assert client.assign(user_id, "old").status == 200
    assert client.get(user_id)["permissions"] == ["old:write"]


def test_user_has_at_most_50_roles(with_roles, together):
    client = with_roles([role("r%02d" % number, "p:%02d" % number) for number in range(60)])
    user_id = client.new_user()["userId"]
    for number in range(50):
        assert client.assign(user_id, "r%02d" % number).status == 200
    response = client.assign(user_id, "r50")
    assert response.status == 400 and response.fields == {"role"}
    assert client.assign(user_id, "r00").status == 200  # already assigned: a no-op
    assert client.remove(user_id, "r00").status == 200
    responses = together(8, lambda number: client.assign(user_id, "r%02d" % (50 + number)))
    assert sorted(response.status for response in responses) == [200] + [400] * 7
    assert len(client.get(user_id)["roles"]) == 50 == len(client.get(user_id)["permissions"])
    check_user(client, user_id)


def test_largest_catalogue_works(with_roles):
    names = ["r" + "x" * 60 + "%03d" % number for number in range(256)]
    client = with_roles([role(name, *["p" * 125 + "%03d" % number for number in range(64)],
                              grantableBy=["*"]) for name in names])
    user_id = client.new_user()["userId"]
    assert client.assign(user_id, names[-1]).status == 200
    assert len(client.get(user_id)["permissions"]) == 64
