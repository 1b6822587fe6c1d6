"""Operators find users by the beginnings of words. The search index is derived: it follows each change, and is right
again after a kill and after any damage. Whatever a caller searches for, nothing but a response happens."""

import itertools
import random
import shutil
import urllib.parse
import uuid

import pytest
from backups import back_up
from client import Client
from harness import run_usersd, wait_until
from people import OPERATOR, READER, allow, make_key, principal, standard_principals, user_arn
from walks import Churn, fill, ids

LISTER = make_key("LISTER", user_arn("lister"))


@pytest.fixture
def own(make_server):
    return Client(make_server(), OPERATOR)


def search(client, q, **more):
    response = client.request("GET", "/users/search", query={"q": q, **more})
    assert response.status == 200, response
    return response.json["users"]


def search_all(client, q, limit=100, **filters):
    return ids(itertools.chain(*client.pages("/users/search", "users", {"q": q, **filters}, limit)))


def eventually(client, q, expected):
    """Searches until the index has followed the last change."""
    wait_until(lambda: search_all(client, q) == expected, 30)


def wait_until_ready(client):
    """A search that comes too early is told to come later."""
    def is_ready():
        response = client.request("GET", "/users/search", query={"q": "x"})
        assert response.status in (200, 503), response
        return response.status == 200
    wait_until(is_ready, 60)


def metric(server, name):
    (line,) = [line for line in server.metrics_text().splitlines() if line.startswith(name + " ")]
    return float(line.split()[1])


def word():
    """A word that no other user has."""
    return "w" + uuid.uuid4().hex


def test_a_search_follows_creation_change_and_deletion(client):
    before, after = word(), word()
    user = client.new_user(name="Zoë %s-Lovelace" % before)["userId"]
    eventually(client, before, [user])
    assert search_all(client, "zoe " + before[:10].upper()) == [user]
    assert search_all(client, "lovelace " + before) == [user]
    assert client.patch(user, name="Grace " + after).status == 200
    assert search_all(client, before) == []  # compared with the newest state
    eventually(client, "gr " + after, [user])
    assert client.set_status(user, "deleted").status == 200
    assert search_all(client, after) == [] and search_all(client, user) == []


def test_a_user_is_found_by_its_address_id_and_external_id(client):
    mark = word()
    user = client.new_user(name="A", email="ada.%s@mail.example.org" % mark)["userId"]
    eventually(client, mark, [user])
    for q in ("ada." + mark, "ada.%s@mail.example.org" % mark, "ADA.%s@mail" % mark, user, " %s " % user):
        assert search_all(client, q) == [user]
    external = "HR/%s 7" % word()
    other = client.request("POST", "/users", {"idempotencyKey": word(), "email": word() + "@x.org", "name": "B",
                                              "externalId": external}).json["userId"]
    assert search_all(client, external) == [other]
    assert search_all(client, external.lower()) == []
    assert search_all(client, external[:-1]) == []


def test_pages_are_in_order_of_creation_and_neither_skip_nor_repeat(own, together):
    users = fill(own, together, 40)
    eventually(own, "ada lov", users)
    flipped, still = users[::2], users[1::2]
    churns = [Churn(own.as_(OPERATOR), seed, flipped) for seed in range(2)]
    for churn in churns:
        churn.start()
    try:
        for limit in (1, 3, 7, 20, 100):
            walk = search_all(own, "ada lov", limit)
            assert walk == sorted(walk) and len(set(walk)) == len(walk)
            assert [user_id for user_id in walk if user_id in set(users)] == users
            active = search_all(own, "ada lov", limit, status="active")
            assert [user_id for user_id in active if user_id in set(still)] == still
    finally:
        for churn in churns:
            churn.stopping.set()
        for churn in churns:
            churn.join(60)
    assert [churn.error for churn in churns] == [None, None]


def test_every_acknowledged_user_is_found_after_kills(own):
    users = []
    for _ in range(4):
        users += [own.new_user()["userId"] for _ in range(15)]
        own.server.kill9()
        own.server.start()
        wait_until_ready(own)
        assert search_all(own, "ada love") == users
    assert metric(own.server, "users_search_builds_total") == 0  # a kill costs no rebuild


