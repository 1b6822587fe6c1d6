"""Inspecting a damaged store must not change the evidence. The store may be on a read-only disk, or be a copy that
another user owns. So `usersd check` and an offline backup write nothing in the data directory."""

import os
import shutil

import harness
import pytest
from backups import back_up
from client import Client
from files import on_read_only_file_system, public_directory, state_of, without_write_permission
from harness import run_usersd
from people import OPERATOR
from test_check import HISTORY, SUMMARY, check


@pytest.fixture(params=["stop", "kill9"])
def data(make_server, request):
    """The data directory of a stopped or killed server. After kill9 its write-ahead log contains changes."""
    client = Client(make_server("--log-level", "warning"), OPERATOR)
    for _ in range(5):
        client.new_user(metadata={"k": "v"})
    getattr(client.server, request.param)()
    return client.server.data


def test_check_changes_no_file(data):
    before = state_of(data)
    assert check(data)[2][:2] == (5, 5 + HISTORY[0])
    assert state_of(data) == before


def test_check_of_a_damaged_store_changes_no_file(data):
    for path in (data / "db").iterdir():
        if path.suffix in (".sst", ".log") and path.stat().st_size > 200:
            content = bytearray(path.read_bytes())
            content[len(content) // 3] ^= 4
            path.write_bytes(content)
    before = state_of(data)
    assert check(data)[0] == 1
    assert state_of(data) == before


def test_offline_backup_changes_no_file(data, tmp_path):
    before = state_of(data)
    back_up(data, tmp_path / "copy")
    assert state_of(data) == before
    assert check(tmp_path / "copy")[2] == check(data)[2]


def test_check_works_on_a_read_only_file_system(data):
    result = on_read_only_file_system(data, [harness.BINARY, "check", "--data", data])
    assert result.returncode == 0, result
    assert SUMMARY.fullmatch(result.stdout.splitlines()[-1]), result


def test_check_works_with_read_permission_only(data):
    with public_directory() as public:
        copy = os.path.join(public, "data")
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("control"))
        for directory, _, files in os.walk(copy):
            os.chmod(directory, 0o555)
            for name in files:
                os.chmod(os.path.join(directory, name), 0o444)
        before = state_of(copy)
        result = run_usersd("check", "--data", copy, **without_write_permission())
        assert result.returncode == 0, result
        assert state_of(copy) == before
        for directory, _, _ in os.walk(copy):
            os.chmod(directory, 0o755)  # so that it can be removed


def test_copy_made_by_root_has_the_owner_of_the_data(data, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    owner = (65534, 65534)
    for path in [data, *data.rglob("*")]:
        os.chown(path, *owner)
    before = state_of(data)
    to = tmp_path / "copy"
    back_up(data, to)
    assert state_of(data) == before
    for path in [to, *to.rglob("*")]:
        about = path.stat()
        assert (about.st_uid, about.st_gid) == owner, path
