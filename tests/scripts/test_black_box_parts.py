"""The parts of the black-box tests, which scripts/test runs beside each other."""
import os
import pathlib
import subprocess
import sys

BLACK_BOX = pathlib.Path(__file__).resolve().parents[1] / "blackbox"
OF_EVERY_PART = ("test_log_hygiene.py", "test_nothing_leaks.py")


def collected(*options):
    done = subprocess.run([sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options,
                           str(BLACK_BOX)], capture_output=True, text=True, check=True, cwd=BLACK_BOX,
                          env={**os.environ, "PYTHONHASHSEED": "0"})  # some names contain sets
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_every_test_is_in_exactly_one_part():
    parts = [collected("--part", f"{number}/3") for number in (1, 2, 3)]
    assert all(parts)
    whole = collected()
    together = sorted(test for part in parts for test in part if not test.startswith(OF_EVERY_PART))
    assert together == sorted(test for test in whole if not test.startswith(OF_EVERY_PART))
    of_session = [test for test in whole if test.startswith(OF_EVERY_PART)]
    for part in parts:
        assert of_session and part[-len(of_session):] == of_session  # last, because they check the whole session
