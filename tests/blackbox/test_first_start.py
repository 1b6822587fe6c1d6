"""The first five minutes with the server. The README's commands must work as pasted: with the key that the first start
creates, with curl and its curlrc, and with boto3's signer and its credentials file."""

import json
import os
import pathlib
import shlex
import stat
import subprocess
import threading

import boto3
import pytest
from client import Client, fresh_email, fresh_key
from harness import BINARY, Server
from people import SESSION_A
from signing import Key


def shell(command, **more):
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, **more)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def credentials_of(server, monkeypatch):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(server.data / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    found = boto3.Session().get_credentials().get_frozen_credentials()
    assert found.token is None
    return Key(found.access_key, found.secret_key)


def test_ready_line_has_exactly_its_members(bare_server):
    server = bare_server()
    assert set(server.ready) == {"event", "address", "adminAddress", "tls", "relay", "try"}
    assert server.ready["event"] == "ready"
    assert server.ready["tls"] is False
    assert server.ready["address"] == "127.0.0.1:%d" % server.port and server.port > 0
    assert server.ready["try"].startswith("curl -K ")
    server.stop()


def test_try_command_works_as_pasted(bare_server):
    server = bare_server()
    result = shell(server.ready["try"] + " -sS")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"users": []}
    server.stop()


def test_try_command_works_with_special_characters_in_the_path(tmp_path):
    server = Server(tmp_path / "it's a $HOME; dir")
    server.start()
    try:
        result = shell(server.ready["try"] + " -sS")
        assert result.returncode == 0 and json.loads(result.stdout) == {"users": []}, result
        server.stop()
    finally:
        server.kill9()


def test_data_path_that_is_not_utf_8(tmp_path):
    """Standard output and the log are JSON with any path, and the command finds the file."""
    server = Server(os.fsdecode(os.fsencode(tmp_path) + b"/it's \xff %s \\n \xc3"))
    server.start()
    try:
        result = shell(server.ready["try"] + " -sS")
        assert result.returncode == 0 and json.loads(result.stdout) == {"users": []}, result
        (server.data / "curlrc").chmod(0o644)
        server.stop()
        server.start()
        lines = server.logged("file_readable_by_others")
        assert "it's \ufffd %s \\n \ufffd" in lines[0]["path"]
        server.stop()
    finally:
        server.kill9()


def test_try_command_works_where_the_data_directory_is_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server = Server("relative")
    server.data = pathlib.Path("some-data")
    server.start()
    try:
        result = shell(server.ready["try"] + " -sS", cwd="/")
        assert result.returncode == 0 and json.loads(result.stdout) == {"users": []}, result
        server.stop()
    finally:
        server.kill9()


def test_files_are_private(bare_server):
    server = bare_server()
    assert mode(server.data) == 0o700
    for name in ("credentials", "curlrc", "principals.json", "audit-events.jsonl"):
        assert mode(server.data / name) == 0o600, name
    for path in server.data.rglob("*"):
        assert mode(path) & 0o077 == 0, path
    server.stop()


def test_files_are_private_whatever_the_umask(bare_server):
    server = bare_server(start=False)
    server.preexec = lambda: os.umask(0)
    server.start()
    assert mode(server.data) == 0o700
    for path in server.data.rglob("*"):
        assert mode(path) & 0o077 == 0, path
    server.stop()


def test_second_start_keeps_the_key_and_has_no_try(bare_server):
    server = bare_server()
    names = ("credentials", "curlrc", "principals.json")
    before = {name: (server.data / name).read_bytes() for name in names}
    server.stop()
    server.start()
    assert set(server.ready) == {"event", "address", "adminAddress", "tls", "relay"}
    assert before == {name: (server.data / name).read_bytes() for name in names}
    curl = shell("curl -sS -K %s %s/users" % (shlex.quote(str(server.data / "curlrc")), server.url))
    assert json.loads(curl.stdout) == {"users": []}, curl
    server.stop()


def test_two_servers_make_two_keys(bare_server):
    first, second = bare_server(), bare_server()
    assert (first.data / "credentials").read_text() != (second.data / "credentials").read_text()
    first.stop()
    second.stop()


