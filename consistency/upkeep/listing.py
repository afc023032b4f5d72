"""The list of runs, from their folders alone.

The folder of all runs comes in, one line for each run goes out, newest first. A run without a summary was not judged
(killed, or still running), and says so; one without a history was killed before its first write.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from consistency.archive import Archive, Manifest
from consistency.errors import ConsistencyError

NOT_JUDGED, UNMEASURED = "not judged", "nothing was measured"


@dataclass(frozen=True)
class RunLine:
    """One run: its id, when it began (ISO, UTC), its target, entities of the probe with most, and its verdict."""

    run: str
    started_at: str
    target: str
    entities: int | None
    verdict: str


def list_runs(out: Path, limit: int) -> list[RunLine]:
    """The newest `limit` runs below `out`; ConsistencyError where there is no such folder."""
    if not out.is_dir():
        raise ConsistencyError(f"There are no runs: {out} is not a folder. Make one: consistency run PLAN")
    archives = [Archive(path.parent) for path in out.glob("*/*/manifest.json") if not path.parent.is_symlink()]
    lines = [_describe(archive) for archive in archives]
    return sorted(lines, key=lambda line: (line.started_at, line.run), reverse=True)[:limit]


def _describe(archive: Archive) -> RunLine:
    run = f"{archive.folder.parent.name}/{archive.folder.name}"
    try:
        manifest = msgspec.json.decode(archive.manifest.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return RunLine(run, "", "", None, "damaged manifest")
    summary = _read_summary(archive.folder / "summary.json")
    counts = [action["n"] for action in summary.get("actions", {}).values()]
    missing = NOT_JUDGED if archive.histories() else UNMEASURED
    verdict = (summary.get("verdict") or "no claims") if summary else missing
    return RunLine(run, archive.tell_begun(manifest), _name_target(manifest), max(counts, default=None), verdict)


def _name_target(manifest: Manifest) -> str:
    """Where it ran; the embedded emulator's port tells nobody anything."""
    return "embedded emulator" if manifest.backend == "embedded" else manifest.target


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):  # not judged yet, or torn: the list is of what can be told
        return {}
