"""A disk that is full, for the tests of those who write."""

import contextlib
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Within it no file of this process can grow beyond `size` bytes. (Not even the log that pytest itself may write
    to: so it ends within the test.)"""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write fails instead of ending the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@contextlib.contextmanager
def small_disk(folder: Path, size_kib: int, options: str = "") -> Iterator[None]:
    """Within it `folder` is a disk of its own, so large, with mount's `options` ("ro": nobody may write to it). Where
    this user may not mount one the test is skipped."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k,{options}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
