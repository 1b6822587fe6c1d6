"""The principals, roles and configuration files are parsed strictly. An ignored Condition or a misspelt Deny would
admit an unauthorised caller, so nothing unknown is ignored. A one-line message names the option and the place."""

import concurrent.futures
import copy
import json

import pytest
from client import Client
from harness import run_usersd
from people import OPERATOR, OTHER, principal


def check_all(tmp_path, option, cases):
    """Starts the server with each of the faulty files. `cases`: name -> (content, text that the message must
    contain)."""
    def check(name):
        content, place = cases[name]
        file = tmp_path / (name.replace(" ", "-").replace("/", "-") + ".json")
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        data = tmp_path / ("data-" + file.stem)
        result = run_usersd("serve", "--data", data, "--listen", "127.0.0.1:0", option, file)
        lines = result.stderr.splitlines()
        if result.returncode != 2 or result.stdout or len(lines) != 1:
            return "%s: exit code %d, %r, %r" % (name, result.returncode, result.stdout, result.stderr[:500])
        if option not in lines[0] or place not in lines[0].replace(str(file), ""):
            return "%s: does not name %r: %s" % (name, place, lines[0])
        if any(key.secret in lines[0] for key in (OPERATOR, OTHER)) or "sekret" in lines[0]:
            return "%s: shows a secret: %s" % (name, lines[0])
        return None

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [failure for failure in pool.map(check, cases) if failure]
    assert not failures, "\n".join(failures)


SYNTAX = {
    "empty": (b"", ""), "half": (b'{"version": 1,', ""), "list": ([], ""), "null": (b"null", ""), "text": (b'"x"', ""),
    "two values": (b"{} {}", ""), "bom": (b"\xef\xbb\xbf{}", "byte order mark"),
    "utf-16": ("{}".encode("utf-16"), "UTF-16"), "third line": (b'{\n  "version": 1,\n  x}\n', "line 3, column 3"),
    "after characters": ('{"\u00e4\U0001f600": x}'.encode(), "line 1, column 8"), "no utf-8": (b'{"version": "\xff"}', ""),
    "binary": (bytes(range(256)), ""),
}


def edited(document, change):
    document = copy.deepcopy(document)
    change(document)
    return document


# --- principals

GOOD = {"version": 1, "principals": [principal(OPERATOR), principal(OTHER)]}
STATEMENT = "principals[0].policy.Statement[0]"


def first(**members):
    return edited(GOOD, lambda d: d["principals"][0].update(members))


def key(**members):
    return edited(GOOD, lambda d: d["principals"][0]["accessKeys"][0].update(members))


def without(place, member):
    """GOOD without a member of the first principal, its key, its policy or its statement."""
    def change(document):
        entry = document["principals"][0]
        {"principal": entry, "key": entry["accessKeys"][0], "policy": entry["policy"],
         "statement": entry["policy"]["Statement"][0], "file": document}[place].pop(member)
    return edited(GOOD, change)


def policy(**members):
    return edited(GOOD, lambda d: d["principals"][0]["policy"].update(members))


def statement(**members):
    return edited(GOOD, lambda d: d["principals"][0]["policy"]["Statement"][0].update(members))


