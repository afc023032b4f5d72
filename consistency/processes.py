"""Which process owns something that would outlive it, and whether that process still lives.

A process describes itself as plain JSON values; another one, later, asks whether the described one is alive. A pid
alone would not do: it is given out again, after a reboot from the beginning, so the boot and the start tick go with it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from consistency.clock import boot_id


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
