"""The rules of email, name, key, status and role at their limits, in JSON over the wire: one value inside, one outside,
and the unusual values that parsers disagree about."""

import uuid

import pytest
from client import Client, fresh_email, fresh_key
from people import OPERATOR
from signing import hand_sign

NOT_TEXTS = [None, 1, 1.5, True, [], ["x"], {}, {"x": "y"}]


def unique():
    return uuid.uuid4().hex[:20]


def create(client, **fields):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada", **fields}
    return client.request("POST", "/users", body)


def rejected_for(response, field):
    assert response.status == 400 and response.fields == {field}, response


# --- email

@pytest.mark.parametrize("email", [
    "{u}@b", "{u}.B+c@x-y.example", "!#$%&'*+/=?^_`{|}~-.{u}@d", ".{u}.@dots.example", "a..{u}@c",
    "{u}@1.2.3.4", "1{u}@1", "-{u}-@hyphens", "{u}@a-b--c.example", "{U}@UPPER.Example",
    "{u}@" + "d" * 63, "{u}@xn--bcher-kva.example",
])
def test_valid_emails_are_accepted(client, email):
    value = unique()
    email = email.replace("{u}", value).replace("{U}", value.upper())
    response = create(client, email=email)
    assert response.status == 201 and response.json["email"] == email, response
    assert [user["email"] for user in client.find(email)] == [email]


@pytest.mark.parametrize("email", [
    "", " ", "a", "@b", "a@", "@", "a@b@c", "a b@c", "a@b c", "a@-b", "a@b-", "a@b..c", "a@.b", "a@b.",
    "a@b_c", "a@" + "d" * 64, "ä@b", "a@ü.de", "a@[127.0.0.1]", '"a b"@c', "a@b\n", "\ta@b", "a@b\t",
    "\u00a0a@b", "a@b\u0000", "a\u0000@b", "a(b)@c", "a,b@c", "a;b@c", "<a@b>", "a@b,c@d", "a\\@b", "a:b@c",
    "a@b\u007f", "ａ@b", "a@b\u200b", "mailto:a@b",
], ids=repr)
def test_invalid_emails_are_rejected(client, email):
    rejected_for(create(client, email=email), "email")
    rejected_for(client.request("GET", "/users", query={"email": email}), "email")


def test_email_length_limits(client):
    local = unique().ljust(64, "x")
    rest = "@" + ".".join(["d" * 63, "e" * 63, "f" * 61])
    assert len(local + rest) == 254
    assert create(client, email=local + rest).status == 201
    assert create(client, email="  " + unique().ljust(64, "y") + rest + "  ").status == 201
    rejected_for(create(client, email=local[1:] + rest + "f" * 2), "email")
    rejected_for(create(client, email=local + rest + "f"), "email")
    rejected_for(create(client, email=local + "x@short"), "email")


# --- name

@pytest.mark.parametrize("name", [
    "x", "a" * 256, "ü" * 256, "😀" * 256, "e\u0301" * 128, "\u00a0x\u00a0", "\u2028\u2029", "\u200b",
    "\ufeffx", "\uffff\ufffe", "\U0010ffff", "\ue000", "\u00a0", 'quote " back \\ slash /', "a  b", "\u202eabc",
    "李小龍", "Иван", "<script>alert(1)</script>", "null", "\ud7ff", "%00", "'; DROP TABLE users; --",
], ids=ascii)
def test_valid_names_are_accepted(client, name):
    for sent in (name, "   " + name + "  "):
        user = create(client, name=sent)
        assert user.status == 201 and user.json["name"] == name, user
    assert client.get(user.json["userId"])["name"] == name
    assert client.find(user.json["email"])[0]["name"] == name
    assert client.audit(user.json["userId"])[0]["changes"]["name"] == {"before": None, "after": name}


@pytest.mark.parametrize("name", [
    "", " ", "     ", "a" * 257, "😀" * 257, "\u0000", "\u001f", "\u007f", "\u0080", "\u009f", "a\nb", "\tx",
    "x\r", "a\u0085b", "a" * 300 + " ",
], ids=ascii)
def test_invalid_names_are_rejected(client, name):
    rejected_for(create(client, name=name), "name")


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00", r"\udfff", r"x\udbff", r"\ud800x", r"\ud800\ud800",
                                    r"\udc00\ud800", r"\ud83d \ude00", r"\ud800\u0041", r"\uD800\n"])
