"""scripts/publish-again with a stand-in for AWS's command line."""
import json
import os

import pytest

from .conftest import ROOT, run

# Keeps the bucket in a folder and records its calls. A batch that contains "cannot" fails to publish.
AWS = r"""#!/usr/bin/env python3
import json, pathlib, sys
bucket, calls = pathlib.Path("BUCKET"), pathlib.Path("CALLS")
command, given = " ".join(sys.argv[1:3]), sys.argv[3:]
option = lambda name: given[given.index(name) + 1]
if command == "cloudformation list-stack-resources":
    print("the-bucket" if option("--stack-name") == "users-STACK-stack" else "another")
    sys.exit()
if command.startswith("s3api"):
    assert option("--bucket") == "the-bucket"
if command == "s3api list-objects-v2":
    print("\n".join(sorted(file.name for file in bucket.iterdir())) or "None")
elif command == "s3api get-object":
    pathlib.Path(given[-1]).write_bytes((bucket / option("--key")).read_bytes())
elif command == "s3api delete-object":
    (bucket / option("--key")).unlink()
elif command == "lambda invoke":
    event = pathlib.Path(option("--payload").removeprefix("fileb://")).read_text()
    with calls.open("a") as file:
        file.write(json.dumps([option("--function-name"), json.loads(event)]) + "\n")
    pathlib.Path(given[-1]).write_text('{"response": 1}')
    print("Unhandled" if "cannot" in event else "None")
else:
    sys.exit("unknown: " + command)
"""


@pytest.fixture
def publish_again(tmp_path):
    bucket, calls, programs = tmp_path / "bucket", tmp_path / "calls", tmp_path / "programs"
    bucket.mkdir(), programs.mkdir(), calls.touch()

    def call(environment, *arguments, batches=()):
        for name, batch in batches:
            (bucket / name).write_text(json.dumps(batch))
        text = AWS.replace("BUCKET", str(bucket)).replace("CALLS", str(calls)).replace("STACK", environment)
        (programs / "aws").write_text(text)
        (programs / "aws").chmod(0o755)
        done = run(ROOT / "scripts/publish-again", environment, *arguments,
                   env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"})
        return done, [json.loads(line) for line in calls.read_text().splitlines()], sorted(os.listdir(bucket))
    return call


def test_each_batch_is_published_in_order_and_removed(publish_again):
    done, calls, left = publish_again("dev", batches=[("b", {"payload": "second"}), ("a", {"payload": "first"})])
    assert done.returncode == 0, done.stderr
    assert calls == [["users-audit-publish", {"payload": "first"}], ["users-audit-publish", {"payload": "second"}]]
    assert left == []


def test_a_failed_batch_stays_and_does_not_block_others(publish_again):
    done, calls, left = publish_again("prod", batches=[("a", {"payload": "cannot"}), ("b", {"payload": "can"})])
    assert done.returncode == 1
    assert [function for function, _ in calls] == ["users-audit-publish-prod"] * 2
    assert left == ["a"]


def test_an_empty_bucket_is_not_a_failure(publish_again):
    done, calls, _ = publish_again("staging")
    assert (done.returncode, calls) == (0, [])


@pytest.mark.parametrize("arguments, version", [(["01ARZ3NDEKTSV4RRFFQ69G5FAV"], 1),
                                                (["01ARZ3NDEKTSV4RRFFQ69G5FAV", "12"], 12)])
def test_one_users_entries_are_published_from_the_table(publish_again, arguments, version):
    done, calls, _ = publish_again("dev", *arguments)
    assert done.returncode == 0, done.stderr
    assert calls == [["users-audit-publish", {"republish": {"userId": arguments[0], "fromVersion": version}}]]


def test_an_unknown_environment_is_rejected(publish_again):
    done, calls, _ = publish_again("production")
    assert (done.returncode, calls) == (2, [])
