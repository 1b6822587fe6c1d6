"""A backup that cannot be made reports the reason in one line, and leaves nothing that looks like a backup."""

import pathlib
import resource

import pytest
from backups import back_up, left_beside, snapshots
from client import Client
from harness import run_usersd, wait_until
from people import OPERATOR
from test_check import check, rejected, sorted_files


@pytest.fixture
def own(make_server):
    """A client of a server with one user."""
    client = Client(make_server("--log-level", "warning"), OPERATOR)
    client.new_user()
    return client


@pytest.mark.parametrize("running", [True, False])
def test_impossible_targets_are_rejected(own, tmp_path, running):
    data = own.server.data
    if not running:
        own.server.stop()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(data)
    (tmp_path / "foreign.partial").mkdir()
    (tmp_path / "foreign.partial/mine").write_text("mine")
    before = sorted(path for path in tmp_path.iterdir())
    for to, why in [
        (tmp_path / "full", "is not empty; name a new directory"),
        (tmp_path / "file", "is a file; name a new directory"),
        (data, "is inside the data directory; name one outside"),
        (data / "copy", "is inside the data directory; name one outside"),
        (data / "db", "is inside the data directory; name one outside"),
        (tmp_path / "link/copy", "is inside the data directory; name one outside"),
        (data / ".." / "data" / "copy", "is inside the data directory; name one outside"),
        (tmp_path / "foreign", "foreign.partial exists beside it and is not an unfinished backup: remove it"),
        (tmp_path / "file/copy", "cannot be written (Not a directory)"),
        (pathlib.Path("/proc/usersd-copy"), "cannot be written (No such file or directory)"),
    ]:
        assert rejected("backup", "--data", data, "--to", to) == "--to %s: %s" % (to, why)
    assert sorted(path for path in tmp_path.iterdir()) == before
    assert not (data / "copy").exists() and not snapshots(data)
    assert (tmp_path / "foreign.partial/mine").read_text() == "mine"


def test_directory_without_a_store_is_rejected(tmp_path):
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for name in ("absent", "empty"):
        said = rejected("backup", "--data", tmp_path / name, "--to", tmp_path / "copy")
        assert said == "--data %s: holds no store" % (tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("arguments, named", [
    ([], "--data"), (["--data", "x"], "--to"), (["--to", "x"], "--data"), (["--data", "x", "--to", "y", "z"], "z"),
    (["--data", "x", "--to", "y", "--force"], "--force"),
    (["--data", "x", "--to", "y", "--time-limit", "0"], "--time-limit"),
    (["--data", "x", "--to", "y", "--time-limit", "soon"], "--time-limit"),
])
def test_wrong_options(arguments, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert named in rejected("backup", *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("running", [True, False])
def test_full_disk_is_reported_and_leaves_nothing(own, tmp_path, running):
    data, to = own.server.data, tmp_path / "copy"
    if not running:
        own.server.stop()
    # Larger than what the database writes when it is opened.
    (data / "large").write_bytes(b"x" * 4_000_000)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    result = run_usersd("backup", "--data", data, "--to", to, preexec_fn=limit)
    assert result.returncode == 2 and result.stdout == "", result
    assert result.stderr == "usersd: --to %s: large: File too large\n" % to
    assert not to.exists() and not left_beside(to)
    wait_until(lambda: not snapshots(data), 60)  # the server notices that the caller has disconnected
    back_up(data, to)
    assert check(to)[0] == 0


def test_backup_of_a_damaged_store_is_not_kept(own, tmp_path):
    own.server.stop()
    path = sorted_files(own.server.data)[-1]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)
    result = run_usersd("backup", "--data", own.server.data, "--to", tmp_path / "copy")
    assert result.returncode == 1 and result.stdout == "", result
    said = result.stderr.splitlines()[-1]
    assert said.startswith("usersd: --data %s: the store is not sound: " % own.server.data), said
    assert not (tmp_path / "copy").exists() and not left_beside(tmp_path / "copy")
