"""scripts/parts, which runs the parts of scripts/check and scripts/test."""

import pathlib
import re
import subprocess
import time

PARTS = pathlib.Path(__file__).resolve().parents[2] / "scripts/parts"


def run(directory, all_parts, functions=""):
    script = 'set -euo pipefail\nsource "%s"\n%s\nall_parts() {\n%s\n}\nrun_parts\n' % (PARTS, functions, all_parts)
    return subprocess.run(["bash", "-c", script], cwd=directory, capture_output=True, text=True, timeout=60)


def test_shows_number_and_time_of_each_part(tmp_path):
    done = run(tmp_path, 'part "build" true\nstart "static checks" true\npart "tests" echo shown')
    assert done.returncode == 0, done.stderr
    assert done.stdout == "shown\n"
    assert re.findall(r"^== (\d of \d): ([a-z]+(?: [a-z]+)*)", done.stderr, re.M) == [
        ("1 of 3", "build"), ("2 of 3", "static checks"), ("3 of 3", "tests")]
    for line in (r" +\d+ s  build", r" +\d+ s  static checks, in the background", r" +\d+ s  in all", "all passed"):
        assert re.search("^%s$" % line, done.stderr, re.M), line


def test_stops_at_first_failure(tmp_path):
    done = run(tmp_path, 'part "build" false\npart "tests" echo shown')
    assert done.returncode == 1
    assert "FAILED: build" in done.stderr and "all passed" not in done.stderr
    assert done.stdout == ""


def test_part_fails_if_any_command_of_its_function_fails(tmp_path):
    """Otherwise the tests of the previous build run after a build that failed."""
    function = "tests() { false; echo shown; }"
    done = run(tmp_path, 'part "tests" tests', function)
    assert (done.returncode, done.stdout) == (1, "")
    done = run(tmp_path, 'start "tests" tests', function)
    assert done.returncode == 1 and "FAILED: tests" in done.stderr and "shown" not in done.stderr


def test_failure_in_background_is_shown_with_its_output(tmp_path):
    done = run(tmp_path, 'start "checks" checks\nfinish\npart "tests" echo shown',
               "checks() { echo reason; return 3; }")
    assert done.returncode == 1
    assert "reason" in done.stderr and "FAILED: checks" in done.stderr
    assert done.stdout == ""


def test_failure_ends_what_runs_in_background(tmp_path):
    done = run(tmp_path, 'start "long" long\npart "wait" wait_for_long\npart "tests" false', """
long() { sleep 300 & echo $! >long.pid; wait; }
wait_for_long() { until [[ -s long.pid ]]; do sleep 0.05; done; }""")
    assert done.returncode == 1
    pid = (tmp_path / "long.pid").read_text().strip()
    for _ in range(200):
        state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True).stdout
        if state == "" or state.startswith("Z"):
            return
        time.sleep(0.1)
    raise AssertionError("still runs: " + state)
