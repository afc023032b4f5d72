"""The servers of the contest: ours, Google's three through gcloud, and two that only echo.

A name comes in, a running server goes out: its port, and the process that serves. Each has a folder of its own, and
is gone when its context ends or the benchmark is killed.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import grpc

from benchmarks import requests
from consistency.backends.child import Child, start_child, start_kept

OURS = "ours"
GOOGLES = ("legacy", "firestore mode", "legacy firestore")
ECHOES = {"grpc.aio echo": "grpc.aio", "our wire's echo": "ours"}  # names in benchmarks.wire
START_TIMEOUT_S = 60.0
_DATASTORE = ["beta", "emulators", "datastore", "start", "--no-store-on-disk", "--project=benchmarks", "--quiet"]
_ARGUMENTS = {
    "legacy": [*_DATASTORE, "--consistency=1.0"],
    "legacy firestore": [*_DATASTORE, "--use-firestore-in-datastore-mode"],
    "firestore mode": ["emulators", "firestore", "start", "--database-mode=datastore-mode", "--quiet"],
}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `started_s`: from the start of the serving process to its first answer."""

    name: str
    port: int
    pid: int
    started_s: float

    def weigh_mib(self) -> float:
        """The memory of the serving process."""
        return resident_mib(self.pid)


def find_googles() -> tuple[str, ...]:
    """The names of Google's emulators that this machine could have."""
    return GOOGLES if shutil.which("gcloud") and shutil.which("java") else ()


@contextlib.contextmanager
def start_server(name: str, *arguments: str) -> Iterator[Server]:
    """The server of this name, once it has answered its first RPC. ConsistencyError where it never does.

    `arguments` are added to its command.
    """
    port = _free_port()
    address = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command, log = [*_command(name, port, folder), *arguments], Path(folder) / "log"
        with _start(name, command, log, address) as child:
            _await_answer(port)
            answered_s = time.clock_gettime(time.CLOCK_BOOTTIME)
            pid = max(_descendants(child.process.pid), key=resident_mib)
            yield Server(name, port, pid, answered_s - _born_s(pid))


def _start(name: str, command: Sequence[str], log: Path, address: str) -> AbstractContextManager[Child]:
    """Ours ends with its standard input, the others are ended by a keeper."""

    def ready() -> str | None:
        return address if _accepts(address) else None

    if name == OURS:
        return start_child(command, log, ready, START_TIMEOUT_S)
    return start_kept(command, log, address, ready, START_TIMEOUT_S)


def _command(name: str, port: int, folder: str) -> list[str]:
    if name == OURS:
        return [sys.executable, "-m", "consistency", "serve", f"--host-port=127.0.0.1:{port}", "--with-parent"]
    if name in ECHOES:
        return [sys.executable, "-m", "benchmarks.wire", "--server", ECHOES[name], "--port", str(port)]
    data = [f"--data-dir={folder}"] if "datastore" in _ARGUMENTS[name] else []
    return ["gcloud", *_ARGUMENTS[name], f"--host-port=127.0.0.1:{port}", *data]


def _await_answer(port: int) -> None:
    """Return as soon as a lookup is answered: the server then serves."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = channel.unary_unary(requests.LOOKUP, bytes, bytes)
        stub(requests.make_lookups(1)(), timeout=START_TIMEOUT_S, wait_for_ready=True)


def _accepts(address: str) -> bool:
    host, _, port = address.partition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
        return True
    return False


def _descendants(pid: int) -> list[int]:
    """The process and all that it has started, however indirectly."""
    output = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in output.splitlines())
    parents = {int(child): int(parent) for child, parent in rows}
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


def resident_mib(pid: int) -> float:
    """What a process has in memory; 0 where it is gone."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _born_s(pid: int) -> float:
    """When a process began, on the clock of the time since boot; the kernel tells hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[19]) / _TICKS


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
