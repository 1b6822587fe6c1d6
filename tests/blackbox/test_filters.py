"""Lists by role and lists of deleted users: who has this role, and who was deleted. Filters combine, or the request is
rejected."""

import itertools
import json
import threading

import pytest
from client import Client, fresh_email
from people import OPERATOR
from walks import fill, ids

HANDLES = ["email", "externalId", "userName"]


@pytest.fixture
def own(make_server):
    return Client(make_server("--log-level", "warning"), OPERATOR)


def rejected(client, query, fields):
    response = client.request("GET", "/users", query=query)
    assert response.status == 400 and response.fields == fields, (query, response)


# --- by role

def test_role_filter(own, together):
    users = fill(own, together, 24)
    viewers, editors = users[::2], users[::3]
    for role, holders in (("viewer", viewers), ("editor", editors)):
        for user_id in holders:
            own.assign(user_id, role)
    for limit in (1, 2, 5, 12, 100):
        assert ids(own.list_users(limit, role="viewer")) == viewers
        assert ids(own.list_users(limit, role="editor")) == editors
    assert own.list_users(role="admin") == []
    own.remove(viewers[0], "viewer")
    own.set_status(viewers[1], "deleted")
    own.set_status(viewers[2], "disabled")
    own.patch(viewers[3], name="Changed")
    assert ids(own.list_users(3, role="viewer")) == viewers[2:]
    shown = {user["userId"]: user for user in own.list_users(role="viewer")}
    assert shown[viewers[3]]["name"] == "Changed" and shown[viewers[2]]["status"] == "disabled"
    assert list(shown.values()) == [user for user in own.list_users() if "viewer" in user["roles"]]
    own.assign(viewers[0], "viewer")
    assert ids(own.list_users(role="viewer")) == [viewers[0], *viewers[2:]]


def test_role_combines_with_status_and_times(own, together):
    users = fill(own, together, 20)
    for user_id in users[:15]:
        own.assign(user_id, "viewer")
    disabled = users[::2]
    for user_id in disabled:
        own.set_status(user_id, "disabled")
    times = {user["userId"]: user["createdAt"] for user in own.list_users()}
    begin, end = times[users[4]], times[users[12]]
    for limit in (1, 3, 100):
        assert ids(own.list_users(limit, role="viewer", status="disabled")) == [u for u in users[:15] if u in disabled]
        assert ids(own.list_users(limit, role="viewer", status="active")) == [u for u in users[:15] if u not in disabled]
        expected = [user_id for user_id in users[:15] if begin <= times[user_id] < end]
        assert ids(own.list_users(limit, role="viewer", createdFrom=begin, createdTo=end)) == expected
        assert ids(own.list_users(limit, role="viewer", createdFrom=begin, createdTo=end, status="active")) == [
            user_id for user_id in expected if user_id not in disabled]


@pytest.mark.parametrize("role", ["never-heard-of", "a", "z0-9-", "x" * 64])
def test_unknown_role_has_no_holders(client, role):
    assert client.list_users(role=role) == []


@pytest.mark.parametrize("role", ["", " ", "Viewer", "VIEWER", "viewer ", " viewer", "9viewer", "-viewer", "view_er", "x" * 65,
                                  "viewer,editor", "*", "vi*", "viewer\0", "ｖiewer", "viewer#0", "a/b", "é"], ids=ascii)
def test_text_that_is_no_name_of_a_role_is_rejected(client, role):
    rejected(client, {"role": role}, {"role"})


def test_role_that_left_the_catalogue_still_lists_its_holders(make_server, tmp_path):
    file = tmp_path / "roles.json"

    def write(*names):
        file.write_text(json.dumps({"version": 1, "roles": [
            {"name": name, "description": name, "permissions": []} for name in names]}))

    write("night-shift", "day-shift")
    server = make_server("--roles", file)
    client = Client(server, OPERATOR)
    user_id = client.new_user()["userId"]
    client.assign(user_id, "night-shift")
    server.stop()
    write("day-shift")
    server.start()
    assert ids(client.list_users(role="night-shift")) == [user_id]
    assert client.remove(user_id, "night-shift").status == 200
    assert client.list_users(role="night-shift") == []


def test_walks_by_role_are_complete_while_roles_change(own, together):
    """No walk skips or repeats a user that holds the role throughout, and every user that it shows holds the role."""
    users = fill(own, together, 40)
    still, flipped = users[::2], users[1::2]
    for user_id in still:
        own.assign(user_id, "viewer")
    stopping = threading.Event()

    def churn(number):
        rounds = 0
        while not stopping.is_set():
            user_id = flipped[(number + 3 * rounds) % len(flipped)]
            assert own.assign(user_id, "viewer").status in (200, 404)
            assert own.patch(still[rounds % len(still)], name="Round %d" % rounds).status == 200
            if rounds % 7 == 6:
                own.set_status(own.assign(own.new_user()["userId"], "viewer").json["userId"], "deleted")
            assert own.remove(user_id, "viewer").status in (200, 404)
            rounds += 1
        return rounds

    def walk():
        for limit in (1, 3, 7, 2, 20, 100):
            shown = own.list_users(limit, role="viewer")
            assert ids(shown) == sorted(set(ids(shown)))
            assert [user_id for user_id in ids(shown) if user_id in set(still)] == still
            assert all("viewer" in user["roles"] for user in shown)

    def work(number):
        if number:
            return churn(number)
        try:
            return walk()
        finally:
            stopping.set()

    assert all(rounds > 0 for rounds in together(4, work)[1:])


# --- deleted users

