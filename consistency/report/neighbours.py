"""Neighbours: the other runs of an experiment, as far as their summaries tell.

A run's folder comes in; what the folders beside it say goes out, for the chart of a percentile from run to run. Only
runs of the same experiment are taken, since others ask another question. One that was not judged, or by another
version, tells nothing here; `consistency runs` lists it.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from consistency.archive import Archive, Manifest

MOST = 30  # of the newest runs
SCHEMA_VERSION = 1
NOT_FELT = ("seed", "question", "claims")


class Estimate(msgspec.Struct, frozen=True):
    """A quantile as a summary has it; the names are those of a QuantileEstimate."""

    quantile: float
    n: int
    needs: int
    lower_ns: int | None
    upper_ns: int | None
    interval_lower_ns: int | None
    interval_upper_ns: int | None


class _Action(msgspec.Struct, frozen=True):
    quantiles: tuple[Estimate, ...]


class _Summary(msgspec.Struct, frozen=True):
    schema_version: Literal[1]
    actions: dict[str, _Action]


@dataclass(frozen=True)
class PastRun:
    """A run of the experiment: its id, when it began (ISO, UTC), what of its plan bears on its numbers, and its
    quantiles by action."""

    run: str
    begun: str
    plan: bytes
    quantiles: dict[str, tuple[Estimate, ...]]


def read_neighbours(archive: Archive, experiment: str) -> tuple[PastRun, ...]:
    """The newest judged runs beside `archive`'s, itself not among them, the oldest first."""
    folders = (path.parent for path in archive.folder.resolve().parent.glob("*/manifest.json"))
    others = [folder for folder in folders if folder != archive.folder.resolve() and not folder.is_symlink()]
    found = filter(None, (_read(Archive(folder), experiment) for folder in others))
    return tuple(sorted(found, key=lambda run: (run.begun, run.run))[-MOST:])


def _read(archive: Archive, experiment: str) -> PastRun | None:
    try:
        plan = archive.plan.read_bytes()
        manifest = msgspec.json.decode(archive.manifest.read_bytes(), type=Manifest)
        summary = msgspec.json.decode((archive.folder / "summary.json").read_bytes(), type=_Summary)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):  # not judged, or not by this version: nothing to show
        return None
    if manifest.experiment != experiment:
        return None
    quantiles = {name: action.quantiles for name, action in summary.actions.items()}
    return PastRun(manifest.run, archive.tell_begun(manifest), identify_plan(plan), quantiles)


def identify_plan(text: bytes) -> bytes:
    """A plan's JSON without what the store does not feel: its seed, its question and its claims."""
    plan = msgspec.json.decode(text, type=dict[str, object])
    return msgspec.json.encode({name: plan[name] for name in sorted(plan) if name not in NOT_FELT})
