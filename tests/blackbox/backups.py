"""Makes backups, pauses them in the middle, and finds the files that they leave."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import harness
from harness import run_usersd, wait_until


def back_up(data, to):
    result = run_usersd("backup", "--data", data, "--to", to)
    assert result.returncode == 0, result
    assert result.stdout.count("\n") == 1 and " copied and checked in " in result.stdout, result
    assert not left_beside(to)
    return result.stdout


def left_beside(to):
    to = pathlib.Path(to)
    return [path.name for path in to.parent.iterdir() if path.name.startswith(to.name) and path != to]


def start_backup(data, to, until, *options):
    """Starts a backup and pauses it as soon as `until()` is true. The backup may have ended before that."""
    process = subprocess.Popen([harness.BINARY, "backup", "--data", data, "--to", to, *options],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: until() or process.poll() is not None, 60, step=0.0005)
    process.send_signal(signal.SIGSTOP)
    return process


def hold_backup(data, to, until):
    """A backup that is paused while `until()` is true. If a backup ends before it can be paused, this removes its copy
    and tries again."""
    def held():
        process = start_backup(data, to, until)
        if is_stopped(process) and until():
            return process
        code, out, err = finish(process)
        assert code == 0, (out, err)
        shutil.rmtree(to)
        return None

    return wait_until(held, 120)


def is_stopped(process):
    """Whether the process is paused. False if it has ended."""
    with contextlib.suppress(ChildProcessError):  # already reaped
        seen = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return seen.si_code == os.CLD_STOPPED
    return False


def finish(process):
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    harness.OUTPUTS.extend((out, err))
    return process.returncode, out, err


def snapshots(data):
    return [path for path in pathlib.Path(data).iterdir() if path.name.startswith("snapshot-")]
