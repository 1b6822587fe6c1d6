"""Signers, encoders and policies disagree about paths. SigV4 encodes the path twice. Routes and policies see it decoded
once. A role with unusual characters must be 404 and not 401, and no spelling of a path may bypass a policy."""

import urllib.parse

import pytest
from client import Client
from people import CLERK, OPERATOR, allow, deny, make_key, principal, user_arn
from signing import hand_sign

ODD_ROLES = ["a b", "a%b", "ü", "a+b", "a&b=c", "~", "a'b", "*", "(x)", "a;b", "a:b@c", "a,b", "$", "a?b", "a#b",
             "%2F", "%252F", "李", "a\\b", '"', "a\nb", "\u007f", "\x01", "a|b", "{}", "^", "`", "<>", "a=b", "!",
             "-._~",
             "😀", "%", "%%", "..%", "...", "a.b"]


@pytest.mark.parametrize("role", ODD_ROLES, ids=ascii)
def test_roles_with_unusual_characters_are_404(client, role):
    user = client.new_user()
    response = client.remove(user["userId"], role)
    assert response.status == 404, response
    assert client.get(user["userId"]) == user


@pytest.mark.parametrize("segment",
                         ["a%20b", "a%2Bb", "%c3%bc", "%C3%BC", "%7E", "%41", "a+b", "a:b", "a,b;c=d", "a!*'()",
                                     "%25", "@", "$&"])
def test_segment_is_signed_as_it_is_sent(client, segment):
    """The signature covers the path as sent, encoded once more, even if its encoding is needless or incomplete."""
    path = "/users/%s/roles/%s" % (client.new_user()["userId"], segment)
    headers = hand_sign(OPERATOR, "DELETE", path, [("Host", client.server.authority)])
    assert client.send("DELETE", path, headers).status == 404
    assert client.request("DELETE", path).status == 404


def test_path_encoded_only_once_is_401(client):
    path = "/users/%s/roles/a%%20b" % client.new_user()["userId"]
    headers = hand_sign(OPERATOR, "DELETE", path, [("Host", client.server.authority)], path=path)
    assert client.send("DELETE", path, headers).status == 401


def test_path_that_needs_no_encoding_may_be_encoded_once(client):
    path = "/users/%s/roles/viewer" % client.new_user()["userId"]
    headers = hand_sign(OPERATOR, "DELETE", path, [("Host", client.server.authority)], path=path)
    assert client.send("DELETE", path, headers).status == 404


def test_encoded_letters_name_the_same_role(client):
    user_id = client.new_user()["userId"]
    client.assign(user_id, "viewer")
    response = client.request("DELETE", "/users/%s/roles/v%%69ewe%%72" % user_id)
    assert response.status == 200 and response.json["roles"] == []


@pytest.mark.parametrize("spelling", ["admin", "%61dmin", "adm%69n", "%61%64%6D%69%6E", "%61%64%6d%69%6e"])
def test_no_spelling_of_a_path_bypasses_a_policy(client, spelling):
    user_id = client.new_user()["userId"]
    client.assign(user_id, "admin")
    client.assign(user_id, "viewer")
    for path in ("/users/%s/roles/%s" % (user_id, spelling), "/%%75sers/%s/%%72oles/%s" % (user_id, spelling)):
        response = client.request("DELETE", path, principal=CLERK)
        assert response.status == 403, (path, response)
    assert client.get(user_id)["roles"] == ["admin", "viewer"]
    assert client.request("DELETE", "/users/%s/roles/viewer" % user_id, principal=CLERK).status == 200


def test_policies_see_the_decoded_path(make_server):
    """A pattern contains plain characters. It must match exactly the encoded paths that decode to it."""
    anything = "arn:aws:execute-api:*:*:*/*/"
    keys = {name: make_key(name, user_arn(name)) for name in ("space", "umlaut", "percent", "question")}
    server = make_server(principals=[
        principal(OPERATOR),
        principal(keys["space"], allow(anything + "DELETE/users/*/roles/a b")),
        principal(keys["percent"], allow(anything + "DELETE/users/*/roles/a%20b")),
        principal(keys["question"], allow(anything + "DELETE/users/*/roles/??")),
        principal(keys["umlaut"], allow(anything + "*"), deny(anything + "DELETE/users/*/roles/b*")),
    ])
    client = Client(server, OPERATOR)
    user_id = client.new_user()["userId"]

    def status(who, role):
        path = "/users/%s/roles/%s" % (user_id, urllib.parse.quote(role, safe=""))
        return client.request("DELETE", path, principal=keys[who]).status

    assert status("space", "a b") == 404 and status("space", "a%20b") == 403
    assert status("percent", "a%20b") == 404 and status("percent", "a b") == 403
    assert status("question", "ab") == 404 and status("question", "abc") == 403
    assert status("umlaut", "ab") == 404 and status("umlaut", "ba") == 403


def test_location_begins_with_the_path_of_the_request(client):
    """Location is the path of the request followed by /<userId>, also if the path is spelt unusually."""
    from client import fresh_email, fresh_key
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "x"}
    response = client.request("POST", "/%75sers", body)
    assert response.status == 201
    assert response.headers["location"] == "/%75sers/" + response.json["userId"]
    assert client.request("GET", response.headers["location"]).json == response.json
