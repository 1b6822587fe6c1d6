"""Metadata is the only field whose structure the callers choose. Its limits (number of entries, bytes of a key, of a
value and in total) apply at exactly the stated values. Bytes are counted in UTF-8."""

import pytest
from client import fresh_email, fresh_key

NOT_MAPS = [None, 1, True, "x", [], [{}], [["a", "b"]]]


def create(client, metadata):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada", "metadata": metadata}
    return client.request("POST", "/users", body)


def entries(count, size=0):
    return {"k%02d" % number: "v" * size for number in range(count)}


def exactly(total):
    """A map whose keys and values have `total` bytes together."""
    metadata = entries(total // 1000, 997)
    metadata["x"] = "v" * (total % 1000 - 1)
    assert sum(len(k) + len(v) for k, v in metadata.items()) == total
    return metadata


GOOD = {
    "empty": {}, "50 entries": entries(50, 1), "empty value": {"k": ""}, "key of 64": {"k" * 64: "v"},
    "key of 64 bytes": {"ü" * 32: "v"}, "value of 1024": {"k": "v" * 1024},
    "value of 1024 bytes": {"k": "😀" * 256}, "16 KiB": exactly(16384), "$ within": {"k$": "$"},
    "spaces": {" ": " ", "  k  ": "  v  "}, "dots": {"a.b": "1", "a": "2", "a.b.c": "3"},
    "case": {"k": "1", "K": "2"}, "order": {"é": "1", "z": "2", "😀": "3", "\uffff": "4", "a": "5"},
    "U+00A0": {"\u00a0": "\u00a0"}, "json": {"{}": '{"a":[1,2]}', "[0]": "\"", "\\": "\\"},
    "proto": {"__proto__": "x", "constructor": "y"}, "names of fields": {"email": "x", "userId": "y"},
}


@pytest.mark.parametrize("metadata", GOOD.values(), ids=GOOD.keys())
def test_valid_metadata_is_accepted(client, metadata):
    response = create(client, metadata)
    assert response.status == 201 and response.json["metadata"] == metadata, response
    user_id = response.json["userId"]
    assert client.get(user_id)["metadata"] == metadata
    assert client.audit(user_id)[0]["changes"]["metadata"] == {"before": None, "after": metadata}
    other = client.new_user(metadata={"old": "value"})["userId"]
    assert client.patch(other, metadata=metadata).json["metadata"] == metadata


BAD = {
    "51 entries": (entries(51), {"metadata"}),
    "over 16 KiB": (exactly(16385), {"metadata"}),
    "key of 65": ({"k" * 65: "v", "good": "v"}, {"metadata." + "k" * 65}),
    "key of 65 bytes": ({"ü" * 32 + "k": "v"}, {"metadata." + "ü" * 32 + "k"}),
    "empty key": ({"": "v"}, {"metadata."}),
    "value of 1025": ({"k": "v" * 1025, "good": "v" * 1024}, {"metadata.k"}),
    "value of 1025 bytes": ({"k": "ü" * 512 + "v"}, {"metadata.k"}),
    "reserved": ({"$": "v", "$x": "v", "x$": "v"}, {"metadata.$", "metadata.$x"}),
    "control in a key": ({"a\nb": "v"}, {"metadata.a\nb"}),
    "C1 in a key": ({"\u0080": "v"}, {"metadata.\u0080"}),
    "control in a value": ({"a": "x\u0000", "b": "\u007f", "c": "\u009f", "d": "\t", "e": "fine"},
                           {"metadata.a", "metadata.b", "metadata.c", "metadata.d"}),
    "not texts": ({"a": None, "b": 1, "c": True, "d": [], "e": {}, "f": 1.5, "g": "fine"},
                  {"metadata." + name for name in "abcdef"}),
}


@pytest.mark.parametrize("metadata,fields", BAD.values(), ids=BAD.keys())
def test_invalid_metadata_is_rejected(client, metadata, fields):
    user_id = client.new_user(metadata={"old": "value"})["userId"]
    for response in (create(client, metadata), client.patch(user_id, metadata=metadata)):
        assert response.status == 400 and response.fields == fields, response
    assert client.get(user_id)["metadata"] == {"old": "value"}


@pytest.mark.parametrize("metadata", NOT_MAPS, ids=repr)
def test_metadata_that_is_not_a_map_is_rejected(client, metadata):
    user_id = client.new_user()["userId"]
    for response in (create(client, metadata), client.patch(user_id, metadata=metadata)):
        assert response.status == 400 and response.fields == {"metadata"}, response


def test_repeated_key_within_metadata_is_rejected(client):
    body = '{"idempotencyKey":"%s","email":"%s","name":"x","metadata":{"a":"1","b":"2","a":"1"}}' % (
        fresh_key(), fresh_email())
    response = client.request("POST", "/users", body.encode())
    assert response.status == 400 and response.fields == {"metadata.a"}, response


def test_order_of_entries_does_not_matter(client):
    user = client.new_user(metadata={"a": "1", "b": "2"})
    response = client.patch(user["userId"], metadata={"b": "2", "a": "1"})
    assert response.status == 200 and response.json == user  # a no-op


# --- changes of single keys

def change(client, user_id, changes, **more):
    return client.patch(user_id, metadataChanges=changes, **more)


def test_changes_set_and_remove_single_keys(client):
    user_id = client.new_user(metadata={"a": "1", "b": "2", "c": "3"})["userId"]
    response = change(client, user_id, {"a": "new", "b": None, "d": "", "never": None})
    assert response.status == 200 and response.json["metadata"] == {"a": "new", "c": "3", "d": ""}
    assert client.get(user_id) == response.json
    assert client.audit(user_id)[1]["changes"] == {
        "metadata": {"before": {"a": "1", "b": "2", "c": "3"}, "after": {"a": "new", "c": "3", "d": ""}}}
    again = change(client, user_id, {"a": "new", "b": None})
    assert again.json == response.json and again.etag == '"2"'  # a no-op


@pytest.mark.parametrize("metadata", GOOD.values(), ids=GOOD.keys())
def test_valid_metadata_is_accepted_as_changes(client, metadata):
    user_id = client.new_user(metadata={"old": "value"})["userId"]
    response = change(client, user_id, {"old": None, **metadata})
    assert response.status == 200 and response.json["metadata"] == metadata, response
    response = change(client, user_id, {"old": "value", **dict.fromkeys(metadata)})
    assert response.json["metadata"] == {"old": "value"}


@pytest.mark.parametrize("metadata,fields", BAD.values(), ids=BAD.keys())
def test_invalid_changes_are_rejected(client, metadata, fields):
    faulty = {field.replace("metadata", "metadataChanges", 1) for field in fields
              if metadata.get(field.removeprefix("metadata."), "") is not None}  # null removes a key
    user_id = client.new_user(metadata={"old": "value"})["userId"]
    response = change(client, user_id, metadata)
    assert response.status == 400 and response.fields == faulty, response
    assert client.get(user_id)["metadata"] == {"old": "value"}


@pytest.mark.parametrize("key", ["", "$", "$x", "k" * 65, "a\nb", "\u0080"])
def test_invalid_keys_cannot_be_removed(client, key):
    user_id = client.new_user()["userId"]
    response = change(client, user_id, {key: None, "good": "x"})
    assert response.status == 400 and response.fields == {"metadataChanges." + key}, response


@pytest.mark.parametrize("changes", [*NOT_MAPS, {}], ids=repr)
def test_changes_that_are_not_a_map_with_keys_are_rejected(client, changes):
    response = change(client, client.new_user()["userId"], changes)
    assert response.status == 400 and response.fields == {"metadataChanges"}, response


@pytest.mark.parametrize("metadata", [{}, {"a": "1"}, None, {"$": 1}], ids=repr)
def test_changes_beside_the_whole_map_are_rejected(client, metadata):
    user_id = client.new_user()["userId"]
    response = change(client, user_id, {"a": "1"}, metadata=metadata)
    assert response.status == 400 and "metadataChanges" in response.fields, response
    assert client.get(user_id)["version"] == 1


def test_limits_apply_to_the_resulting_map(client):
    user_id = client.new_user(metadata=entries(50))["userId"]
    assert change(client, user_id, {"k00": "other"}).status == 200
    response = change(client, user_id, {"more": "x"})
    assert response.status == 400 and response.fields == {"metadataChanges"}, response
    assert change(client, user_id, {"more": "x", "k01": None}).status == 200
    user_id = client.new_user(metadata=exactly(16384))["userId"]
    response = change(client, user_id, {"y": ""})
    assert response.status == 400 and response.fields == {"metadataChanges"}, response
    assert change(client, user_id, {"y": "", "x": None}).status == 200


def test_limits_of_the_resulting_map_are_checked_with_the_state(client):
    """After replay, user and If-Match; before a conflict of the address."""
    user = client.new_user(metadata=entries(50))
    too_many = {"more": "x"}
    assert change(client, "01ARZ3NDEKTSV4RRFFQ69G5FAV", too_many).status == 404
    assert change(client, user["userId"], too_many, headers={"If-Match": '"9"'}).status == 412
    taken = client.new_user()["email"]
    assert change(client, user["userId"], too_many, email=taken).status == 400
    key = fresh_key()
    body = {"idempotencyKey": key, "metadataChanges": {"more": "x", "k00": None}}
    first = client.request("PATCH", "/users/" + user["userId"], body)
    assert client.request("PATCH", "/users/" + user["userId"], body).raw == first.raw
    body["metadataChanges"]["z"] = ""
    other = client.request("PATCH", "/users/" + user["userId"], body)
    assert other.status == 409 and other.json["details"]["reason"] == "IDEMPOTENCY_KEY_REUSED"


def test_concurrent_changes_of_different_keys_are_all_kept(client, together):
    user_id = client.new_user()["userId"]

    def some(number):
        for index in range(5):
            assert change(client, user_id, {"k%d-%d" % (number, index): str(number)}).status == 200

    together(8, some)
    user = client.get(user_id)
    assert user["version"] == 41
    assert user["metadata"] == {"k%d-%d" % (number, index): str(number) for number in range(8) for index in range(5)}
