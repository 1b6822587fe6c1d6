"""Damage is never silent. A store that has lost an acknowledged change is not opened. Damage that is detected while the
server runs stops all writes, and reads of undamaged data continue. (tests/integrity/damage_table_test.cpp tries every
kind of damage on every kind of file.)"""

import json
import shutil
import subprocess
import time

import pytest
from client import Client, fresh_email, fresh_key
from harness import run_usersd, wait_until
from people import OPERATOR


@pytest.fixture
def own(make_server):
    """A server whose files a test may damage, and its client."""
    return Client(make_server("--log-level", "warning"), OPERATOR)


def create(client, **more):
    body = {"idempotencyKey": fresh_key(), "email": fresh_email("damage"), "name": "Damage", **more}
    return client.request("POST", "/users", body)


def create_many(client, count, **more):
    users = [create(client, **more) for _ in range(count)]
    assert all(response.status == 201 for response in users)
    return [response.json for response in users]


def rejected_start(server, *arguments):
    """The one line of a start that must fail."""
    result = run_usersd("serve", "--data", server.data, "--listen", "127.0.0.1:0", "--log-level", "error", *arguments)
    assert result.returncode == 2 and result.stdout == "", result
    (line,) = result.stderr.splitlines()
    assert line.startswith("usersd: --data "), line
    return line


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)


def contents(directory):
    return {path.relative_to(directory): path.read_bytes()
            for path in directory.rglob("*") if path.is_file() and path.name != "LOCK"}


def newest_log(server):
    return max((server.data / "db").glob("*.log"))


def damage_events(server):
    return [line for line in server.log_lines() if line["event"] == "store_damaged"]


def writes_are_rejected(client):
    """Whether ten writes in a row are rejected, each with 503 and the reason."""
    for _ in range(10):
        response = create(client)
        if response.status != 503 or "damaged" not in response.json["message"]:
            return False
    return True