@pytest.mark.parametrize("harm", ["removed", "emptied", "overwritten", "replaced by a file"])
def test_a_damaged_index_is_built_again(own, harm):
    users = [own.new_user()["userId"] for _ in range(20)]
    eventually(own, "ada", users)
    own.server.stop()
    directory = own.server.data / "search"
    if harm == "removed":
        shutil.rmtree(directory)
    elif harm == "replaced by a file":
        shutil.rmtree(directory)
        directory.write_text("nothing")
    else:
        for path in directory.iterdir():
            path.write_bytes(b"" if harm == "emptied" else bytes(byte ^ 0x55 for byte in path.read_bytes()))
    # The index is no part of what the check and a backup are about.
    checked = run_usersd("check", "--data", own.server.data)
    assert checked.returncode == 0, checked
    own.server.start()
    wait_until_ready(own)
    assert search_all(own, "ada") == users
    assert metric(own.server, "users_search_builds_total") == 1
    users.append(own.new_user()["userId"])
    eventually(own, "ada", users)


def test_a_backup_leaves_the_index_out_and_a_restored_store_is_searched(own, make_server, tmp_path):
    users = [own.new_user()["userId"] for _ in range(5)]
    eventually(own, "ada", users)
    copy = tmp_path / "restored" / "data"
    copy.parent.mkdir()
    back_up(own.server.data, copy)
    assert not (copy / "search").exists()
    restored = make_server(name="restored")
    client = Client(restored, OPERATOR)
    wait_until_ready(client)
    assert search_all(client, "ada") == users


def test_a_search_is_an_operation_of_its_own_in_policies(make_server):
    principals = standard_principals() + [principal(LISTER, allow("arn:aws:execute-api:*:*:*/*/GET/users"))]
    client = Client(make_server(principals=principals), LISTER)
    assert client.request("GET", "/users").status == 200
    assert client.request("GET", "/users/search", query={"q": "a"}).status == 403
    assert client.as_(READER).request("GET", "/users/search", query={"q": "a"}).status == 200


def test_the_log_has_the_filters_and_never_the_text(own):
    secret = word()
    user = own.new_user(name=secret)["userId"]
    eventually(own, secret, [user])
    response = own.request("GET", "/users/search", query={"q": secret, "status": "active"})
    own.request("GET", "/users/search", query={"q": secret, "limit": "0"})
    lines = own.server.stop()
    (line,) = [line for line in lines if line.get("correlationId") == response.headers["x-correlation-id"]]
    assert line["operation"] == "users_search" and line["filters"] == ["status"] and line["users"] == 1
    assert secret not in own.server.log_text()


HOSTILE = {
    "nine words": ("a b c d e f g h i", 400), "eight words": ("a b c d e f g h", 200),
    "nine equal words": ("a a a a a a a a a", 400), "10,000 characters": ("a" * 10_000, 400),
    "256 characters": ("ä" * 256, 200), "257 characters": ("a" * 257, 400),
    "a lone accent": ("\u0301", 400), "a lone accent among words": ("ada \u0301 x", 400),
    "an accent without its letter": ("\u0301a", 200), "only marks": ("\u0301" * 200, 400),
    "right to left": ("שָׁלוֹם مرحبا", 200), "overrides of the direction": ("\u202eada\u202c", 200),
    "emoji": ("👩‍👩‍👧‍👦 🏳️‍🌈", 200), "a flag": ("🇩🇪", 200), "no character": ("\uffff\U0010ffff", 200),
    "NUL": ("\0", 200), "a line end": ("ada\r\nX-Evil: 1", 200), "spaces of all kinds": (" \t\u00a0\u3000\u2028", 400),
    "blank": ("", 400), "quotes": ("\"'\\`;--", 200), "wildcards": ("*?%_[a]", 200), "zero width": ("\u200b", 200),
    "casefold that grows": ("ﬃ" * 256, 200), "Hangul": ("한글 " * 4, 200), "private use": ("\ue000" * 256, 200),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_searched_or_rejected(client, name):
    text, status = HOSTILE[name]
    response = client.request("GET", "/users/search", query={"q": text})
    assert response.status == status, response
    if status == 400:
        assert response.fields == {"q"}
    else:
        assert set(response.json) <= {"users", "nextToken"}


@pytest.mark.parametrize("query", ["q=%FF", "q=%C3", "q=%ED%A0%80", "q=%zz", "q=a&q=b", "q=a&x=1", "Q=a", "", "q"])
def test_hostile_queries_are_rejected(client, query):
    assert client.request("GET", "/users/search", query=query).status == 400


def test_random_texts_never_fail(client):
    source = random.Random(7)
    for _ in range(150):
        size = source.randrange(1, 40)
        ranges = [(0x20, 0x7E), (0x20, 0x24F), (0x300, 0x36F), (0x590, 0x7FF), (0x1100, 0x11FF), (0x1F300, 0x1FAFF)]
        text = "".join(chr(source.randint(*source.choice(ranges))) for _ in range(size))
        response = client.request("GET", "/users/search", query="q=" + urllib.parse.quote(text, safe=""))
        assert response.status in (200, 400), (text, response)
