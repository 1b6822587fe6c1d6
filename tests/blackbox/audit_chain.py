"""Verifies the audit chain from the contract alone: RFC 8785, the hashes, and the replay of all entries into the
user record. This module shares no code with the server."""

import hashlib
import json

from harness import TIMESTAMP, ULID

MEMBERS = {"eventId", "schema", "userId", "version", "timestamp", "action", "actor", "accessKeyId",
           "correlationId", "changedFields", "changes", "salt", "changesHash", "prevHash", "hash"}
# The members that only some actions have. The caller decides whether there is a reason.
ROLE_OR_STATUS = {"ROLE_ASSIGNED": {"role"}, "ROLE_REMOVED": {"role"}, "STATUS_CHANGED": {"status"}}
ACTIONS = {"USER_CREATED", "USER_UPDATED", "STATUS_CHANGED", "ROLE_ASSIGNED", "ROLE_REMOVED"}
FIELDS = {"email", "name", "status", "roles", "metadata", "externalId", "userName"}


def canonical(value):
    """The RFC 8785 form of a value of an audit entry: an object, list, string, null or small integer."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{%s}" % ",".join(canonical(name) + ":" + canonical(value[name]) for name in names)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(canonical, value))
    if isinstance(value, str):
        # json.dumps escapes the same characters as ECMAScript, and neither escapes DEL.
        return json.dumps(value, ensure_ascii=False)
    assert value is None or type(value) is int, value
    return json.dumps(value)


def sha256(value):
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def verify_chain(entries, user_id=None):
    """Fails if the entries of one user, oldest first, are not a complete chain."""
    before = "0" * 64
    last_time = ""
    salts = set()
    for number, entry in enumerate(entries, 1):
        about = ROLE_OR_STATUS.get(entry["action"], set())
        assert set(entry) - {"reason"} == MEMBERS | about, entry
        assert entry["changedFields"] == sorted(entry["changes"]), entry
        if about == {"status"}:
            assert entry["status"] == entry["changes"]["status"]["after"], entry
        if about == {"role"}:
            roles = entry["changes"]["roles"]
            assert {entry["role"]} == set(roles["before"]) ^ set(roles["after"]), entry
        assert entry["version"] == number, entry
        assert entry["schema"] == 1
        assert entry["userId"] == (user_id or entries[0]["userId"])
        assert ULID.fullmatch(entry["eventId"]) and TIMESTAMP.fullmatch(entry["timestamp"])
        assert entry["timestamp"] >= last_time
        assert entry["action"] in ACTIONS
        assert (entry["action"] == "USER_CREATED") == (number == 1)
        assert len(entry["salt"]) == 32 and set(entry["salt"]) <= set("0123456789abcdef")
        assert entry["changes"] and set(entry["changes"]) <= FIELDS
        for change in entry["changes"].values():
            assert set(change) == {"before", "after"}
            assert change["before"] != change["after"] or number == 1
        assert entry["changesHash"] == sha256({"changes": entry["changes"], "salt": entry["salt"]})
        rest = {name: entry[name] for name in entry if name not in ("hash", "changes", "salt")}
        assert entry["prevHash"] == before
        assert entry["hash"] == sha256(rest)
        before = entry["hash"]
        last_time = entry["timestamp"]
        salts.add(entry["salt"])
    assert len(salts) == len(entries), "a salt occurs twice"


def replay(entries):
    """Replays the entries into the user record, without `permissions`."""
    user = {}
    for entry in entries:
        for field, change in entry["changes"].items():
            assert change["before"] == user.get(field), (entry["version"], field)
            user[field] = change["after"]
    user = {field: value for field, value in user.items() if value is not None}  # a removed handle
    user.update(userId=entries[0]["userId"], version=entries[-1]["version"],
                createdAt=entries[0]["timestamp"], updatedAt=entries[-1]["timestamp"])
    return user


def check_user(client, user_id, deleted=False):
    """Checks that one user's record, entries and chain agree. Returns the entries."""
    entries = client.audit(user_id)
    verify_chain(entries, user_id)
    rebuilt = replay(entries)
    if deleted:
        assert rebuilt["status"] == "deleted"
        assert client.request("GET", "/users/" + user_id).status == 404
    else:
        user = client.get(user_id)
        user.pop("permissions")
        assert user == rebuilt
    return entries