def test_all_operations_work_with_boto3(bare_server, monkeypatch):
    server = bare_server()
    client = Client(server, credentials_of(server, monkeypatch))
    email = fresh_email()
    user = client.new_user(email=email, name="Grace Hopper", metadata={"team": "compilers"})
    assert client.get(user["userId"]) == user
    changed = client.patch(user["userId"], name="Rear Admiral Grace Hopper").json
    assert changed["version"] == 2
    assert client.assign(user["userId"], "admin").json["roles"] == ["admin"]
    assert client.remove(user["userId"], "admin").json["roles"] == []
    assert client.set_status(user["userId"], "disabled").json["status"] == "disabled"
    assert [found["userId"] for found in client.find(email)] == [user["userId"]]
    assert [entry["version"] for entry in client.audit(user["userId"])] == [1, 2, 3, 4, 5]
    assert client.audit(user["userId"])[0]["actor"] == "arn:aws:iam::000000000000:user/administrator"
    server.stop()


def curl(server, *arguments):
    """Calls with `curl -K <data>/curlrc`. Returns status, headers and JSON."""
    result = subprocess.run(
        ["curl", "-q", "-sS", "-i", "-K", str(server.data / "curlrc"), *arguments],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result
    # Text mode has replaced each CRLF with LF.
    text, _, body = result.stdout.partition("\n\n")
    return int(text.split()[1]), text, json.loads(body)


def test_all_operations_work_with_curl(bare_server):
    server = bare_server()
    url = server.url + "/users"
    body = json.dumps({"idempotencyKey": fresh_key(), "email": "ada@example.com", "name": "Ada"})
    status, headers, user = curl(server, "-d", body, url)
    assert status == 201, user
    assert "Location: /users/" + user["userId"] in headers
    one = url + "/" + user["userId"]
    assert curl(server, one)[2] == user
    body = json.dumps({"idempotencyKey": fresh_key(), "name": "Ada Lovelace"})
    assert curl(server, "-X", "PATCH", "-d", body, one)[2]["name"] == "Ada Lovelace"
    status, _, response = curl(server, "-d", '{"role":"viewer"}', "-H", "Idempotency-Key: k", one + "/roles")
    assert (status, response["roles"]) == (200, ["viewer"])
    assert curl(server, "-X", "DELETE", one + "/roles/viewer")[2]["roles"] == []
    assert curl(server, "-X", "PUT", "-d", '{"status":"disabled"}', one + "/status")[0] == 200
    assert curl(server, one + "/audit?limit=2")[2]["auditLogs"][1]["action"] == "USER_UPDATED"
    # curl signs the query exactly as it is sent: sorted or not, encoded or not.
    for query in ("status=disabled&limit=5", "limit=5&status=disabled", "email=ada@example.com",
                  "email=ada%40example.com", "status=disabled&email=ada%40example.com"):
        status, _, page = curl(server, url + "?" + query)
        assert status == 200 and [u["userId"] for u in page["users"]] == [user["userId"]], query
    server.stop()


def test_curl_with_a_wrong_secret_is_rejected(bare_server):
    server = bare_server()
    config = server.data / "curlrc"
    config.write_text(config.read_text().replace('"\nheader', 'x"\nheader'))
    status, _, response = curl(server, server.url + "/users")
    assert (status, response["code"]) == (401, "AUTHENTICATION_ERROR")
    server.stop()


def test_curl_works_with_a_session_token(make_server):
    server = make_server()
    result = subprocess.run(
        ["curl", "-q", "-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "-u",
         SESSION_A.id + ":" + SESSION_A.secret,
         "-H", "X-Amz-Security-Token: " + SESSION_A.token, server.url + "/users"],
        capture_output=True, text=True, timeout=60)
    assert result.stdout == '{"users":[]}', result


def test_given_principals_create_no_administrator(make_server):
    server = make_server()
    assert "try" not in server.ready
    for name in ("credentials", "curlrc", "principals.json"):
        assert not (server.data / name).exists()


def test_default_data_directory_is_users_data(tmp_path):
    process = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0"], cwd=tmp_path, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        ready = json.loads(process.stdout.readline())
        assert shell(ready["try"] + " -sS").stdout == '{"users":[]}'
        assert mode(tmp_path / "users-data") == 0o700
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()
        guard.cancel()


@pytest.mark.parametrize("name", ["credentials", "curlrc"])
def test_deleted_key_file_is_not_recreated(bare_server, name):
    """The principals file decides whether there is an administrator. A new key would be a back door."""
    server = bare_server()
    server.stop()
    (server.data / name).unlink()
    server.start()
    assert "try" not in server.ready and not (server.data / name).exists()
    server.stop()