FAULTY_PRINCIPALS = {
    **SYNTAX,
    "version 2": ({**GOOD, "version": 2}, "version"), "version text": ({**GOOD, "version": "1"}, "version"),
    "version 1.0": (json.dumps(GOOD).replace('"version": 1', '"version": 1.0', 1).encode(), "version"),
    "no version": (without("file", "version"), "version"),
    "no principals": (without("file", "principals"), "principals"),
    "no one": ({**GOOD, "principals": []}, "principals"),
    "principals object": ({**GOOD, "principals": {}}, "principals"),
    "other member": ({**GOOD, "comment": "x"}, "comment"),
    "principal null": ({**GOOD, "principals": [None]}, "principals[0]"),
    "repeated member": (json.dumps(GOOD).replace('"version": 1', '"version": 1, "version": 1', 1).encode(), "version"),
    "repeated deep": (json.dumps(GOOD).replace('"Effect": "Allow"', '"Effect": "Deny", "Effect": "Allow"', 1).encode(),
                      "Effect"),
    "no arn": (without("principal", "arn"), "principals[0].arn"),
    "no keys": (without("principal", "accessKeys"), "principals[0].accessKeys"),
    "no policy": (without("principal", "policy"), "principals[0].policy"),
    "principal's other member": (first(name="x"), "principals[0].name"),
    "misspelt member": (first(accesskeys=[]), "principals[0].accesskeys"),
    "arn twice": (edited(GOOD, lambda d: d["principals"][1].update(arn=OPERATOR.arn)), "principals[1].arn"),
    "key id twice": (edited(GOOD, lambda d: d["principals"][1]["accessKeys"][0].update(accessKeyId=OPERATOR.id)),
                     "principals[1].accessKeys[0].accessKeyId"),
    "key id twice in one": (edited(GOOD, lambda d: d["principals"][0]["accessKeys"].append(
        d["principals"][0]["accessKeys"][0])), "principals[0].accessKeys[1].accessKeyId"),
    "keys object": (first(accessKeys={}), "principals[0].accessKeys"),
    "key's other member": (key(note="sekret-note"), "principals[0].accessKeys[0].note"),
    "no key id": (without("key", "accessKeyId"), "principals[0].accessKeys[0].accessKeyId"),
    "no secret": (without("key", "secretAccessKey"), "principals[0].accessKeys[0].secretAccessKey"),
    "no version of the policy": (without("policy", "Version"), "principals[0].policy.Version"),
    "old version of the policy": (policy(Version="2008-10-17"), "principals[0].policy.Version"),
    "no statement": (without("policy", "Statement"), "principals[0].policy.Statement"),
    "empty statement": (policy(Statement=[]), "principals[0].policy.Statement"),
    "statement text": (policy(Statement="x"), "principals[0].policy.Statement"),
    "policy text": (first(policy="{}"), "principals[0].policy"),
    "policy's other member": (policy(version="x"), "policy.version"),
    "id number": (policy(Id=1), "principals[0].policy.Id"),
    "no effect": (without("statement", "Effect"), STATEMENT + ".Effect"),
    "effect": (statement(Effect="allow"), STATEMENT + ".Effect"), "sid": (statement(Sid=1), STATEMENT + ".Sid"),
    "no action": (without("statement", "Action"), STATEMENT + ".Action"),
    "no resource": (without("statement", "Resource"), STATEMENT + ".Resource"),
    "empty action": (statement(Action=[]), STATEMENT + ".Action"),
    "empty resource": (statement(Resource=[]), STATEMENT + ".Resource"),
    "action number": (statement(Action=[1]), STATEMENT + ".Action"),
    "resource null": (statement(Resource=None), STATEMENT + ".Resource"),
}
for name in ("NotAction", "NotResource", "Principal", "NotPrincipal", "Condition", "resource", "effect"):
    FAULTY_PRINCIPALS["member " + name] = (statement(**{name: {}}), STATEMENT + "." + name)
for number, arn in enumerate([
        "", "x", "arn:aws:iam::123456789012", "arn:aws:iam::123456789012:", "arn:aws:iam::12345678901:user/x",
        "arn:aws:iam::1234567890123:user/x", "arn:aws:iam:us-east-1:123456789012:user/x",
        "arn:aws:s3::123456789012:user/x",
        "arn:aws-cn:iam::123456789012:user/x", "arn:aws:iam::12345678901x:user/x", "*", 5, None]):
    FAULTY_PRINCIPALS["arn %d" % number] = (first(arn=arn), "principals[0].arn")
