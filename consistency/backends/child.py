"""A server in a process of its own: started in its own process group, watched until it answers, never left behind.

A command comes in, a running child goes out. Its standard input is a pipe from us and its end is the order to stop: we
close it when the context ends, and the system does when we are killed. So every child must watch it: our own emulator
does by itself, any other server is started by a keeper.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from consistency.backends.process_record import forget_process, record_process
from consistency.clock import monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError

STOP_TIMEOUT_S = 10.0
POLL_S = 0.01
Ready = Callable[[], str | None]


@dataclass(frozen=True)
class Child:
    """A server that answers at `address` ("host:port"); all that it says is in `log`."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def explain_end(self) -> str | None:
        """How its process ended; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"its process {how} (what it said: {self.log})"


@contextlib.contextmanager
def start_child(command: Sequence[str], log: Path, ready: Ready, timeout_s: float) -> Iterator[Child]:
    """Run `command`, which watches its standard input, with its output in `log`, until the context ends.

    `ready` is polled until it returns the address; ConsistencyError when the child ends first or time is up. While it
    runs a record of it lies beside the log.
    """
    record = log.with_suffix(".json")
    try:
        with _run(command, log) as process:
            record_process(record, process.pid, "", command)
            address = _await_ready(process, ready, timeout_s, log)
            record_process(record, process.pid, address, command)
            yield Child(address, process, log)
    finally:
        forget_process(record)


@contextlib.contextmanager
def start_kept(command: Sequence[str], log: Path, address: str, ready: Ready, timeout_s: float) -> Iterator[Child]:
    """The same for a `command` that watches nobody and will serve `address`: a keeper ends it."""
    kept = [sys.executable, "-m", "consistency.backends.keeper", str(log.with_suffix(".json")), address, *command]
    with _run(kept, log) as process:
        yield Child(_await_ready(process, ready, timeout_s, log), process, log)


@contextlib.contextmanager
def _run(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield child
    finally:
        _end(child)


def _await_ready(child: subprocess.Popen[bytes], ready: Ready, timeout_s: float, log: Path) -> str:
    give_up_ns = monotonic_ns() + int(timeout_s * NS_PER_S)
    while monotonic_ns() < give_up_ns:
        address = ready()
        if address is not None:
            return address
        if child.poll() is not None:
            raise ConsistencyError(f"The emulator ended before it answered: {_last_line(log)}. All it said: {log}")
        wait_s(POLL_S)
    raise ConsistencyError(f"The emulator did not answer within {timeout_s:g} s. What it said: {log}")


def _end(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    child.stdin.close()
    for ending in (None, signal.SIGTERM, signal.SIGKILL):
        if ending is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, ending)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(STOP_TIMEOUT_S)
            return


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
