"""A root directory that contains a package and nothing else that a program could depend on: no library, no /proc, no
device. Its configuration names modules that a program with shared libraries would load."""
import os
import pathlib
import re
import signal
import subprocess
import zipfile

LONGEST_RUN = 120  # seconds
SHARED_LIBRARY = re.compile(r"\.so\b")  # ld.so.cache too
PROGRAM = "/var/task/bootstrap"
ENGINE_HOST = "engine.test"

FILES = {
    "etc/hosts": "127.0.0.1 localhost\n127.0.0.1 %s\n" % ENGINE_HOST,
    "etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "etc/nsswitch.conf": "hosts: mymachines resolve foreign files\npasswd: foreign\n",
    # The configuration path of Debian's OpenSSL, which the programs are linked with.
    "usr/lib/ssl/openssl.cnf": "openssl_conf = init\n[init]\nproviders = providers\nengines = engines\n"
                               "[providers]\ndefault = default\nforeign = foreign\n[default]\nactivate = 1\n"
                               "[foreign]\nactivate = 1\n",
}


class Run:
    """The result of a run: its exit code, its output, and the system calls that name a file."""

    def __init__(self, code, output, calls):
        self.code, self.output, self.calls = code, output, calls

    def libraries_looked_for(self):
        return [call for call in self.calls if SHARED_LIBRARY.search(call)]


def make_root(directory, package):
    """Unpacks the package as Lambda does, and writes the files."""
    directory = pathlib.Path(directory)
    task = directory / "var/task"
    task.mkdir(parents=True)
    with zipfile.ZipFile(package) as packed:
        for entry in packed.infolist():
            packed.extract(entry, task)
            (task / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    for name, text in FILES.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def run_in(root, environment, traced_calls):
    """Runs the package's program in the root until it ends by itself. `traced_calls` is a file to write."""
    as_root = [] if os.geteuid() == 0 else ["unshare", "-r"]
    command = ["strace", "-f", "-e", "trace=execve,%file", "-s", "4096", "-o", str(traced_calls), *as_root,
               "chroot", str(root), PROGRAM]
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    process = subprocess.Popen(command, env={**path, **environment}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=LONGEST_RUN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # strace and its children
        process.communicate()
        raise AssertionError("the function does not end when its runtime interface is gone")
    calls = pathlib.Path(traced_calls).read_text().splitlines()
    begin = [number for number, call in enumerate(calls) if 'execve("%s"' % PROGRAM in call]
    assert len(begin) == 1, "the program was not started: " + output
    return Run(process.returncode, output, calls[begin[0]:])
