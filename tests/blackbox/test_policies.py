"""A principal's policy is an IAM policy: Deny wins, and a request that nothing allows is 403. Patterns have the same
meaning as on AWS, so a policy can be moved between AWS and usersd."""

import pytest
from client import Client, fresh_email, fresh_key
from people import CLERK, NOBODY, OPERATOR, READER, allow, deny, make_key, principal, user_arn

NO_SUCH = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
ANY = "arn:aws:execute-api:*:*:*/*/"
LOCAL = "arn:aws:execute-api:us-east-1:000000000000:users/local/"
OPERATIONS = {
    "create": ("POST", "/users"), "get": ("GET", "/users/" + NO_SUCH), "update": ("PATCH", "/users/" + NO_SUCH),
    "status": ("PUT", "/users/%s/status" % NO_SUCH), "assign": ("POST", "/users/%s/roles" % NO_SUCH),
    "remove": ("DELETE", "/users/%s/roles/viewer" % NO_SUCH), "list": ("GET", "/users"),
    "audit": ("GET", "/users/%s/audit" % NO_SUCH),
}
BODIES = {
    "create": {}, "update": {"idempotencyKey": "k", "name": "x"}, "status": {"status": "active"},
    "assign": {"role": "viewer"}}


def admitted(client, key):
    """The operations that the key may call."""
    names = set()
    for name, (method, path) in OPERATIONS.items():
        response = client.request(method, path, BODIES.get(name), principal=key)
        if response.status != 403:
            assert response.status in (200, 400, 404), response
            names.add(name)
    return names


def test_standard_principals_have_their_permissions(client):
    assert admitted(client, OPERATOR) == set(OPERATIONS)
    assert admitted(client, NOBODY) == set()
    assert admitted(client, READER) == {"get", "list", "audit"}
    assert admitted(client, CLERK) == set(OPERATIONS)


def test_deny_of_the_contract_example_wins(client):
    user_id = client.new_user()["userId"]
    clerk = client.as_(CLERK)
    assert clerk.assign(user_id, "admin").status == 200
    assert clerk.remove(user_id, "admin").status == 403
    assert clerk.assign(user_id, "viewer").status == 200
    assert clerk.remove(user_id, "viewer").status == 200
    assert clerk.remove(user_id, "admins").status == 404
    assert client.remove(user_id, "admin").status == 200


POLICIES = {
    "one method": ([allow(ANY + "POST/users")], {"create"}),
    "exact path": ([allow(LOCAL + "GET/users")], {"list"}),
    "exact user": ([allow(LOCAL + "GET/users/" + NO_SUCH)], {"get"}),
    "another region": ([allow("arn:aws:execute-api:eu-west-1:*:*/*/*")], set()),
    "another account": ([allow("arn:aws:execute-api:us-east-1:000000000001:users/local/*")], set()),
    "another api": ([allow("arn:aws:execute-api:us-east-1:000000000000:users/prod/*")], set()),
    "star over slashes": ([allow("arn:aws:execute-api:*/GET/users/*")], {"get", "audit"}),
    "one star": ([allow("*")], set(OPERATIONS)),
    "nothing by prefix": ([allow(LOCAL + "GET/user")], set()),
    "question marks": ([allow(ANY + "GET/users/" + "?" * 26)], {"get"}),
    "one question mark too few": ([allow(ANY + "GET/users/" + "?" * 25)], set()),
    "question mark as slash": ([allow(ANY + "GET?users")], {"list"}),
    "case of the path": ([allow(ANY + "GET/Users"), allow(ANY + "get/users")], set()),
    "case of the action": ([allow(ANY + "GET/users", action="EXECUTE-API:invoke")], {"list"}),
    "action by star": ([allow(ANY + "GET/users", action="execute-api:*")], {"list"}),
    "any action": ([allow(ANY + "GET/users", action="*")], {"list"}),
    "action by question mark": ([allow(ANY + "GET/users", action="execute-api:Invok?")], {"list"}),
    "list of actions": ([allow(ANY + "GET/users", action=["execute-api:ManageConnections", "execute-api:Invoke"])],
                        {"list"}),
    "another action": ([allow("*", action="execute-api:InvalidateCache")], set()),
    "another service": ([allow("*", action="s3:*")], set()),
    "deny after allow": ([allow("*"), deny(ANY + "*/users/*")], {"create", "list"}),
    "deny before allow": ([deny(ANY + "*/users/*"), allow("*")], {"create", "list"}),
    "deny everything": ([allow("*"), allow("*"), deny("*", action="*")], set()),
    "deny of another action": ([allow("*"), deny("*", action="execute-api:InvalidateCache")], set(OPERATIONS)),
    "deny alone": ([deny(ANY + "GET/nothing")], set()),
    "several resources": ([allow(ANY + "GET/users", ANY + "POST/users")], {"list", "create"}),
    "star within": ([allow(ANY + "*/users/*/roles*")], {"assign", "remove"}),
    "text only": ([{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ANY + "GET/users"}], {"list"}),
    "with a Sid": ([{"Sid": "Read", **allow(ANY + "GET/users")}], {"list"}),
}


@pytest.fixture(scope="module")
def policed(tmp_path_factory):
    """A client of one server that has a principal for each policy."""
    from harness import Server
    from people import write_principals
    directory = tmp_path_factory.mktemp("policies")
    keys = {name: make_key("POLICY%02d" % number, user_arn("p%02d" % number)) for number, name in enumerate(POLICIES)}
    entries = [principal(OPERATOR)] + [principal(keys[name], *POLICIES[name][0]) for name in POLICIES]
    entries.append(principal(make_key("SINGLE", user_arn("single"))))
    entries[-1]["policy"] = {"Version": "2012-10-17", "Id": "one", "Statement": allow(ANY + "GET/users")}
    server = Server(directory, "--principals", write_principals(directory / "principals.json", entries))
    server.start()
    client = Client(server, OPERATOR)
    client.keys = {**keys, "single statement": make_key("SINGLE", user_arn("single"))}
    yield client
    server.stop()


@pytest.mark.parametrize("name", POLICIES)
def test_policies(policed, name):
    assert admitted(policed, policed.keys[name]) == POLICIES[name][1]


def test_statement_may_be_one_object(policed):
    assert admitted(policed, policed.keys["single statement"]) == {"list"}


def test_403_reveals_nothing(client):
    """A caller without permission cannot find out whether a user or an address exists."""
    user = client.new_user()
    responses = [client.request("GET", "/users/" + user_id, principal=NOBODY) for user_id in (user["userId"], NO_SUCH)]
    assert responses[0].raw == responses[1].raw
    body = {"idempotencyKey": fresh_key(), "email": user["email"], "name": "x"}
    responses = [client.request("POST", "/users", {**body, "email": email}, principal=READER)
               for email in (user["email"], fresh_email())]
    assert responses[0].raw == responses[1].raw and responses[0].status == 403


def test_api_arn_is_the_prefix_of_resources(make_server):
    arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod"
    exact, other = make_key("EXACT", user_arn("exact")), make_key("OTHERARN", user_arn("otherarn"))
    server = make_server("--api-arn", arn, principals=[
        principal(exact, allow(arn + "/GET/users")), principal(other, allow(LOCAL + "GET/users"))])
    from signing import boto_sign
    client = Client(server, exact)
    for key, region, status in ((exact, "eu-central-1", 200), (exact, "us-east-1", 401), (other, "eu-central-1", 403)):
        signed = boto_sign(key, "GET", server.url + "/users", region=region)
        assert client.send("GET", "/users", list(signed.headers.items())).status == status
