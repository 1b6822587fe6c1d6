"""Operators use the list to see which users exist. It is in the order of creation, and its filters work. A walk over
its pages neither skips nor repeats a user that exists during the whole walk, while others create, delete and change
users."""

import datetime
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


# --- by time of creation

def time_of(user_id):
    """The time within a ULID, in milliseconds since 1970."""
    milliseconds = 0
    for letter in user_id[:10]:
        milliseconds = milliseconds * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(letter)
    return milliseconds


def written(milliseconds, fraction=""):
    """A time as RFC 3339 writes it, with more decimals behind the milliseconds."""
    when = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + "%03d%sZ" % (milliseconds % 1000, fraction)


def test_time_filters_take_the_time_within_the_id(own, together):
    users = fill(own, together, 30)
    disabled = users[::4]
    for user_id in disabled:
        own.set_status(user_id, "disabled")
    for first, behind in ((3, 20), (0, 29), (7, 8), (11, 11)):
        begin, end = time_of(users[first]), time_of(users[behind])
        expected = [user_id for user_id in users if begin <= time_of(user_id) < end]
        for limit in (1, 4, 100):
            assert ids(own.list_users(limit, createdFrom=written(begin), createdTo=written(end))) == expected
        found = own.list_users(3, createdFrom=written(begin), createdTo=written(end), status="disabled")
        assert ids(found) == [user_id for user_id in expected if user_id in disabled]
    begin = time_of(users[5])
    since = [user_id for user_id in users if time_of(user_id) >= begin]
    later = [user_id for user_id in users if time_of(user_id) > begin]
    assert ids(own.list_users(createdFrom=written(begin))) == since
    assert ids(own.list_users(createdFrom=written(begin, "001"))) == later
    assert ids(own.list_users(createdTo=written(begin, "001"))) == users[:len(users) - len(later)]


@pytest.mark.parametrize("name", ["createdFrom", "createdTo"])
@pytest.mark.parametrize("time", [
    "", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "1767225600",
    "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+24:00",
    "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00Z\0", "9" * 5000])
def test_invalid_times_are_rejected(client, name, time):
    response = client.request("GET", "/users", query={name: time})
    assert response.status == 400 and response.fields == {name}, response


@pytest.mark.parametrize("time", [
    "0000-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
    "2026-01-01t00:00:00z", "2026-06-30T23:59:60Z", "2026-01-01T00:00:00-23:59"])
def test_every_time_of_rfc_3339_is_accepted(client, time):
    user_id = client.new_user()["userId"]
    is_past = not time.startswith("9999")
    assert (user_id in ids(client.list_users(createdFrom=time))) == is_past
    assert (user_id in ids(client.list_users(createdTo=time))) != is_past


def test_times_do_not_combine_with_an_email_address(client):
    user = client.new_user()
    time = "2026-01-01T00:00:00Z"
    for query in ({"createdFrom": time}, {"createdTo": time}, {"createdFrom": time, "createdTo": time}):
        response = client.request("GET", "/users", query={"email": user["email"], "status": "active", **query})
        assert response.status == 400 and response.fields == set(query), response


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


@pytest.mark.parametrize("status", ["", "DELETED", "deleted,active", "Active", "active,disabled", "all", "*"])
def test_invalid_status_filters_are_rejected(client, status):
    response = client.request("GET", "/users", query={"status": status})
    assert response.status == 400 and response.fields == {"status"}
