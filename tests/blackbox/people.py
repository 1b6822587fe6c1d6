"""The principals that the tests use as callers, and the principals file."""

import json
import os

from signing import Key

ACCOUNT = "123456789012"
EVERYTHING = {"Effect": "Allow", "Action": "execute-api:Invoke",
              "Resource": "arn:aws:execute-api:*:*:*/*/*"}
# The contract's example of a Deny.
NO_ADMIN = {"Sid": "NoAdmin", "Effect": "Deny", "Action": ["execute-api:Invoke"],
            "Resource": ["arn:aws:execute-api:*:*:*/*/DELETE/users/*/roles/admin"]}


def user_arn(name):
    return "arn:aws:iam::%s:user/%s" % (ACCOUNT, name)


def session_arn(role, session):
    return "arn:aws:sts::%s:assumed-role/%s/%s" % (ACCOUNT, role, session)


def make_key(name, arn, token=None):
    """A key whose secret and token are easy to find if they ever leak."""
    return Key("AKIABLACKBOX" + name.upper(), "secret-of-%s-that-must-not-leak" % name, token, arn)


OPERATOR = make_key("OPERATOR", user_arn("operator"))
OTHER = make_key("OTHER", user_arn("other"))
CLERK = make_key("CLERK", user_arn("clerk"))
READER = make_key("READER", user_arn("reader"))
NOBODY = make_key("NOBODY", user_arn("nobody"))
SESSION_A = make_key("SESSIONA", session_arn("Service", "a"), "token-of-session-a-that-must-not-leak")
SESSION_B = make_key("SESSIONB", session_arn("Service", "b"), "token-of-session-b-that-must-not-leak")
OTHER_ROLE = make_key("OTHERROLE", session_arn("Batch", "a"), "token-of-batch-a-that-must-not-leak")
INACTIVE = make_key("INACTIVE", user_arn("inactive"))
EXPIRED = make_key("EXPIRED", user_arn("expired"))
ALL_KEYS = [OPERATOR, OTHER, CLERK, READER, NOBODY, SESSION_A, SESSION_B, OTHER_ROLE, INACTIVE, EXPIRED]


def allow(*resources, action="execute-api:Invoke"):
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}


def deny(*resources, action="execute-api:Invoke"):
    return {"Effect": "Deny", "Action": action, "Resource": list(resources)}


def principal(key, *statements, **key_members):
    """One element of the principals file. `key_members` are more members of the access key, such as status."""
    entry = {"accessKeyId": key.id, "secretAccessKey": key.secret, **key_members}
    if key.token:
        entry["sessionToken"] = key.token
    return {"arn": key.arn, "accessKeys": [entry],
            "policy": {"Version": "2012-10-17", "Statement": list(statements) or [EVERYTHING]}}


def standard_principals():
    return [
        principal(OPERATOR), principal(OTHER), principal(CLERK, EVERYTHING, NO_ADMIN),
        principal(READER, allow("arn:aws:execute-api:*:*:*/*/GET/*")),
        principal(NOBODY, allow("arn:aws:execute-api:*:*:*/*/GET/nothing-like-this")),
        principal(SESSION_A), principal(SESSION_B), principal(OTHER_ROLE),
        principal(INACTIVE, status="Inactive"), principal(EXPIRED, expiresAt="2020-01-01T00:00:00Z"),
    ]


def write_principals(path, principals):
    """Replaces the file in one step."""
    temporary = str(path) + ".tmp"
    with open(temporary, "w") as file:
        json.dump({"version": 1, "principals": principals}, file)
    os.chmod(temporary, 0o600)  # it holds secrets
    os.replace(temporary, path)
    return path
