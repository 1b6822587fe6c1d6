"""The responses of the real server match the document: the status is declared, the body has exactly the members of its
schema, and the headers are the declared ones."""

import copy

import jsonschema
import pytest

from client import Client
from people import NOBODY, OPERATOR
from signing import Key
from test_document import resolve

USERS, USER, STATUS = "/users", "/users/{userId}", "/users/{userId}/status"
ROLES, ROLE, AUDIT = "/users/{userId}/roles", "/users/{userId}/roles/{role}", "/users/{userId}/audit"
# Every response has these.
OF_THE_CONNECTION = {"content-type", "content-length", "connection", "date", "server"}


@pytest.fixture(scope="module")
def strict(document):
    """The components, where no object may have a member that it does not name."""
    components = copy.deepcopy(document["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return components


@pytest.fixture
def call(document, strict, server):
    """call(status, method, path, body, ...): the response, which fits the document and has this status."""
    caller = Client(server, OPERATOR)

    def run(status, method, path, body=None, user="", role="viewer", **more):
        response = caller.request(method.upper(), path.format(userId=user, role=role), body, **more)
        assert response.status == status, response
        described = resolve(document, document["paths"][path][method]["responses"][str(status)])
        schema = described["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": strict}).validate(response.json)
        declared = {name.lower(): resolve(document, header) for name, header in described["headers"].items()}
        assert set(response.headers) - OF_THE_CONNECTION <= set(declared), response
        for name, header in declared.items():
            if "const" in header["schema"] and name in response.headers:
                assert response.headers[name] == header["schema"]["const"]
        missing = set(declared) - set(response.headers)
        assert missing <= {"idempotency-replayed"}, response
        return response
    return run


def registration(name, **more):
    return {"idempotencyKey": "register-" + name, "email": name + "@responses.example", "name": name.title(), **more}


def test_a_user_from_the_first_change_to_the_last(call):
    user = call(201, "post", USERS, registration("ann", metadata={"team": "engines"})).json["userId"]
    assert call(201, "post", USERS, registration("ann", metadata={"team": "engines"})).replayed
    call(200, "patch", USER, {"idempotencyKey": "rename", "name": "Ann"}, user, headers={"If-Match": '"1"'})
    call(200, "post", ROLES, {"role": "viewer"}, user)
    call(200, "patch", USER, {"idempotencyKey": "link", "externalId": "hr|0044", "userName": "ann"}, user)
    call(200, "get", USER, user=user)
    call(201, "post", USERS, registration("cleo", externalId="hr|0045", userName="cleo"))
    for query in ({"externalId": "hr|0044"}, {"userName": "ANN"}, {"role": "viewer"}):
        assert user in [one["userId"] for one in call(200, "get", USERS, query=query).json["users"]]
    call(200, "patch", USER, {"idempotencyKey": "unlink", "externalId": None}, user)
    call(200, "delete", ROLE, user=user, headers={"Idempotency-Key": "remove"})
    call(200, "put", STATUS, {"status": "disabled"}, user)
    call(201, "post", USERS, registration("bob"))
    page = call(200, "get", USERS, query={"limit": 1})
    assert page.json["nextToken"]
    call(200, "get", USERS, query={"email": "ann@responses.example", "status": "disabled"})
    assert call(200, "get", AUDIT, user=user, query={"limit": 2}).json["nextToken"]
    call(200, "get", AUDIT, user=user, query={"action": "ROLE_ASSIGNED", "from": "2020-01-01T00:00:00Z"})
    call(200, "put", STATUS, {"status": "deleted"}, user)
    assert call(409, "put", STATUS, {"status": "active"}, user).json["details"] == {"reason": "USER_DELETED"}
    call(404, "get", USER, user=user)
    assert user in [one["userId"] for one in call(200, "get", USERS, query={"status": "deleted"}).json["users"]]


def test_rejected_requests(call):
    user = call(201, "post", USERS, registration("carl")).json["userId"]
    call(400, "post", USERS, {"idempotencyKey": " ", "email": "x", "name": "", "metadata": {"$": 1}})
    call(400, "get", USERS, query={"limit": 0, "nextToken": "x"})
    call(400, "patch", USER, {"idempotencyKey": "rename"}, user)
    for method, path, body in (("get", USER, None), ("delete", ROLE, None), ("put", STATUS, {"status": "active"})):
        call(401, method, path, body, user, signed=False)
        call(403, method, path, body, user, principal=NOBODY)
    mismatch = call(401, "get", USER, user=user, principal=Key(OPERATOR.id, "not the secret of the operator"))
    assert set(mismatch.json["details"]) == {"canonicalRequest", "stringToSign"}
    call(404, "delete", ROLE, user=user)
    assert call(409, "post", USERS, registration("carl", metadata={"a": "b"})).json["details"] == {
        "reason": "IDEMPOTENCY_KEY_REUSED"}
    taken = {**registration("dora"), "email": "CARL@responses.example"}
    assert call(409, "post", USERS, taken).json["details"] == {"reason": "EMAIL_IN_USE"}
    call(201, "post", USERS, registration("dan", externalId="hr|0046", userName="dan"))
    for more, reason in (({"externalId": "hr|0046"}, "EXTERNAL_ID_IN_USE"), ({"userName": "DAN"}, "USER_NAME_IN_USE")):
        assert call(409, "post", USERS, registration("fay", **more)).json["details"] == {"reason": reason}
    call(400, "get", USERS, query={"status": "deleted", "role": "viewer", "userName": "dan"})
    stale = call(412, "post", ROLES, {"role": "viewer"}, user, headers={"If-Match": '"9"'})
    assert stale.json["details"] == {"currentVersion": 1}
    call(413, "post", USERS, b" " * (65 << 10))
    call(415, "post", USERS, registration("eve"), headers={"Content-Type": "text/plain"})
    call(431, "get", USERS, headers={"X-Padding": "x" * (17 << 10)})
