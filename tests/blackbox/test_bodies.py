"""JSON syntax, the size of a body, and queries. The service rejects everything that the contract does not define, so
that no two programs read one request differently."""

import json

import pytest
from client import fresh_email, fresh_key

NO_SUCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def good_body(**more):
    return {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada", **more}


def post(client, data):
    return client.request("POST", "/users", data)


def padded(size):
    text = json.dumps(good_body()).encode()
    return text[:-1] + b" " * (size - len(text)) + b"}"


def test_body_of_exactly_64_kib_is_accepted(client):
    assert len(padded(65536)) == 65536
    assert post(client, padded(65536)).status == 201


def test_body_of_one_byte_more_is_413(client):
    response = post(client, padded(65537))
    client.close()
    assert response.status == 413


@pytest.mark.parametrize("before,after", [
    (b"", b""), (b" \t\r\n", b" \t\r\n"), (b"\n" * 1000, b"\n" * 1000)])
def test_white_space_around_the_body_is_accepted(client, before, after):
    assert post(client, before + json.dumps(good_body()).encode() + after).status == 201


@pytest.mark.parametrize("before,after", [
    (b"\xef\xbb\xbf", b""), (b"", b"x"), (b"", b"{}"), (b"", b"\0"), (b"\0", b""), (b"", b","),
    (b"[", b"]"), (b"", b"}"), (b"", b"null"), (b"\xa0", b""), (b"", b"\x0b"), (b"//x\n", b""),
    (b"/**/", b""), (b"", b"#"), (b")]}',\n", b"")], ids=repr)
def test_anything_else_around_the_body_is_rejected(client, before, after):
    response = post(client, before + json.dumps(good_body()).encode() + after)
    assert response.status == 400 and response.fields == {"body"}, response


@pytest.mark.parametrize("data", [
    b"{", b"}", b"[]", b"null", b"true", b"1", b'"x"', b"{'a':1}", b"{a:1}", b'{"a":1,}', b'{"a" 1}',
    b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":1.}', b'{"a":NaN}', b'{"a":Infinity}',
    b'{"a":tru}', b'{"a":"\n"}', b'{"a":"\\x41"}', b'{"a":"\\u12"}', b'{"a":"', b"\xff\xfe{\x00}\x00",
    "{}".encode("utf-16"), b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'{"a":"\xed\xa0\x80"}',
    b'{"a":"\xf4\x90\x80\x80"}', b'{"a":"\xc3"}', b'{"\xff":"a"}', b'{"a":"\xf0\x9f\x98"}', b"\x1f\x8b\x08",
    b"[" * 65536, b'{"a":' * 13000, b"[" * 30000 + b"]" * 30000, b"<xml/>", b"a=b&c=d",
], ids=lambda data: repr(data[:24]))
def test_body_that_is_not_a_json_object_is_rejected(client, data):
    response = post(client, data)
    assert response.status == 400 and "body" in response.fields, response


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1e99999999999999999999", b"1" * 400 + b".0"], ids=lambda n: repr(n[:24]))
def test_number_out_of_range_is_a_fault_of_its_field(client, number):
    """The body is valid JSON. The fault is a number where a string is expected."""
    body = json.dumps({**good_body(), "name": "@"}).encode().replace(b'"@"', number)
    response = post(client, body)
    assert response.status == 400 and response.fields == {"name"}, response
    (error,) = response.json["details"]["errors"]
    assert error["message"] == "must be a string"


def test_deep_nesting_below_an_unknown_member(client):
    for depth in (10, 31, 32, 33, 100, 1000, 30000):
        body = json.dumps(good_body())[:-1] + ',"deep":' + "[" * depth + "]" * depth + "}"
        response = post(client, body.encode())
        assert response.status == 400, response


@pytest.mark.parametrize("name", ["userId", "status", "roles", "version", "Email", "email ", "", "__proto__",
                                  "idempotencykey", "\u0000", "a.b", "ü"], ids=ascii)
def test_unknown_members_are_rejected(client, name):
    for value in ("x", None, {}):
        response = post(client, json.dumps(good_body(**{name: value})).encode())
        assert response.status == 400 and response.fields == {name}, response


def test_unknown_members_of_every_write_are_rejected(client):
    user_id = client.new_user()["userId"]
    path = "/users/" + user_id
    for method, target, body in (
            ("PATCH", path, {"idempotencyKey": fresh_key(), "name": "x", "status": "disabled"}),
            ("PUT", path + "/status", {"status": "disabled", "idempotencyKey": fresh_key()}),
            ("POST", path + "/roles", {"role": "viewer", "idempotencyKey": fresh_key()})):
        response = client.request(method, target, body)
        assert response.status == 400 and len(response.fields) == 1, response
    assert client.get(user_id)["version"] == 1


@pytest.mark.parametrize("text,field", [
    ('"name":"a","name":"b"', "name"), ('"name":"a","name":"a"', "name"),
    ('"name":"a","n\\u0061me":"b"', "name"), ('"name":"a","name":"b","name":"c"', "name"),
    ('"name":"a","name":null', "name"),
])
def test_repeated_keys_are_rejected(client, text, field):
    body = '{"idempotencyKey":"%s","email":"%s",%s}' % (fresh_key(), fresh_email(), text)
    response = post(client, body.encode())
    assert response.status == 400 and response.fields == {field}, response


def test_repeated_keys_of_every_write_are_rejected(client):
    path = "/users/" + client.new_user()["userId"]
    for method, target, body, field in (
            ("PATCH", path, '{"idempotencyKey":"k","name":"a","name":"b"}', "name"),
            ("PUT", path + "/status", '{"status":"disabled","status":"deleted"}', "status"),
            ("POST", path + "/roles", '{"role":"viewer","role":"viewer"}', "role")):
        response = client.request(method, target, body.encode())
        assert response.status == 400 and response.fields == {field}, response


def test_repeated_key_in_a_nested_object_is_rejected(client):
    body = json.dumps(good_body())[:-1] + ',"x":[{"y":{"z":1,"z":2}}]}'
    response = post(client, body.encode())
    assert response.status == 400, response


@pytest.mark.parametrize("method,path", [
    ("GET", "/users"), ("GET", "/users/" + NO_SUCH), ("GET", "/users/%s/audit" % NO_SUCH),
    ("DELETE", "/users/%s/roles/viewer" % NO_SUCH)])
def test_body_is_rejected_where_none_is_expected(client, method, path):
    for body in (b"{}", b" ", b"x" * 1000):
        for headers in ({}, {"Content-Type": None}, {"Content-Type": "text/plain"}):
            response = client.request(method, path, body, headers=headers)
            assert response.status == 400 and response.fields == {"body"}, response


def test_get_with_an_empty_body_is_accepted(client):
    assert client.request("GET", "/users", headers={"Content-Length": "0"}, query="limit=1").status == 200


# --- queries

QUERIES = [("GET", "/users"), ("GET", "/users/" + NO_SUCH), ("GET", "/users/%s/audit" % NO_SUCH),
           ("POST", "/users"), ("DELETE", "/users/%s/roles/viewer" % NO_SUCH)]


@pytest.mark.parametrize("method,path", QUERIES)
@pytest.mark.parametrize("query,field", [
    ("surprise=1", "surprise"), ("surprise", "surprise"), ("Limit=1", "Limit"), ("%6c%6fl=1", "lol"),
    ("=x", ""), ("a%20b=", "a b")])
def test_unknown_query_names_are_rejected(client, method, path, query, field):
    response = client.request(method, path, good_body() if method == "POST" else None, query=query)
    assert response.status == 400 and response.fields == {field}, response


@pytest.mark.parametrize("query,field", [
    ("limit=1&limit=1", "limit"), ("limit=1&%6cimit=2", "limit"), ("email=a%40b&email=a%40b", "email"),
    ("status=active&status=disabled", "status")])
def test_repeated_query_names_are_rejected(client, query, field):
    response = client.request("GET", "/users", query=query)
    assert response.status == 400 and response.fields == {field}, response


@pytest.mark.parametrize("query", ["limit=%ff", "limit=%zz", "limit=1%", "%ff=1", "email=%ED%A0%80@b",
                                   "limit=%4", "limit=%C3"])
def test_broken_query_encoding_is_rejected(client, query):
    response = client.request("GET", "/users", query=query)
    assert response.status == 400 and len(response.fields) == 1, response


def test_query_names_may_be_encoded_and_parts_empty(client):
    assert client.request("GET", "/users", query="%6cimit=1").status == 200
    assert client.request("GET", "/users", query="limit=1&").status == 200


def test_plus_in_a_query_is_not_a_space(client):
    """In the query for an email address, a `+` is not a space, because addresses may contain it."""
    email = fresh_email("a+b")
    user = client.new_user(email=email)
    response = client.request("GET", "/users", query="email=" + email)
    assert [found["userId"] for found in response.json["users"]] == [user["userId"]]
    assert [found["userId"] for found in client.find(email)] == [user["userId"]]


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00\ud800", r"\ud83d \ude00", r"\ud800\u0041"])
def test_lone_surrogates_are_rejected(client, escape):
    response = post(client, ('{"idempotencyKey":"%s","email":"%s","name":"%s"}' % (
        fresh_key(), fresh_email(), escape)).encode())
    assert response.status == 400 and response.fields <= {"body", "name"}, response


def test_escapes_are_decoded(client):
    response = post(client, ('{"idempotencyKey":"%s","em\\u0061il":"%s","name":"\\ud83d\\ude00 \\u00e9\\/\\"\\\\"}' % (
        fresh_key(), fresh_email())).encode())
    assert response.status == 201 and response.json["name"] == '😀 é/"\\'
