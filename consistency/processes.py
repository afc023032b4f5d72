"""Which process owns something that would outlive it, and whether that process still lives.

A process describes itself as plain JSON values; another one, later, asks whether the described one is alive. A pid
alone would not do: it is given out again, after a reboot from the beginning, so the boot and the start tick go with it.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from consistency.clock import boot_id

LISTENING = "0A"  # the state, in the system's table of sockets
COMMAND_LENGTH = 60


def describe_process(pid: int) -> dict[str, str | int]:
    """A process that lives, as JSON values."""
    return {"boot": boot_id(), "pid": pid, "start": _start_tick(pid)}


def describe_self() -> dict[str, str | int]:
    """This process, as JSON values."""
    return describe_process(os.getpid())


def is_alive(owner: Mapping[str, str | int]) -> bool:
    """Whether the described process still runs on this machine; one that says nothing of itself is gone."""
    if owner.get("boot") != boot_id():
        return False
    pid = int(owner.get("pid", 0))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return pid > 0 and _start_tick(pid) == owner.get("start") and not _has_ended(pid)


class Listener(NamedTuple):
    """A process that listens, and the beginning of its command line."""

    pid: int
    command: str


def find_listener(port: int) -> Listener | None:
    """Who listens on TCP `port`; None where the system does not tell, as of somebody else's process."""
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _list_listening(table, port)}
    for folder in Path("/proc").glob("[0-9]*"):
        if sockets and any(link in sockets for link in _list_links(folder / "fd")):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            return Listener(int(folder.name), " ".join([Path(words[0]).name, *words[1:]]).strip()[:COMMAND_LENGTH])
    return None


def _list_listening(table: str, port: int) -> list[str]:
    """The inodes of the sockets that listen on `port`. Fields: number, local address, remote one, state, ..., inode."""
    try:
        lines = Path("/proc/net", table).read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port]


def _list_links(folder: Path) -> Iterator[str]:
    """Where the links in `folder` lead, but for those that vanish meanwhile; nothing where it cannot be looked at."""
    with contextlib.suppress(OSError):
        for link in folder.iterdir():
            with contextlib.suppress(OSError):
                yield str(link.readlink())


def _start_tick(pid: int) -> int:
    """When a process began, in ticks since the boot; 0 where the system does not tell."""
    fields = _read_fields(pid)
    return int(fields[19]) if fields else 0


def _has_ended(pid: int) -> bool:
    """Whether a process is over and only waits for its parent to hear of it."""
    return _read_fields(pid)[:1] == ["Z"]


def _read_fields(pid: int) -> list[str]:
    """What the system tells of a process, from its state on; nothing where it tells nothing."""
    try:
        # The second field is the program's name in brackets and may hold anything, so the fields are counted behind it.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
