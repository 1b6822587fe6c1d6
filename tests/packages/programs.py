"""Programs that tests need beside them, on free loopback ports."""
import contextlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

LONGEST_START = 60  # seconds


@contextlib.contextmanager
def answering(command):
    """Starts a command, `{port}` in which is a free port, and yields its URL once it answers HTTP."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = "http://127.0.0.1:%d" % port
    process = subprocess.Popen([part.format(port=port) for part in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + LONGEST_START
        while not _answers(url):
            assert process.poll() is None and time.monotonic() < end, "%s does not start" % command[0]
            time.sleep(0.05)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LONGEST_START)


def _answers(url):
    """A refusal is an answer too."""
    try:
        urllib.request.urlopen(url, data=b"{}", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