for member, values in {
        "accessKeyId": ["", "A" * 15, "A" * 129, "AKIA-KIAAKIAAKIAAKIA", "AKIA/AAAAAAAAAAAAAAA", "\u00c4" * 20, None,
                        1],
        "secretAccessKey": ["", "sekret", "s" * 15, "s" * 257, "sekret\u00e4sekretsekret", "sekret\nsekretsekret", None,
                            1],
        "sessionToken": ["", None, 1], "status": ["active", "", None, True],
        "expiresAt": ["", "tomorrow", "2026-12-31", 1767225600, None, "2026-02-30T00:00:00Z"]}.items():
    for number, value in enumerate(values):
        FAULTY_PRINCIPALS["%s %d" % (member, number)] = (key(**{member: value}),
                                                         "principals[0].accessKeys[0]." + member)


def test_faulty_principals_are_reported(tmp_path):
    check_all(tmp_path, "--principals", FAULTY_PRINCIPALS)


def test_unusual_valid_principals_are_accepted(make_server):
    entries = [
        principal(OPERATOR, expiresAt="9999-12-31T23:59:59.9999999Z", status="Active"),
        {**principal(OTHER), "accessKeys": []},
        {**principal(OTHER), "arn": "arn:aws:iam::123456789012:role/path/to/role", "accessKeys": [
            {"accessKeyId": "a_B9" * 32, "secretAccessKey": " ~" * 128},
            {"accessKeyId": "K" * 16, "secretAccessKey": "s" * 16}]},
        {**principal(OTHER), "arn": "arn:aws:sts::123456789012:federated-user/x:y", "accessKeys": []},
    ]
    client = Client(make_server(principals=entries), OPERATOR)
    assert client.request("GET", "/users").status == 200
    for entry in entries[2]["accessKeys"]:
        other = type(OPERATOR)(entry["accessKeyId"], entry["secretAccessKey"])
        assert client.request("GET", "/users", principal=other).status == 200


# --- roles

ROLES = {"version": 1, "roles": [{"name": "a", "description": "A", "permissions": ["x"]}]}


def role(**members):
    return edited(ROLES, lambda d: d["roles"][0].update(members))


def role_without(member):
    return edited(ROLES, lambda d: d["roles"][0].pop(member))


FAULTY_ROLES = {
    **SYNTAX,
    "version": ({**ROLES, "version": 2}, "version"), "no version": ({"roles": []}, "version"),
    "no roles": ({"version": 1}, "roles"),
    "other member": ({**ROLES, "x": 1}, "x"), "role's other member": (role(arn="x"), "roles[0].arn"),
    "roles object": ({"version": 1, "roles": {}}, "roles"),
    "name twice": ({**ROLES, "roles": ROLES["roles"] * 2}, "roles[1].name"),
    "no name": (role_without("name"), "roles[0].name"),
    "no description": (role_without("description"), "roles[0].description"),
    "no permissions": (role_without("permissions"), "roles[0].permissions"),
    "description of 257": (role(description="\u00e4" * 257), "roles[0].description"),
    "description null": (role(description=None), "roles[0].description"),
    "permissions text": (role(permissions="x"), "roles[0].permissions"),
    "65 permissions": (role(permissions=["p%d" % n for n in range(65)]), "roles[0].permissions"),
    "257 roles": ({"version": 1, "roles": [{**ROLES["roles"][0], "name": "r%d" % n} for n in range(257)]}, "roles"),
    "grantableBy text": (role(grantableBy="*"), "roles[0].grantableBy"),
    "grantableBy null": (role(grantableBy=None), "grantableBy"),
    "grantableBy numbers": (role(grantableBy=[1]), "roles[0].grantableBy"),
    "deletableBy text": ({**ROLES, "deletableBy": "*"}, "deletableBy"),
    "deletableBy null": ({**ROLES, "deletableBy": None}, "deletableBy"),
    "repeated": (b'{"version":1,"roles":[],"roles":[]}', "roles"),
}
for number, name in enumerate(["", "A", "1a", "-a", "a_b", "a b", "a.b", "\u00e4", "a" * 65, "admin\n", None, 1]):
    FAULTY_ROLES["name %d" % number] = (role(name=name), "roles[0].name")
