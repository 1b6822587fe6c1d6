"""Why: whoever starts the server wrongly must learn in one line what to mend. Exit code 2, that line on
standard error with the option's name, nothing on standard output, and nothing left behind."""

import concurrent.futures
import json
import os
import socket
import subprocess

import pytest
from harness import BINARY, run_usersd
from people import OPERATOR, principal

OPTIONS = ["config", "listen", "data", "throttle-rate", "throttle-burst", "principal-rate", "principal-burst",
           "admin-listen", "tls-cert", "tls-key", "plaintext", "host", "roles", "principals", "api-arn", "log-level",
           "store", "users-table", "idempotency-table", "dynamodb-endpoint", "list-shards", "create-tables"]


def refused(*arguments, names, **options):
    """What it said; `names` must stand there."""
    result = run_usersd(*arguments, **options)
    assert result.returncode == 2, (arguments, result)
    assert result.stdout == "", (arguments, result)
    assert result.stderr.endswith("\n") and result.stderr.count("\n") == 1, (arguments, result.stderr)
    assert names in result.stderr, (arguments, result.stderr)
    return result.stderr


def test_help_lists_every_option():
    result = run_usersd("serve", "--help")
    assert result.returncode == 0 and result.stderr == ""
    for option in OPTIONS:
        assert "--%s " % option in result.stdout or "--%s\n" % option in result.stdout, option
    assert all(len(line) < 400 for line in result.stdout.splitlines())
    top = run_usersd("--help")
    assert top.returncode == 0 and "serve" in top.stdout and top.stderr == ""


@pytest.mark.parametrize("value", ["false", "0", "off", "no"])
def test_a_flag_can_be_switched_off(tmp_path, value):
    """The command line wins over the file: what that switches on, it can switch off."""
    (tmp_path / "conf.json").write_text('{"plaintext": true}')
    result = run_usersd("serve", "--config", "conf.json", "--plaintext=" + value, "--listen", "0.0.0.0:0", cwd=tmp_path)
    assert result.returncode == 2 and "--plaintext" in result.stderr and result.stderr.count("\n") == 1


def test_version():
    result = run_usersd("--version")
    assert result.returncode == 0 and result.stdout.count("\n") == 1 and result.stderr == ""


WRONG = [
    ([], "name a command"), (["serve", "nonsense"], "nonsense"), (["serve", "--nonsense"], "--nonsense"),
    (["serve", "--nonsense", "1"], "--nonsense"), (["serve", "--plaintext=maybe"], "--plaintext"),
    (["serve", "-x"], "-x"), (["serve", "--throttle-rate", "0", "--principal-burst", "5"], "--principal-burst"),
]
VALUES = {
    "--listen": ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                 "::1:80",
                 "[::1]", "example.com:80", "127.0.0.1:80:80", "127.0.0.1:0x50", " 127.0.0.1:0", "127.0.0.1:0 ",
                 "http://127.0.0.1:0"],
    "--admin-listen": ["", "8080", "x:1", "127.0.0.1:99999"],
    "--throttle-rate": ["", "x", "-1", "1x", "nan", "inf", "1e99", "0x10", " 1", "1,5", "--1"],
    "--throttle-burst": ["", "x", "0", "-1", "0.5", "nan", "1e99"],
    "--principal-rate": ["", "x", "-1", "nan"],
    "--principal-burst": ["", "x", "0", "-1"],
    "--host": ["", "a:", "a:0", "http://a", "a/b", "*"],
    "--log-level": ["", "INFO", "loud", "warn", "0"],
    "--api-arn": ["", "x", "arn:aws:execute-api:us-east-1:000000000000",
                  "arn:aws:execute-api::000000000000:users/local",
                  "arn:aws:execute-api:us-east-1:0:users/local", "arn:aws:execute-api:us-east-1:000000000000:",
                  "arn:aws:s3:us-east-1:000000000000:users/local",
                  "arn:aws:execute-api:us-east-1:000000000000:users/local/",
                  "arn:aws:execute-api:*:000000000000:users/local",
                  "arn:aws:execute-api:us-east-1:00000000000x:users/local",
                  "arn:aws:execute-api:us-east-1:000000000000:users/local:x"],
    "--data": [""], "--tls-cert": [""], "--tls-key": [""], "--roles": ["", "/nonexistent/roles.json"],
    "--principals": ["", "/nonexistent/principals.json"], "--config": ["", "/nonexistent/config.json"],
}
WRONG += [(["serve", option, value], option) for option, values in VALUES.items() for value in values]
WRONG += [(["serve", option], option) for option in VALUES]
WRONG += [(["serve", option, value, option, value], option) for option, value in (
    ("--listen", "127.0.0.1:0"), ("--data", "x"), ("--throttle-rate", "1"))]


