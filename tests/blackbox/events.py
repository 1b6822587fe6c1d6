"""Checks the event file. It must contain every change at least once, each user's changes in order, and nothing else."""

import collections

from harness import wait_until

ENVELOPE = {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
DETAIL = {"eventId", "schema", "userId", "version", "timestamp", "action", "actor", "accessKeyId", "correlationId",
          "changedFields", "changes", "changesHash", "prevHash", "hash"}


def first_seen(events):
    """Each user's versions in the order of their first occurrence."""
    versions = collections.defaultdict(list)
    for event in events:
        detail = event["detail"]
        if detail["version"] not in versions[detail["userId"]]:
            versions[detail["userId"]].append(detail["version"])
    return versions


def wait_for_all(client, expected):
    """Waits until the file contains every change of these users ({id: version}), and checks it. Returns the events."""

    def complete():
        events = client.server.events()
        seen = first_seen(events)
        return events if all(len(seen[user]) >= version for user, version in expected.items()) else None

    events = wait_until(complete, 30)
    for user_id, versions in first_seen(events).items():
        assert versions == list(range(1, len(versions) + 1)), user_id
    check_against_audit(client, events)
    return events


def check_against_audit(client, events):
    """Checks that every event is its audit entry without the salt, and that only `status` and `roles` show values."""
    entries = {}
    for event in events:
        detail = event["detail"]
        assert set(event) == ENVELOPE and set(detail) - {"reason", "role", "status"} == DETAIL
        user_id = detail["userId"]
        if user_id not in entries:
            entries[user_id] = client.audit(user_id)
        entry = dict(entries[user_id][detail["version"] - 1])
        del entry["salt"]
        entry["changes"] = {field: change if field in ("status", "roles") else {}
                            for field, change in entry["changes"].items()}
        assert detail == entry
