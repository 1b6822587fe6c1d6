"""Records the exact state of files, and runs commands that cannot write them."""

import hashlib
import os
import pathlib
import subprocess
import tempfile

import pytest


def state_of(directory):
    """Everything that a write would change: each file's inode, owner, mode, times and content."""
    state = {}
    for path in [pathlib.Path(directory), *sorted(pathlib.Path(directory).rglob("*"))]:
        about = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        state[str(path)] = (about.st_ino, about.st_uid, about.st_gid, about.st_mode, about.st_mtime_ns, about.st_ctime_ns,
                            about.st_size, content)
    return state


def on_read_only_file_system(directory, command):
    """Runs a command for which the directory is on a read-only file system. Skips the test if this user may not
    mount."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    result = subprocess.run(["unshare", "--mount", "sh", "-c", script, directory, *map(str, command)],
                            capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    if "mount:" in result.stderr or "unshare:" in result.stderr:
        pytest.skip("this user may not mount file systems: " + result.stderr)
    return result


def without_write_permission():
    """Options of subprocess.run for a user that may read public files and write nothing."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def public_directory():
    """A temporary directory that every user may enter."""
    directory = tempfile.TemporaryDirectory()
    os.chmod(directory.name, 0o755)
    return directory
