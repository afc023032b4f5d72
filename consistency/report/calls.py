"""Frames about the calls themselves: how long each took, and how well the writer kept its schedule.

The schedule of writes is a function of the plan, so lateness needs no field of its own: it is when a write began minus
when it was due. A slot without an acknowledged write is shown as such; the judgement's pacing says how many were never
begun at all.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from consistency.analysis.judgement import ActionSummary
from consistency.analysis.words import NS_PER_MS
from consistency.durations import NS_PER_MINUTE
from consistency.report.material import Material
from consistency.report.moments import name_moments
from consistency.report.thinning import LINE_POINTS, pick_evenly
from consistency.schedule import Stream, plan_streams, write_due_ns

MARKS = ("hit", "miss", "error")
POINTS = 300  # of a cloud, in charts that show single writes


def mark_of(told: str) -> str:
    """ "hit", "miss" or "error", from what an attempt told."""
    return told if told in MARKS else "error"


def frame_operation_times(material: Material) -> pd.DataFrame:
    """Per action and outcome: share_pct of its attempts took at most time_ms."""
    parts = [_times(summary, mark) for summary in material.probed for mark in MARKS]
    columns = ["action", "told", "time_ms", "share_pct", "attempts"]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _times(summary: ActionSummary, mark: str) -> pd.DataFrame:
    times_ns = sorted(
        attempt.completed_ns - attempt.invoked_ns
        for visibility in summary.searches
        for attempt in visibility.attempts
        if attempt.completed_ns is not None and mark_of(attempt.told) == mark
    )
    kept = pick_evenly(len(times_ns), LINE_POINTS)
    return pd.DataFrame(
        {
            "action": str(summary.action),
            "told": mark,
            "time_ms": np.asarray(times_ns, dtype=np.int64)[kept] / NS_PER_MS,
            "share_pct": (kept + 1) * 100 / max(len(times_ns), 1),
            "attempts": len(times_ns),
        }
    )


def frame_pacing(material: Material) -> pd.DataFrame:
    """How late each acknowledged write began; of many, the latest in each of a few hundred slices."""
    streams = list(_streams(material))
    most = min(POINTS, 3 * POINTS // max(len(streams), 1))
    parts = [_lateness(material, stream, summary, most) for stream, summary in streams]
    columns = ["stream", "minute", "late_ms"]
    frame = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    return frame.assign(faults=name_moments(material, frame["minute"])) if material.judgement.faults else frame


def _lateness(material: Material, stream: Stream, summary: ActionSummary, most: int) -> pd.DataFrame:
    due_ns = _due_ns(material, stream, [visibility.index for visibility in summary.visibilities])
    frame = pd.DataFrame(
        {
            "stream": stream.name,
            "minute": [(each - material.manifest.start_ns) / NS_PER_MINUTE for each in due_ns],
            "late_ms": [
                (each.written_ns - due) / NS_PER_MS for each, due in zip(summary.visibilities, due_ns, strict=True)
            ],
        }
    ).sort_values("minute", ignore_index=True)
    if len(frame) <= most:
        return frame
    slices = pd.Series(np.arange(len(frame)) * most // len(frame))
    return frame.loc[frame["late_ms"].groupby(slices).idxmax()]


def frame_unwritten(material: Material) -> pd.DataFrame:
    """Slots of the schedule without an acknowledged write."""
    rows: list[tuple[str, float]] = []
    for stream, summary in _streams(material):
        absent = sorted(set(range(material.plan.entities)) - {each.index for each in summary.visibilities})
        shown = [absent[place] for place in pick_evenly(len(absent), POINTS)]
        minutes = [(each - material.manifest.start_ns) / NS_PER_MINUTE for each in _due_ns(material, stream, shown)]
        rows += [(stream.name, minute) for minute in minutes]
    return pd.DataFrame(rows, columns=["stream", "minute"])


def _due_ns(material: Material, stream: Stream, indices: Sequence[int]) -> list[int]:
    start_ns, rate_per_s = material.manifest.start_ns, material.plan.rate_per_s
    life_ns = material.plan.life_ns  # readers look for the last change of a life
    return [write_due_ns(start_ns, rate_per_s, stream, index) + life_ns for index in indices]


def _streams(material: Material) -> list[tuple[Stream, ActionSummary]]:
    """Each stream with one probe that saw its entities."""
    found = {summary.action: summary for summary in material.probed}
    pairs = [(stream, [found[action] for action in stream.actions if action in found])
             for stream in plan_streams(material.plan)]  # fmt: skip
    return [(stream, summaries[0]) for stream, summaries in pairs if summaries]
