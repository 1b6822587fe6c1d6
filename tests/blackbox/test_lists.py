"""Operators use the list to see which users exist. It is in the order of creation, and its filters work. A walk over
its pages neither skips nor repeats a user that exists during the whole walk, while others create, delete and change
users."""

import itertools

import pytest
from client import Client, fresh_email
from harness import ULID
from people import OPERATOR
from walks import fill, ids, walk_while_others_write


@pytest.fixture
def own(make_server):
    return Client(make_server("--log-level", "warning"), OPERATOR)


def test_order_is_creation_order(client):
    made = [client.new_user()["userId"] for _ in range(30)]
    assert made == sorted(made) and len(set(made)) == 30
    assert all(ULID.fullmatch(user_id) for user_id in made)
    listed = ids(client.list_users())
    assert listed == sorted(listed)
    assert [user_id for user_id in listed if user_id in set(made)] == made


def test_every_limit_returns_all_users(own, together):
    users = fill(own, together, 53)
    for limit in (1, 2, 3, 7, 50, 52, 53, 54, 100):
        pages = list(own.pages("/users", "users", limit=limit))
        assert all(len(page) <= limit for page in pages)
        assert ids(itertools.chain(*pages)) == users
        assert len(pages) <= 53 // limit + 2
    assert len(next(own.pages("/users", "users"))) == 50  # the default


def test_empty_list_is_empty(own):
    assert own.request("GET", "/users").json == {"users": []}
    assert own.request("GET", "/users", query="status=disabled").json == {"users": []}


def test_status_filter(own, together):
    users = fill(own, together, 24)
    disabled, deleted = users[::3], users[1::3]
    for user_id in disabled:
        own.set_status(user_id, "disabled")
    for user_id in deleted:
        own.set_status(user_id, "deleted")
    active = users[2::3]
    for limit in (1, 5, 100):
        assert ids(own.list_users(limit, status="active")) == active
        assert ids(own.list_users(limit, status="disabled")) == disabled
        assert ids(own.list_users(limit)) == sorted(active + disabled)
    assert {user["status"] for user in own.list_users(status="disabled")} == {"disabled"}
    own.set_status(disabled[0], "active")
    assert ids(own.list_users(status="active")) == sorted(active + disabled[:1])


def test_list_shows_the_latest_state(client):
    user = client.new_user()
    user_id = user["userId"]
    email = fresh_email()

    def listed():
        (found,) = [found for found in client.list_users() if found["userId"] == user_id]
        assert client.find(found["email"]) == [found]
        return found

    assert listed() == {name: user[name] for name in listed()}
    client.patch(user_id, name="Listed Anew", email=email)
    assert (listed()["name"], listed()["email"], listed()["version"]) == ("Listed Anew", email, 2)
    client.patch(user_id, email=email.upper())
    assert listed()["email"] == email.upper()
    client.patch(user_id, metadata={"only": "a value"})
    assert listed()["version"] == 4
    client.assign(user_id, "viewer")
    assert listed()["roles"] == ["viewer"]
    client.set_status(user_id, "disabled")
    assert listed()["status"] == "disabled" and listed()["version"] == 6
    client.set_status(user_id, "deleted")
    assert user_id not in ids(client.list_users())


def test_walks_are_complete_while_users_change(own, together):
    walk_while_others_write(own, [own] * 3, fill(own, together, 60))


# --- by email

def test_email_lookup_ignores_ascii_case(client):
    email = fresh_email("MixedCase")
    user_id = client.new_user(email=email)["userId"]
    for spelt in (email, email.lower(), email.upper(), email.swapcase(), "  %s " % email):
        (found,) = client.find(spelt)
        assert (found["userId"], found["email"]) == (user_id, email)
    for near in ("x" + email, email + "x", email.replace("@", "x@"), email.replace(".", "")):
        assert client.find(near) == []


def test_email_lookup_honours_the_status_filter(client):
    user = client.new_user()
    email = user["email"]
    assert ids(client.find(email, status="active")) == [user["userId"]]
    assert client.find(email, status="disabled") == []
    client.set_status(user["userId"], "disabled")
    assert client.find(email, status="active") == []
    assert ids(client.find(email, status="disabled")) == ids(client.find(email)) == [user["userId"]]
    assert ids(client.find(email, limit="1")) == [user["userId"]]
    client.set_status(user["userId"], "deleted")
    assert client.find(email) == []


def test_email_lookup_supports_no_patterns(client):
    client.new_user(email=fresh_email("search"))
    for pattern in ("*", "search", "%", "search*@blackbox.example"):
        response = client.request("GET", "/users", query={"email": pattern})
        assert response.status == 400 or response.json["users"] == []


# --- bad parameters

@pytest.mark.parametrize("limit", ["1", "2", "9", "10", "99", "100"])
def test_valid_limits_are_accepted(client, limit):
    user_id = client.new_user()["userId"]
    for path in ("/users", "/users/%s/audit" % user_id):
        assert client.request("GET", path, query={"limit": limit}).status == 200


@pytest.mark.parametrize("limit", ["", "0", "00", "01", "-1", "+1", "101", "1.0", "1e1", "abc", " 1", "1 ", "１", "0x1",
                                   "99999999999999999999999", "1,000", "null", "NaN", "%31"])
def test_invalid_limits_are_rejected(client, limit):
    user_id = client.new_user()["userId"]
    for path in ("/users", "/users/%s/audit" % user_id):
        response = client.request("GET", path, query={"limit": limit})
        assert response.status == 400 and response.fields == {"limit"}, response


@pytest.mark.parametrize("status", ["", "deleted", "Active", "active,disabled", "all", "*"])
def test_invalid_status_filters_are_rejected(client, status):
    response = client.request("GET", "/users", query={"status": status})
    assert response.status == 400 and response.fields == {"status"}