def test_lone_surrogates_are_rejected(client, escape):
    body = '{"idempotencyKey":"%s","email":"%s","name":"%s"}' % (fresh_key(), fresh_email(), escape)
    response = client.request("POST", "/users", body.encode())
    assert response.status == 400 and response.fields <= {"body", "name"}, response


def test_escapes_are_decoded(client):
    body = '{"idempotencyKey":"%s","em\\u0061il":"%s","name":"\\ud83d\\ude00 \\u00e9\\/\\"\\\\"}' % (
        fresh_key(), fresh_email())
    response = client.request("POST", "/users", body.encode())
    assert response.status == 201 and response.json["name"] == '😀 é/"\\'


# --- values that are not strings

@pytest.mark.parametrize("value", NOT_TEXTS, ids=repr)
def test_values_that_are_not_strings_are_rejected(client, value):
    user_id = client.new_user()["userId"]
    for field in ("idempotencyKey", "email", "name"):
        rejected_for(create(client, **{field: value}), field)
        rejected_for(client.patch(user_id, **{"name": "x", field: value}), field)
    rejected_for(client.set_status(user_id, value), "status")
    rejected_for(client.assign(user_id, value), "role")
    assert client.get(user_id)["version"] == 1


# --- idempotencyKey

@pytest.mark.parametrize("key", ["{u}", "{u} {u}", "~!\"#$%&'()*+,/:;<=>?@[\\]^_`{|}{u}", "{u}".ljust(238, "k")])
def test_valid_keys_are_accepted(client, key):
    key = key.replace("{u}", unique())
    first, second = (create(client, idempotencyKey=key, email="%s@x" % unique()) for _ in range(2))
    assert first.status == 201 and second.status == 409


def test_key_may_be_one_character(make_server):
    client = Client(make_server(), OPERATOR)
    assert create(client, idempotencyKey="k").status == 201


def test_key_length_limit(client):
    key = unique().ljust(255, "k")
    assert create(client, idempotencyKey=key).status == 201
    rejected_for(create(client, idempotencyKey=key + "k"), "idempotencyKey")
    user_id = client.new_user()["userId"]
    header = {"Idempotency-Key": key}
    assert client.assign(user_id, "viewer", headers=header).status == 200
    header = {"Idempotency-Key": key + "k"}
    rejected_for(client.assign(user_id, "editor", headers=header), "Idempotency-Key")


@pytest.mark.parametrize("key", ["", " ", " a", "a ", "a  b", "a\tb", "\u0000", "\u007f", "é", "k\n", "\u00a0"], ids=ascii)
def test_invalid_keys_are_rejected(client, key):
    rejected_for(create(client, idempotencyKey=key), "idempotencyKey")


@pytest.mark.parametrize("key", ["", "a\tb", "k" * 256], ids=ascii)
def test_invalid_keys_in_the_header_are_rejected(client, key):
    user_id = client.new_user()["userId"]
    headers = {"Idempotency-Key": key}
    for response in (client.assign(user_id, "viewer", headers=headers),
                   client.set_status(user_id, "disabled", headers=headers),
                   client.remove(user_id, "viewer", headers=headers)):
        rejected_for(response, "Idempotency-Key")


def test_key_in_the_header_must_be_ascii(client):
    """Signers disagree about non-ASCII bytes in a header, so this header is not signed."""
    target = "/users/%s/status" % client.new_user()["userId"]
    body = b'{"status":"disabled"}'
    headers = hand_sign(client.key, "PUT", target, [("Host", client.server.authority)], body)
    headers += [("Content-Type", "application/json"), ("Idempotency-Key", "\u00c3\u00a9")]
    rejected_for(client.send("PUT", target, headers, body), "Idempotency-Key")


# --- status and role

@pytest.mark.parametrize("status", ["", "Active", "ACTIVE", " active", "active ", "enabled", "erased", "0"])
def test_unknown_status_is_rejected(client, status):
    rejected_for(client.set_status(client.new_user()["userId"], status), "status")


@pytest.mark.parametrize("role", ["", "Viewer", " viewer", "viewer ", "no-such", "viewer\u0000", "*", "v*"])
def test_unknown_role_is_rejected(client, role):
    rejected_for(client.assign(client.new_user()["userId"], role), "role")