for number, name in enumerate(["", "a b", "\u00e4", "p" * 129, "a,b", "a\n", "a+b", None, 1]):
    FAULTY_ROLES["permission %d" % number] = (role(permissions=["ok", name]), "roles[0].permissions[1]")


def test_faulty_roles_are_reported(tmp_path):
    check_all(tmp_path, "--roles", FAULTY_ROLES)


# --- configuration

FAULTY_CONFIGS = {
    **SYNTAX,
    "unknown": ({"lisen": "127.0.0.1:0"}, "lisen"), "dashes": ({"--listen": "127.0.0.1:0"}, "--listen"),
    "config in config": ({"config": "x.json"}, "config"), "help": ({"help": True}, "help"),
    "camel": ({"throttleRate": 1}, "throttleRate"),
    "value": ({"throttle-rate": "x"}, "throttle-rate"), "null": ({"roles": None}, "roles"),
    "list": ({"roles": ["x"]}, "roles"),
    "object": ({"roles": {}}, "roles"), "level": ({"log-level": "loud"}, "log-level"),
    "plaintext": ({"plaintext": "yes"}, "plaintext"),
    "plaintext number": ({"plaintext": 1}, "plaintext"), "burst": ({"throttle-burst": 0}, "throttle-burst"),
    "burst without a rate": ({"throttle-rate": 0, "principal-burst": 5}, "principal-burst"),
    "host": ({"host": ["a.example", 5, "b/c"]}, "host"),
    "negative": ({"principal-rate": -1}, "principal-rate"), "huge": ({"throttle-rate": 1e99}, "throttle-rate"),
    "arn": ({"api-arn": "x"}, "api-arn"), "file of roles": ({"roles": "/nonexistent"}, "roles"),
    "repeated": (b'{"log-level":"info","log-level":"info"}', "log-level"),
    "number for a text": ({"admin-listen": 8080}, "admin-listen"),
    "empty text": ({"data": ""}, "data"),
}


def test_faulty_configurations_are_reported(tmp_path):
    check_all(tmp_path, "--config", {
        # The roles file is checked after the configuration is read, so its error names the roles option.
        name: case for name, case in FAULTY_CONFIGS.items() if name != "file of roles"})


def test_missing_file_named_in_the_configuration_is_reported(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"roles": "/nonexistent"}))
    result = run_usersd("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--config", file)
    assert result.returncode == 2 and result.stderr.count("\n") == 1 and "roles /nonexistent" in result.stderr


@pytest.fixture
def configured(bare_server, tmp_path):
    def make(config, *arguments):
        file = tmp_path / "config.json"
        file.write_text(json.dumps(config))
        return bare_server("--config", file, *arguments)
    return make


def test_configuration_sets_every_option(configured, tmp_path):
    roles = tmp_path / "roles.json"
    roles.write_text(json.dumps(ROLES))
    principals = tmp_path / "principals.json"
    principals.write_text(json.dumps(GOOD))
    principals.chmod(0o600)
    server = configured({"roles": str(roles), "principals": str(principals), "principal-rate": 0.001,
                         "principal-burst": "4", "log-level": "warning", "admin-listen": "127.0.0.1:0",
                         "plaintext": False})
    client = Client(server, OPERATOR)
    user_id = client.new_user()["userId"]
    assert client.assign(user_id, "a").status == 200
    assert client.assign(user_id, "viewer").status == 400
    assert [client.request("GET", "/users").status for _ in range(2)] == [200, 429]
    assert server.stop() == []  # no line below the level of a warning


def test_command_line_overrides_the_configuration(configured):
    server = configured({"data": "/nonexistent/data", "listen": "192.0.2.1:1", "throttle-rate": 0.001,
                         "log-level": "error"},
                        "--log-level", "info")
    events = [line["event"] for line in server.stop()]
    assert "started" in events


def test_configuration_can_allow_plaintext(tmp_path, bare_server):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"plaintext": True}))
    server = bare_server("--config", file, listen="0.0.0.0:0")
    assert server.ready["tls"] is False
    server.stop()