def test_deleted_users_are_listed_on_request_only(own, together):
    users = fill(own, together, 21)
    deleted = users[::3]
    for user_id in users[::2]:
        own.assign(user_id, "viewer")
    before = {user["userId"]: user for user in own.list_users()}
    for user_id in deleted:
        own.set_status(user_id, "deleted")
    for limit in (1, 2, 7, 100):
        assert ids(own.list_users(limit, status="deleted")) == deleted
    for query in ({}, {"status": "active"}, {"status": "disabled"}, {"role": "viewer"}):
        assert not set(ids(own.list_users(**query))) & set(deleted)
    for user in own.list_users(status="deleted"):
        old = before[user["userId"]]
        assert user == {**old, "status": "deleted", "version": old["version"] + 1}
    times = [before[user_id]["createdAt"] for user_id in deleted]
    assert ids(own.list_users(2, status="deleted", createdFrom=times[2], createdTo=times[5])) == [
        user_id for user_id, time in zip(deleted, times) if times[2] <= time < times[5]]


def test_deleted_user_stays_listed_when_its_handles_have_a_new_owner(client):
    email = fresh_email()
    handles = {"externalId": "okta|" + email, "userName": email}
    old = client.new_user(email=email, handles=handles)
    client.set_status(old["userId"], "deleted")
    new = client.new_user(email=email, handles=handles)
    since = old["createdAt"]
    (found,) = [user for user in client.list_users(status="deleted", createdFrom=since)
                if user["userId"] == old["userId"]]
    assert (found["email"], found["externalId"], found["userName"]) == (email, "okta|" + email, email)
    for kind, value in {"email": email, **handles}.items():
        assert ids(client.find(**{kind: value})) == [new["userId"]]


def test_disabled_user_is_deleted_from_its_list(own):
    user_id = own.new_user()["userId"]
    own.set_status(user_id, "disabled")
    own.set_status(user_id, "deleted")
    assert own.list_users(status="disabled") == [] and ids(own.list_users(status="deleted")) == [user_id]


# --- combinations

VALUES = {"status": None, "role": "viewer", "createdFrom": "2026-01-01T00:00:00Z", "createdTo": "2999-01-01T00:00:00Z",
          "email": "nobody@blackbox.example", "externalId": "nobody|external", "userName": "nobody|name"}


def faults_of(query):
    """The parameters that must not be where the others are."""
    handles = [kind for kind in HANDLES if kind in query]
    faults = set(handles[1:])
    if handles:
        faults |= {"role", "createdFrom", "createdTo"} & set(query)
    if query.get("status") == "deleted":
        faults |= {"role", *HANDLES} & set(query)
    return faults


@pytest.mark.parametrize("status", [None, "active", "disabled", "deleted"])
def test_every_combination_of_filters_works_or_is_rejected(client, status):
    names = [name for name in VALUES if name != "status"]
    for count in range(len(names) + 1):
        for chosen in itertools.combinations(names, count):
            query = {name: VALUES[name] for name in chosen} | ({"status": status} if status else {})
            faults = faults_of(query)
            response = client.request("GET", "/users", query={**query, "limit": "3"})
            assert response.status == (400 if faults else 200), (query, response)
            assert not faults or response.fields == faults, (query, response)


@pytest.mark.parametrize("name", ["role", "externalId", "userName"])
def test_repeated_filters_are_rejected(client, name):
    rejected(client, "%s=abc&%s=abc" % (name, name), {name})
    rejected(client, "%s=abc&%s=other" % (name, name), {name})
    for other in (name.upper(), name.lower() + "s", name + "[]"):
        rejected(client, other + "=abc", {other})


@pytest.mark.parametrize("value", ["%ff", "%zz", "%ED%A0%80", "%00", "%0A", "", "%20", "h" * 256, "%F0%9F%98%80" * 256])
def test_hostile_values_of_filters_are_rejected(client, value):
    for name in ("role", "externalId", "userName"):
        response = client.request("GET", "/users", query="%s=%s" % (name, value))
        assert response.status == 400 and len(response.fields) == 1, response


def test_values_of_filters_are_decoded_once(client):
    handles = {"externalId": "a+b%20c&d=e/f|" + fresh_email(), "userName": "ü+%41|" + fresh_email()}
    user = client.new_user(handles=handles)
    for kind, value in handles.items():
        assert ids(client.find(**{kind: value})) == [user["userId"]]


# --- tokens

def test_tokens_are_bound_to_role_and_status(own):
    users = [own.new_user()["userId"] for _ in range(9)]
    for user_id in users[:6]:
        own.assign(user_id, "viewer")
        own.assign(user_id, "editor")
    for user_id in users[6:]:
        own.set_status(user_id, "deleted")
    begin = {"createdFrom": "2000-01-01T00:00:00Z"}
    lists = [{}, {"status": "active"}, {"status": "deleted"}, {"status": "deleted", **begin}, {"role": "viewer"},
             {"role": "editor"}, {"role": "viewer", "status": "active"}, {"role": "viewer", **begin}, begin]
    tokens = [own.request("GET", "/users", query={"limit": "1", **query}).json["nextToken"] for query in lists]
    assert len(set(tokens)) == len(tokens)
    for query, own_token in zip(lists, tokens):
        for token in tokens:
            if token == own_token:
                assert own.request("GET", "/users", query={**query, "nextToken": token}).status == 200
            else:
                rejected(own, {**query, "nextToken": token}, {"nextToken"})
    for handle in ({"externalId": "x"}, {"userName": "x"}):
        rejected(own, {**handle, "nextToken": tokens[0]}, {"nextToken"})
    own.server.stop()
    own.server.start()
    page = own.request("GET", "/users", query={"role": "viewer", "nextToken": tokens[4]}).json
    assert ids(page["users"]) == users[1:6]
    page = own.request("GET", "/users", query={"status": "deleted", "nextToken": tokens[2]}).json
    assert ids(page["users"]) == users[7:]
