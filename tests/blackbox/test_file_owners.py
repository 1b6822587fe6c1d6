"""A user that can write to the server's files decides who may call it and what its audit trail contains. The server
rejects files that other users can write to, at the start and on each reload. It never waits for a FIFO and never writes
through a symlink."""

import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile

import pytest
from client import Client
from harness import BINARY, Server, make_certificate, run_usersd, wait_until
from people import OPERATOR, make_key, principal, standard_principals, user_arn, write_principals

OTHER_ID = 65534
LONGEST = 60
NEW = make_key("NEWCOMER", user_arn("newcomer"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

ROLES = {"version": 1, "roles": [{"name": "a", "description": "A", "permissions": ["x"]}]}


def give_away(path):
    os.chown(path, OTHER_ID, -1)


def let_group_write(path):
    os.chmod(path, os.stat(path).st_mode | stat.S_IWGRP)


def let_others_write(path):
    os.chmod(path, os.stat(path).st_mode | stat.S_IWOTH)


def put_fifo(path):
    remove(path)
    os.mkfifo(path, 0o600)


def put_directory(path):
    remove(path)
    os.mkdir(path, 0o700)


def put_device(path):
    remove(path)
    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # like /dev/zero, it never ends


def put_link_to_device(path):
    remove(path)
    os.symlink("/dev/zero", path)


def remove(path):
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


WAYS = {
    "another user's": pytest.param(give_away, "chown", marks=as_root),
    "group may write": (let_group_write, "chmod go-w"), "others may write": (let_others_write, "chmod go-w"),
}
NO_FILES = {
    "a FIFO": (put_fifo, "not a regular file"), "a directory": (put_directory, "directory"),
    "a device": pytest.param(put_device, "not a regular file", marks=as_root),
    "a link to a device": (put_link_to_device, "not a regular file"),
}


def rejected(*arguments, names, timeout=LONGEST):
    result = run_usersd("serve", "--listen", "127.0.0.1:0", *arguments, timeout=timeout)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.count("\n") == 1, result.stderr
    for name in names:
        assert str(name) in result.stderr, (name, result.stderr)


@pytest.fixture
def files(tmp_path):
    """Options of configuration files and the files, all of them good."""
    certificate, key = make_certificate(tmp_path)
    paths = {"--principals": write_principals(tmp_path / "principals.json", standard_principals()),
             "--roles": tmp_path / "roles.json", "--config": tmp_path / "config.json", "--tls-cert": certificate,
             "--tls-key": key}
    paths["--roles"].write_text(json.dumps(ROLES))
    paths["--config"].write_text("{}")
    return paths


def arguments_of(files):
    return [part for option, path in files.items() for part in (option, path)]


@pytest.mark.parametrize("option", ["--principals", "--roles", "--config", "--tls-cert", "--tls-key"])
@pytest.mark.parametrize("way,remedy", [*WAYS.values(), *NO_FILES.values()], ids=[*WAYS, *NO_FILES])
def test_configuration_at_the_start(tmp_path, files, option, way, remedy):
    way(files[option])
    rejected("--data", tmp_path / "data", *arguments_of(files), names=[option, files[option], remedy])
    assert not (tmp_path / "data" / "credentials").exists()


@pytest.mark.parametrize("option", ["--principals", "--roles", "--config", "--tls-cert", "--tls-key"])
def test_symlink_is_checked_by_its_target(tmp_path, bare_server, files, option):
    """Kubernetes and certbot provide files as symlinks."""
    target = files[option].rename(tmp_path / "target")
    files[option].symlink_to(target)
    bare_server(*arguments_of(files)).stop()
    let_others_write(target)
    rejected("--data", tmp_path / "data", *arguments_of(files), names=[option, "chmod go-w"])


STORE_FILES = ["", "FORMAT", "db", "db/CURRENT", "audit-events.jsonl", "principals.json"]


@pytest.mark.parametrize("name", STORE_FILES)
@pytest.mark.parametrize("way,remedy", WAYS.values(), ids=WAYS)
def test_data_directory(bare_server, name, way, remedy):
    server = bare_server()
    server.stop()
    path = server.data / name if name else server.data
    old = os.stat(path)
    way(path)
    rejected("--data", server.data, names=["--data" if name != "principals.json" else "--principals", server.data,
                                          name, remedy])
    os.chown(path, old.st_uid, old.st_gid)
    os.chmod(path, stat.S_IMODE(old.st_mode))
    server.start()
    server.stop()


def test_directory_above_that_others_may_write(tmp_path):
    above = tmp_path / "above"
    (above / "between").mkdir(parents=True)
    above.chmod(0o777)
    rejected("--data", above / "between" / "data", names=["--data", above, "chmod o-w"])
    above.chmod(0o1777)  # like /tmp
    server = Server(above / "between")
    server.start()
    try:
        server.stop()
    finally:
        server.kill9()


@pytest.fixture
def public_directory():
    """A directory that every user may enter. pytest keeps its own directories closed to others, and any other run
    of pytest closes them again."""
    with tempfile.TemporaryDirectory(prefix="usersd-test-") as directory:
        path = pathlib.Path(directory)
        path.chmod(0o755)
        yield path


def binary_for_all_users(directory):
    """The server, or a copy of it if an ordinary user cannot run the original."""
    result = subprocess.run(["/bin/sh", "-c", 'test -x "$0"', BINARY], user=OTHER_ID, group=OTHER_ID, extra_groups=[],
                            timeout=LONGEST)
    if result.returncode == 0:
        return BINARY
    copy = directory / "usersd"
    shutil.copy(BINARY, copy)
    copy.chmod(0o755)
    return str(copy)


@as_root
def test_files_of_an_ordinary_user_and_of_root_are_trusted(public_directory):
    """Files of that user and of root are trusted, files of others are not."""
    binary = binary_for_all_users(public_directory)
    data = public_directory / "data"
    data.mkdir(mode=0o700)
    os.chown(data, OTHER_ID, OTHER_ID)
    file = write_principals(public_directory / "principals.json", [principal(OPERATOR)])
    file.chmod(0o644)

    def start(expected):
        process = subprocess.Popen([binary, "serve", "--listen", "127.0.0.1:0", "--data", str(data), "--principals",
                                    str(file)], user=OTHER_ID, group=OTHER_ID, extra_groups=[], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        try:
            if expected:
                ready = process.stdout.readline()
                assert ready.startswith(b'{"event":"ready"'), ready or process.stderr.read()
                process.send_signal(signal.SIGTERM)
            _, error = process.communicate(timeout=LONGEST)
            assert process.returncode == (0 if expected else 2), error
            return error
        finally:
            process.kill()
            process.wait(LONGEST)

    start(True)
    os.chown(file, OTHER_ID, OTHER_ID)
    start(True)
    os.chown(file, 12345, 12345)
    assert b"--principals" in start(False)


def test_nothing_is_written_through_a_symlink(tmp_path, bare_server):
    victim = tmp_path / "victim"
    victim.write_text("precious, and without an end of line")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "audit-events.jsonl").symlink_to(victim)
    rejected("--data", data, names=["--data", data, "audit-events.jsonl"])
    assert victim.read_text() == "precious, and without an end of line"


def test_event_file_that_becomes_a_symlink(tmp_path, make_server):
    server = make_server()
    client = Client(server, OPERATOR)
    client.new_user()
    wait_until(server.events, LONGEST)
    victim = tmp_path / "victim"
    victim.write_text("precious, and without an end of line")
    path = server.data / "audit-events.jsonl"
    path.unlink()
    path.symlink_to(victim)
    user_id = client.new_user()["userId"]
    server.logged("relay_failed")
    assert victim.read_text() == "precious, and without an end of line"
    path.unlink()
    wait_until(lambda: [event for event in server.events() if event["detail"]["userId"] == user_id], LONGEST)


@pytest.mark.parametrize("way", [put_fifo, put_directory, put_link_to_device, let_others_write,
                                 pytest.param(give_away, marks=as_root)])
def test_untrusted_principals_are_rejected_on_reload(make_server, way):
    """The previous principals stay in force, and the next good file is loaded. The server does not hang on a FIFO."""
    server = make_server(principals=[principal(OPERATOR)])
    client = Client(server, OPERATOR)
    path = server.principals_file
    way(path)
    server.signal(signal.SIGHUP)
    (line, *_) = server.logged("principals_rejected")
    assert line["level"] == "error" and line["path"] == str(path) and line["reason"]
    assert client.request("GET", "/users").status == 200
    remove(path)
    write_principals(path, [principal(OPERATOR), principal(NEW)])
    wait_until(lambda: client.request("GET", "/users", principal=NEW).status == 200, LONGEST)


def test_secrets_that_others_can_read(make_server, bare_server, files):
    bare = bare_server()
    bare.stop()
    names = ("credentials", "curlrc", "principals.json")
    for name in names:
        (bare.data / name).chmod(0o644)
    bare.start()
    warned = bare.logged("file_readable_by_others", 3)
    assert {line["path"] for line in warned} == {str(bare.data / name) for name in names}
    assert {line["level"] for line in warned} == {"warning"}
    bare.stop()

    files["--tls-key"].chmod(0o644)
    files["--tls-cert"].chmod(0o644)  # no secret
    server = make_server("--tls-cert", files["--tls-cert"], "--tls-key", files["--tls-key"], start=False)
    server.principals_file.chmod(0o600)
    server.start()
    (line, *_) = server.logged("file_readable_by_others")
    assert line["path"] == str(files["--tls-key"])
    server.principals_file.chmod(0o604)
    wait_until(lambda: str(server.principals_file) in
               [line["path"] for line in server.logged("file_readable_by_others")], LONGEST)


def test_dangling_principals_link_creates_no_administrator(tmp_path):
    """A secret that is not mounted yet must not be replaced by a new key."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "principals.json").symlink_to(tmp_path / "not-mounted")
    rejected("--data", data, names=["--principals", "principals.json"])
    assert not (data / "credentials").exists() and (data / "principals.json").is_symlink()
