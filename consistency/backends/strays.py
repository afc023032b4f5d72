"""Strays: servers that outlived whoever looked after them.

Folders of runs come in; the servers that a record there names, that still live, and whose starter or keeper does not,
go out, and can be ended. A record whose server is gone too is a crash's litter and is taken away.
"""

import contextlib
import json
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consistency.backends.keeper import END_TIMEOUT_S, shut_down
from consistency.backends.process_record import RECORDS, forget_process
from consistency.clock import monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError
from consistency.processes import is_alive

POLL_S = 0.05


@dataclass(frozen=True)
class Stray:
    """One server; `record` is its file, in its run's folder, written at `began_ns` of the epoch."""

    record: Path
    server: dict[str, Any]
    began_ns: int


def find_stray_servers(folders: Iterable[Path]) -> Iterator[Stray]:
    """Those of the runs in `folders`."""
    for path in (path for folder in folders for path in sorted(folder.glob(RECORDS))):
        stray = _read(path)
        if stray is not None and not is_alive(stray.server.get("owner", {})):
            yield stray


def end_server(stray: Stray) -> bool:
    """End it: ask, then kill its process group. False where it was gone already. ConsistencyError where it stays."""
    server, found = stray.server, is_alive(stray.server)
    if found and server["address"] and shut_down(server["address"]):
        _await_end(server)
    if is_alive(server):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(server["group"], signal.SIGKILL)
        _await_end(server)
    if is_alive(server):
        raise ConsistencyError(
            f"Process {server['pid']} at {server['address']} does not end. Try: kill {server['pid']}"
        )
    forget_process(stray.record)
    return found


def _read(path: Path) -> Stray | None:
    """The server of the record at `path`; None where it is none of ours, or is just being taken away."""
    try:
        server, began_ns = json.loads(path.read_bytes()), path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    ours = isinstance(server, dict) and {"pid", "group", "address"} <= server.keys()
    return Stray(path, server, began_ns) if ours else None


def _await_end(server: dict[str, Any]) -> None:
    give_up_ns = monotonic_ns() + int(END_TIMEOUT_S * NS_PER_S)
    while is_alive(server) and monotonic_ns() < give_up_ns:
        wait_s(POLL_S)