def test_flipped_byte_in_the_newest_log_stops_the_start(own):
    """In an earlier version, 998 of 2,000 acknowledged users were lost silently."""
    server = own.server
    create_many(own, 2000)
    server.kill9()
    log = newest_log(server)
    flip(log, log.stat().st_size // 2)
    before = contents(server.data)
    line = rejected_start(server)
    assert "db/" + log.name in line and "--accept-older-store" in line and "backup" in line, line
    assert contents(server.data) == before
    assert rejected_start(server) == line

    server.start("--accept-older-store")
    (accepted,) = [entry for entry in server.log_lines() if entry["event"] == "store_accepted_older"]
    left = own.list_users()
    assert accepted["missingChanges"] == 2000 - len(left) and 0 < len(left) < 2000
    create_many(own, 1)
    server.stop()


@pytest.mark.parametrize("missing", ["db", "FORMAT", "ANCHOR", "db/CURRENT"])
def test_store_with_a_missing_part_is_rejected(own, missing):
    """A start is not a first start if any part of a store exists."""
    server = own.server
    create_many(own, 3)
    server.stop()
    path = server.data / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    before = contents(server.data)
    assert missing in rejected_start(server)
    assert contents(server.data) == before and not path.exists()


def test_directory_with_only_events_and_credentials_is_rejected(own):
    server = own.server
    create_many(own, 1)
    wait_until(server.events)
    server.stop()
    for name in ("db", "FORMAT", "ANCHOR"):
        path = server.data / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "FORMAT" in rejected_start(server)


def test_older_store_under_a_newer_event_file_is_rejected(own, tmp_path):
    """The whole store was restored from a backup, but not the event file."""
    server = own.server
    create_many(own, 3)
    server.stop()
    shutil.copytree(server.data, tmp_path / "older")
    server.start()
    users = create_many(own, 2)
    wait_until(lambda: len(server.events()) >= 5)
    server.stop()
    events = (server.data / "audit-events.jsonl").read_text()
    shutil.rmtree(server.data)
    shutil.copytree(tmp_path / "older", server.data)
    (server.data / "audit-events.jsonl").write_text(events)
    line = rejected_start(server)
    assert "audit-events.jsonl" in line and "2 of its newest events" in line and users[0]["userId"] in line, line
    server.start("--accept-older-store")
    assert len(own.list_users()) == 3


def test_changed_event_file_is_rejected(own):
    server = own.server
    create_many(own, 3)
    wait_until(lambda: len(server.events()) >= 3)
    server.stop()
    path = server.data / "audit-events.jsonl"
    lines = path.read_text().splitlines()
    event = json.loads(lines[1])
    event["detail"]["hash"] = "0" * 64
    path.write_text("\n".join([lines[0], json.dumps(event), lines[2]]) + "\n")
    assert "1 of its newest events" in rejected_start(server)
    path.write_text(lines[0] + "\n" + lines[1][:40] + "\n" + lines[2] + "\n")
    assert "audit-events.jsonl: one of its newest lines is not an event" in rejected_start(server)
    path.write_text("\n".join(lines) + "\n" + lines[0][:40])  # the end of a line that was never delivered
    server.start()
    server.stop()
    path.unlink()  # log rotation may remove it
    server.start()


def test_unfinished_first_start_is_repeated(own):
    """FORMAT records that. Nothing was acknowledged, so the next start begins again."""
    server = own.server
    server.stop()
    (server.data / "FORMAT").write_text("usersd-store 3 being made\n")
    (server.data / "ANCHOR").unlink()
    server.start()
    create_many(own, 1)
    server.stop()
    assert (server.data / "FORMAT").read_text() == "usersd-store 3\n"
    (server.data / "FORMAT").write_text("usersd-store 3 being made\n")
    assert "FORMAT" in rejected_start(server)


def test_store_of_format_1_gets_an_anchor(own):
    server = own.server
    users = create_many(own, 3)
    server.kill9()
    (server.data / "FORMAT").write_text("usersd-store 1\n")
    (server.data / "ANCHOR").unlink()
    server.start()
    assert {user["userId"] for user in own.list_users()} == {user["userId"] for user in users}
    wait_until(lambda: (server.data / "FORMAT").read_text().startswith("usersd-store 3 since "))
    assert (server.data / "ANCHOR").exists()


@pytest.mark.parametrize("how", ["db removed", "db renamed", "db replaced", "FORMAT removed", "ANCHOR removed",
                                 "CURRENT removed", "log removed", "log cut", "MANIFEST removed", "table removed"])
def test_files_lost_under_a_running_server_stop_writes(own, how):
    """Later writes would be lost."""
    server = own.server
    create_many(own, 20)
    server.kill9()
    server.start()  # writes a table from the log
    users = create_many(own, 5)
    data, database = server.data, server.data / "db"
    wait_until(lambda: "\nusers_store_damaged 0\n" in server.metrics_text())
    if how == "db removed":
        # The server may remove one of its files at the same time. Then rmtree would fail.
        wait_until(lambda: subprocess.run(["rm", "-rf", database], check=False).returncode == 0)
    elif how == "db renamed":
        database.rename(data / "elsewhere")
    elif how == "db replaced":
        database.rename(data / "elsewhere")
        shutil.copytree(data / "elsewhere", database)
    elif how == "log cut":
        # The server compares two checks, so one must run before the truncation and one after it.
        for _ in range(20):
            time.sleep(1.2)
            with open(newest_log(server), "r+b") as log:
                log.truncate(10)
            time.sleep(1.2)
            if create(own).status == 503:
                break
    else:
        name = how.split()[0]
        pattern = {"FORMAT": "FORMAT", "ANCHOR": "ANCHOR", "CURRENT": "db/CURRENT", "log": "db/*.log",
                   "MANIFEST": "db/MANIFEST-*", "table": "db/*.sst"}[name]
        sorted(data.glob(pattern))[-1].unlink()
    wait_until(lambda: "\nusers_store_damaged 1\n" in server.metrics_text(), 30)
    assert writes_are_rejected(own)
    assert own.get(users[0]["userId"]) == users[0]
    (event,) = wait_until(lambda: damage_events(server))
    assert event["file"] and event["reason"] and event["remedy"]
    server.signal(15)
    assert server.wait() == 0


def test_damage_found_by_a_compaction_stops_writes(own):
    """In an earlier version, writes alternated between 201 and 503 forever."""
    server = own.server
    text = {"metadata": {"k%02d" % number: "%032x" % (number * 0x9E3779B97F4A7C15) * 8 for number in range(50)}}
    users = create_many(own, 300, **text)
    for _ in range(3):  # each start flushes the log; the fourth table of a family triggers a compaction
        server.kill9()
        server.start()
        users += create_many(own, 20, **text)
    tables = sorted((server.data / "db").glob("*.sst"), key=lambda path: path.stat().st_size)
    flip(tables[-1], tables[-1].stat().st_size // 3)
    responses = []
    for _ in range(4000):
        responses.append(create(own, **text).status)
        if responses[-1] != 201:
            break
    assert responses[-1] == 503, "no compaction has read the table"
    assert writes_are_rejected(own)
    assert len(damage_events(server)) == 1
    assert "\nusers_store_damaged 1\n" in server.metrics_text()
    assert own.get(users[-1]["userId"]) == users[-1]