def test_every_wrong_option_and_value(tmp_path):
    """All in one test, two at a time, since each is a process; every failure is listed."""
    def judge(case):
        number, (arguments, name) = case
        directory = tmp_path / str(number)
        directory.mkdir()
        if arguments and arguments[0] == "serve":
            arguments = list(arguments)
            if "--listen" not in arguments:  # in front, so that an option without its value stays the last
                arguments[1:1] = ["--listen", "127.0.0.1:0"]
            if "--data" not in arguments:
                arguments[1:1] = ["--data", str(directory / "data")]
        try:
            refused(*arguments, names=name, cwd=directory)
            left = [path.name for path in directory.rglob("credentials")]
            return "left behind: %s" % left if left else None
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return "%r: %s" % (arguments, str(error)[:600])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [failure for failure in pool.map(judge, enumerate(WRONG)) if failure]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("argument", ["nonsense", "--nonsense"])
def test_wrong_word_before_serve_is_named(argument):
    refused(argument, names=argument)


def test_line_end_in_a_value_makes_no_second_line(tmp_path):
    failures = []
    for option, value in (("--listen", "127.0.0.1:0\nx"), ("--log-level", "in\nfo"), ("--data", "/proc/a\nb"),
                          ("--roles", "/non\nexistent"), ("--principals", "/non\nexistent"),
                          ("--config", "/non\nexistent")):
        more = [] if option == "--data" else ["--data", tmp_path / "data"]
        more += [] if option == "--listen" else ["--listen", "127.0.0.1:0"]
        try:
            refused("serve", option, value, *more, names=option)
        except AssertionError as error:
            failures.append("%s: %s" % (option, str(error)[:200]))
    assert not failures, "\n".join(failures)


def test_port_in_use(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        refused("serve", "--data", tmp_path / "a", "--listen", address, names="--listen " + address)
        refused("serve", "--data", tmp_path / "b", "--listen", "127.0.0.1:0", "--admin-listen", address,
                names="--admin-listen " + address)
        assert not (tmp_path / "a" / "credentials").exists() and not (tmp_path / "b" / "credentials").exists()


def test_port_of_another_usersd(tmp_path, server):
    refused("serve", "--data", tmp_path / "a", "--listen", server.ready["address"], names="--listen")


def test_address_of_another_machine(tmp_path):
    refused("serve", "--data", tmp_path / "a", "--listen", "192.0.2.1:0", "--plaintext", names="--listen")


def test_locked_data_directory(server):
    text = refused("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")
    assert "another process" in text
    assert server.process.poll() is None


def test_data_directory_of_a_newer_format(tmp_path, bare_server):
    server = bare_server()
    server.stop()
    path = server.data / "FORMAT"
    text = path.read_text()
    path.write_text(text.replace("2", "99"))
    assert "newer" in refused("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")
    for content in ("", "something else", "usersd-store x\n", "usersd-store 0\n", "usersd-store -1\n"):
        path.write_text(content)
        refused("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")
    path.write_text(text)
    server.start()
    server.stop()


def test_data_that_is_no_directory(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (file, file / "below", dangling, "/proc/nowhere", "/dev/null"):
        refused("serve", "--data", path, "--listen", "127.0.0.1:0", names="--data")


def test_data_directory_that_may_not_be_written(tmp_path):
    """As another user where we are root, to whom everything may be written."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    options = {}
    if os.geteuid() == 0:
        probe = subprocess.run(["/bin/sh", "-c", 'test -x "$0" && test -d "$1"', BINARY, str(closed)], user=65534,
                               timeout=30)
        if probe.returncode != 0:
            for parent in (closed, *closed.parents):
                if parent == parent.parent or str(parent) == "/tmp":
                    break
                parent.chmod(parent.stat().st_mode | 0o055)
        options["user"] = 65534
    for path in (closed, closed / "below"):
        refused("serve", "--data", path, "--listen", "127.0.0.1:0", names="--data", **options)


def test_event_file_that_cannot_be_written(tmp_path):
    """Found late in the start; still one line and no more."""
    (tmp_path / "data" / "audit-events.jsonl").mkdir(parents=True)
    for _ in range(10):
        refused("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", names="--data")


def test_damaged_database(tmp_path, bare_server):
    server = bare_server()
    server.stop()
    (server.data / "db" / "CURRENT").write_text("MANIFEST-999999\n")
    refused("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")


def test_failed_start_does_not_cost_the_first_key(tmp_path):
    """A start that fails because of something else must not swallow the only `try` there is."""
    data = tmp_path / "data"
    refused("serve", "--data", data, "--listen", "127.0.0.1:0", "--roles", "/nonexistent", names="--roles")
    assert not data.exists()


def test_secrets_of_a_faulty_file_are_not_shown(tmp_path):
    file = tmp_path / "principals.json"
    entry = principal(OPERATOR)
    entry["accessKeys"][0]["secretAccessKey"] = "short"
    file.write_text(json.dumps({"version": 1, "principals": [entry, {**principal(OPERATOR), "x": OPERATOR.secret}]}))
    text = refused("serve", "--data", tmp_path / "data", "--principals", file, "--listen", "127.0.0.1:0",
                   names="--principals")
    assert "short" not in text.replace(str(file), "") and OPERATOR.secret not in text
