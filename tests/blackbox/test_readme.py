"""The README's session must work as pasted, because it is the first thing that a new user tries."""
import json
import os
import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def session() -> str:
    """The shell commands of the section "A session"."""
    text = README.read_text()
    section = text[text.index("## A session") :]
    return re.search(r"```sh\n(.*?)```", section, re.S)[1]


def test_the_session_works_as_pasted(bare_server, tmp_path):
    server = bare_server()
    (tmp_path / "users-data").symlink_to(server.data)
    commands = session().replace("127.0.0.1:8080", server.ready["address"])
    run = subprocess.run(["bash", "-eu", "-c", commands], cwd=tmp_path, capture_output=True, text=True,
                         timeout=60)
    assert run.returncode == 0, run.stderr
    responses = [json.loads(line) for line in run.stdout.splitlines() if line]
    assert [a.get("code") for a in responses] == [None] * len(responses), run.stdout
    (registered, got, renamed, moved, changed, assigned, disabled, listed, recent, found, linked, by_external_id, holders,
     searched, audit, trail, deleted, gone) = responses
    assert got == registered
    assert renamed["name"] == "Ada King" and moved["email"] == "ada.king@example.com"
    assert assigned["roles"] == ["viewer"] and disabled["status"] == "disabled"
    assert changed["metadata"] == {"site": "London"}
    assert linked["externalId"] == "hr|0042"
    for users in (listed, recent, found, by_external_id, holders, searched, gone):
        assert [user["userId"] for user in users["users"]] == [got["userId"]]
    assert [entry.get("reason") for entry in audit["auditLogs"]] == [None, None, None, "HR-7", None, None, None]
    assert [entry["userId"] for entry in trail["auditLogs"]] == [got["userId"]]
    assert deleted["status"] == "deleted"


def test_the_python_example_works_as_pasted(bare_server, tmp_path):
    """It is run against users who did not exist yesterday, and prints one error for each holder of the role."""
    server = bare_server()
    (tmp_path / "users-data").symlink_to(server.data)
    address = server.ready["address"]
    prepare = session().split("# register")[0] + (
        """api $url -d '{"idempotencyKey": "1", "email": "ada@example.com", "name": "Ada"}' | tee ada.json
        api $url/$(sed 's/.*"userId":"\\([^"]*\\)".*/\\1/' ada.json)/roles -d '{"role": "viewer"}'""")
    subprocess.run(["bash", "-eu", "-c", prepare.replace("127.0.0.1:8080", address)], cwd=tmp_path, check=True,
                   capture_output=True, timeout=60)
    example = re.search(r"```python\n(.*?)```", README.read_text(), re.S)[1].replace("127.0.0.1:8080", address)
    run = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                         env={**os.environ, "AWS_SHARED_CREDENTIALS_FILE": "users-data/credentials"})
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("NOT_FOUND") == 1, run.stdout
