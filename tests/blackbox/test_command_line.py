"""A wrong command line is reported in one line that says what to correct. The exit code is 2, the line on standard
error contains the option's name, standard output is empty, and no file is left behind."""

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


def rejected(*arguments, names, **options):
    """Runs a command that must be rejected. Returns its message, which must contain `names`."""
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
    """The command line overrides the configuration file, so it can switch off a flag that the file sets."""
    (tmp_path / "conf.json").write_text('{"plaintext": true}')
    result = run_usersd("serve", "--config", "conf.json", "--plaintext=" + value, "--listen", "0.0.0.0:0", cwd=tmp_path)
    assert result.returncode == 2 and "--plaintext" in result.stderr and result.stderr.count("\n") == 1


def test_version():
    result = run_usersd("--version")
    assert result.returncode == 0 and result.stdout.count("\n") == 1 and result.stderr == ""


WRONG = [
    ([], "a command is required"), (["serve", "nonsense"], "nonsense"), (["serve", "--nonsense"], "--nonsense"),
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


def test_every_wrong_option_and_value_is_reported(tmp_path):
    """One test for all cases, two processes at a time. It lists every failure."""
    def check(case):
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
            rejected(*arguments, names=name, cwd=directory)
            left = [path.name for path in directory.rglob("credentials")]
            return "left behind: %s" % left if left else None
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return "%r: %s" % (arguments, str(error)[:600])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        failures = [failure for failure in pool.map(check, enumerate(WRONG)) if failure]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("argument", ["nonsense", "--nonsense"])
def test_wrong_word_before_serve_is_reported(argument):
    rejected(argument, names=argument)


def test_line_end_in_a_value_adds_no_second_line(tmp_path):
    failures = []
    for option, value in (("--listen", "127.0.0.1:0\nx"), ("--log-level", "in\nfo"), ("--data", "/proc/a\nb"),
                          ("--roles", "/non\nexistent"), ("--principals", "/non\nexistent"),
                          ("--config", "/non\nexistent")):
        more = [] if option == "--data" else ["--data", tmp_path / "data"]
        more += [] if option == "--listen" else ["--listen", "127.0.0.1:0"]
        try:
            rejected("serve", option, value, *more, names=option)
        except AssertionError as error:
            failures.append("%s: %s" % (option, str(error)[:200]))
    assert not failures, "\n".join(failures)


def test_port_in_use_is_reported(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        rejected("serve", "--data", tmp_path / "a", "--listen", address, names="--listen " + address)
        rejected("serve", "--data", tmp_path / "b", "--listen", "127.0.0.1:0", "--admin-listen", address,
                names="--admin-listen " + address)
        assert not (tmp_path / "a" / "credentials").exists() and not (tmp_path / "b" / "credentials").exists()


def test_port_of_another_usersd_is_reported(tmp_path, server):
    rejected("serve", "--data", tmp_path / "a", "--listen", server.ready["address"], names="--listen")


def test_address_of_another_machine_is_reported(tmp_path):
    rejected("serve", "--data", tmp_path / "a", "--listen", "192.0.2.1:0", "--plaintext", names="--listen")


def test_locked_data_directory_is_reported(server):
    text = rejected("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")
    assert "another process" in text
    assert server.process.poll() is None


def test_data_directory_of_a_newer_format_is_rejected(tmp_path, bare_server):
    server = bare_server()
    server.stop()
    path = server.data / "FORMAT"
    text = path.read_text()
    path.write_text(text.replace("3", "99"))
    assert "newer" in rejected("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")
    for content in ("", "something else", "usersd-store x\n", "usersd-store 0\n", "usersd-store -1\n"):
        path.write_text(content)
        rejected("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")
    path.write_text(text)
    server.start()
    server.stop()


def test_data_path_that_is_not_a_directory_is_rejected(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (file, file / "below", dangling, "/proc/nowhere", "/dev/null"):
        rejected("serve", "--data", path, "--listen", "127.0.0.1:0", names="--data")


def test_read_only_data_directory_is_reported(tmp_path):
    """Runs as another user if the tests run as root, because root may write everywhere."""
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
        rejected("serve", "--data", path, "--listen", "127.0.0.1:0", names="--data", **options)


def test_unwritable_event_file_is_reported(tmp_path):
    """This error is found late in the start. The message is still exactly one line."""
    (tmp_path / "data" / "audit-events.jsonl").mkdir(parents=True)
    for _ in range(10):
        rejected("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", names="--data")


def test_damaged_database_is_reported(tmp_path, bare_server):
    server = bare_server()
    server.stop()
    (server.data / "db" / "CURRENT").write_text("MANIFEST-999999\n")
    rejected("serve", "--data", server.data, "--listen", "127.0.0.1:0", names="--data")


def test_failed_start_does_not_create_the_first_key(tmp_path):
    """A start that fails for another reason must not use up the one start that prints `try`."""
    data = tmp_path / "data"
    rejected("serve", "--data", data, "--listen", "127.0.0.1:0", "--roles", "/nonexistent", names="--roles")
    assert not data.exists()


def test_error_about_a_faulty_file_shows_no_secret(tmp_path):
    file = tmp_path / "principals.json"
    entry = principal(OPERATOR)
    entry["accessKeys"][0]["secretAccessKey"] = "short"
    file.write_text(json.dumps({"version": 1, "principals": [entry, {**principal(OPERATOR), "x": OPERATOR.secret}]}))
    text = rejected("serve", "--data", tmp_path / "data", "--principals", file, "--listen", "127.0.0.1:0",
                   names="--principals")
    assert "short" not in text.replace(str(file), "") and OPERATOR.secret not in text
