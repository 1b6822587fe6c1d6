"""scripts/check-locks notices every lock that is left out, and every mutex that clang cannot check."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-locks"


def test_every_lock_that_is_left_out_is_noticed():
    done = subprocess.run([CHECK, "--self-test"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[0]) > 10, done.stderr


@pytest.mark.parametrize("line, is_unchecked", [
    ("  std::mutex mutex_;", True),
    ("  std::shared_mutex mutex_;", True),
    ("  const std::lock_guard lock(mutex_);", True),
    ("  std::unique_lock lock(mutex_);", True),
    ("  std::condition_variable changed_;", True),
    ("  Mutex mutex_;", False),
    ("  const MutexLock lock(mutex_);", False),
    ("  ConditionVariable changed_;", False),
])
def test_a_mutex_that_clang_cannot_check_is_rejected(line, is_unchecked):
    loader = importlib.machinery.SourceFileLoader("check_locks", str(CHECK))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_locks", loader))
    loader.exec_module(module)
    assert bool(module.UNCHECKED.search(line)) == is_unchecked
