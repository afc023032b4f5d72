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
    return pid > 0 and _start_tick(pid) == owner.get("start")


def _start_tick(pid: int) -> int:
    """When a process began, in ticks since the boot; 0 where the system does not tell."""
    try:
        # The second field is the program's name in brackets and may hold anything, so the fields are counted behind it.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[19])
