"""An operator must be able to verify that a store, or a copy restored from a backup, is as the service left it.
`usersd check` confirms this or reports the faulty places. (tests/integrity tampers with every kind of item.)"""

import pathlib
import re
import signal
import subprocess
import time

import harness
import pytest
from client import Client
from harness import run_usersd, wait_until
from people import OPERATOR

SUMMARY = re.compile(r"(\d+) users, (\d+) audit entries, (\d+) items: (\d+) faults found in \d+\.\d s")
PROGRESS = re.compile(r"checked \d+ users, \d+ audit entries, \d+ items")
# A place and a description of the fault. No control characters; the text ends with a word.
FINDING = re.compile(r"(store|item \S+.*|user \S+|table \S+|files|change feed.*|checkpoint .*|event file .*): "
                     r"[ -~]*[a-z0-9)]")


def check(data, *more):
    """Returns the exit code, the findings and the numbers of the last line. Standard error may contain only
    progress."""
    result = run_usersd("check", "--data", data, *more)
    lines = result.stdout.splitlines()
    for line in result.stderr.splitlines():
        assert PROGRESS.fullmatch(line), result.stderr
    summary = SUMMARY.fullmatch(lines[-1])
    assert summary, result.stdout
    for line in lines[:-1]:
        assert FINDING.fullmatch(line), line
    users, entries, items, faults = map(int, summary.groups())
    assert faults == len(lines) - 1
    assert result.returncode == (1 if faults else 0)
    return result.returncode, lines[:-1], (users, entries, items)


def rejected(*arguments):
    """Runs a command that must be rejected. Returns the reason, which is the only line on standard error."""
    result = run_usersd(*arguments)
    assert result.returncode == 2 and result.stdout == "", result
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("usersd: "), result.stderr
    return result.stderr[len("usersd: "):-1]


@pytest.fixture
def own(make_server):
    """A client of a server with five users. One user is changed and one is deleted."""
    client = Client(make_server("--log-level", "warning"), OPERATOR)
    client.users = [client.new_user(metadata={"k": "v"})["userId"] for _ in range(5)]
    client.assign(client.users[0], "viewer", headers={"Idempotency-Key": "check-1"})
    assert client.patch(client.users[0], name="Another Name").status == 200
    assert client.set_status(client.users[1], "deleted").status == 200
    return client


# Profiles, audit entries, three items for each of the four users, a role item, the list item of the deleted user,
# idempotency records.
ITEMS = 5 + 8 + 3 * 4 + 1 + 1 + 7


def sorted_files(data):
    """The database files that contain items, smallest first."""
    return sorted(pathlib.Path(data, "db").glob("*.sst"), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_sound_store_has_no_findings(own, how):
    getattr(own.server, how)()
    for _ in range(2):
        assert check(own.server.data) == (0, [], (5, 8, ITEMS))
    own.server.start()
    assert own.get(own.users[0])["version"] == 3 and own.new_user()["version"] == 1


def test_store_of_an_earlier_version_has_no_findings(own):
    """Is checked before this version has started on it, and FORMAT says when that did."""
    own.server.stop()
    (own.server.data / "FORMAT").write_text("usersd-store 1\n")
    (own.server.data / "ANCHOR").unlink()
    assert check(own.server.data) == (0, [], (5, 8, ITEMS))
    own.server.start()
    wait_until(lambda: (own.server.data / "FORMAT").read_text().startswith("usersd-store 3"))
    own.server.stop()
    said = (own.server.data / "FORMAT").read_text()
    assert re.fullmatch(r"usersd-store 3 since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n", said)
    assert check(own.server.data) == (0, [], (5, 8, ITEMS))
    own.server.start()
    own.server.stop()
    assert (own.server.data / "FORMAT").read_text() == said


def test_store_without_users_has_no_findings(make_server):
    server = make_server()
    server.stop()
    assert check(server.data) == (0, [], (0, 0, 0))


@pytest.mark.parametrize("how", ["flipped", "cut", "removed"])
def test_damaged_files_are_reported(own, how):
    own.server.stop()
    path = sorted_files(own.server.data)[-1]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(content if how == "flipped" else content[:len(content) // 2])
    code, findings, _ = check(own.server.data)
    assert code == 1 and findings
    if how != "flipped":
        assert path.stem in findings[0] and findings[0].startswith("store: is damaged (db/")


@pytest.mark.parametrize("name", ["db/CURRENT", "FORMAT", "ANCHOR"])
def test_lost_file_is_reported(own, name):
    own.server.stop()
    (own.server.data / name).unlink()
    files = sorted(own.server.data.rglob("*"))
    code, findings, _ = check(own.server.data)
    assert code == 1 and len(findings) == 1 and re.match(r"store: .*\b%s\b.* missing" % name, findings[0])
    assert sorted(own.server.data.rglob("*")) == files  # it makes nothing worse


def test_check_is_rejected_while_a_server_runs(own):
    said = rejected("check", "--data", own.server.data)
    assert said == ("--data %s: is in use by another process: stop that one, or name another directory"
                    % own.server.data)
    assert own.new_user()["version"] == 1
    own.server.stop()
    assert check(own.server.data)[0] == 0


def test_check_is_rejected_without_a_store(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for name in ("absent", "empty", "other", "file"):
        place = tmp_path / name
        assert rejected("check", "--data", place) == "--data %s: holds no store" % place
    assert sorted(tmp_path.rglob("*")) == before


def test_check_is_rejected_for_a_newer_store(own):
    own.server.stop()
    (own.server.data / "FORMAT").write_text("usersd-store 4\n")
    assert "was written by a newer usersd" in rejected("check", "--data", own.server.data)


@pytest.mark.parametrize("arguments, named", [
    ([], "--data"), (["--data"], "--data"), (["--data", "x", "--fix"], "--fix"), (["--data", "x", "y"], "y"),
    (["--to", "x"], "--data"),
])
def test_wrong_options(arguments, named):
    assert named in rejected("check", *arguments)


def test_help_describes_the_options():
    result = run_usersd("check", "--help")
    assert result.returncode == 0 and "--data" in result.stdout and result.stderr == ""


def test_check_shows_progress(own):
    """Progress is a line about once a second, so the check is paused for longer than that while the store is open."""
    own.server.stop()
    lock = str(own.server.data / "db/LOCK")

    def held_up():
        process = subprocess.Popen([harness.BINARY, "check", "--data", own.server.data], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        wait_until(lambda: has_open(process, lock) or process.poll() is not None, 60, step=0.001)
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.2)
            process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0 and SUMMARY.fullmatch(out.splitlines()[-1])
        assert all(PROGRESS.fullmatch(line) for line in err.splitlines()), err
        return err

    wait_until(held_up, 60)


def has_open(process, path):
    try:
        return any(path == str(entry.readlink()) for entry in pathlib.Path("/proc/%d/fd" % process.pid).iterdir())
    except OSError:
        return False
