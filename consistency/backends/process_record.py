"""The record of a server that we started: a file in the run's folder for as long as the server runs.

Nothing reads it while the run lives. It is there for the one who comes after a crash of everything and wants to know
whether something was left behind (`processes.is_alive` of the record), and how to reach it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from consistency.processes import describe_process, describe_self

RECORDS = "emulator*.json"


def record_process(path: Path, pid: int, address: str, command: Sequence[str]) -> None:
    """Write that process `pid`, which leads its process group, serves `address` ("" while that is not known), and that
    we, who call this, look after it."""
    own = {"group": pid, "address": address, "command": list(command), "owner": describe_self()}
    content = describe_process(pid) | own
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def forget_process(path: Path) -> None:
    """Take the record away: the server has ended."""
    path.unlink(missing_ok=True)
