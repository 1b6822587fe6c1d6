"""The README's session must work as pasted, because it is the first thing that a new user tries."""
import json
import pathlib
import re
import subprocess

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
     audit, deleted, gone) = responses
    assert got == registered
    assert renamed["name"] == "Ada King" and moved["email"] == "ada.king@example.com"
    assert assigned["roles"] == ["viewer"] and disabled["status"] == "disabled"
    assert changed["metadata"] == {"site": "London"}
    assert linked["externalId"] == "hr|0042"
    for users in (listed, recent, found, by_external_id, holders, gone):
        assert [user["userId"] for user in users["users"]] == [got["userId"]]
    assert [entry.get("reason") for entry in audit["auditLogs"]] == [None, None, None, "HR-7", None, None, None]
    assert deleted["status"] == "deleted"
