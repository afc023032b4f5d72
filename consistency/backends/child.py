"""A server in a process of its own: started in its own process group, watched until it answers, never left behind.

A command comes in, a running child goes out. Two ties hold it: the context that opened it stops it, and its standard
input is a pipe from us, so that a child that watches it also ends when we are killed.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from consistency.clock import monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError

STOP_TIMEOUT_S = 10.0
POLL_S = 0.01


@contextlib.contextmanager
def start_child(
    command: Sequence[str], log: Path, stop: Callable[[], None] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` with its output in `log`; on leaving, `stop` asks it to end, and signals make sure that it does."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield child
    finally:
        _end(child, stop)


def await_ready(child: subprocess.Popen[bytes], ready: Callable[[], str | None], timeout_s: float, log: Path) -> str:
    """Poll `ready` until it returns an address; ConsistencyError when the child ends first or time is up."""
    give_up_ns = monotonic_ns() + int(timeout_s * NS_PER_S)
    while monotonic_ns() < give_up_ns:
        address = ready()
        if address is not None:
            return address
        if child.poll() is not None:
            raise ConsistencyError(f"The emulator ended before it answered: {_last_line(log)}. All it said: {log}")
        wait_s(POLL_S)
    raise ConsistencyError(f"The emulator did not answer within {timeout_s:g} s. What it said: {log}")


def _end(child: subprocess.Popen[bytes], stop: Callable[[], None] | None) -> None:
    if child.stdin is not None:
        child.stdin.close()
    if stop is not None and child.poll() is None:
        stop()
    for ending in (None, signal.SIGTERM, signal.SIGKILL):
        if ending is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, ending)  # the group: gcloud's own process ends before its Java child does
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_TIMEOUT_S)
            if not _group_lives(child.pid):
                return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
