"""Notes: what a reader of the judgement must know about the history it came from.

A history and its series come in, whole sentences go out: torn lines, processes that were cut off, writes that nobody
probed, readers that came late. None of them changes a number; each says why some numbers are less than they could be.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from consistency.analysis.series import Series, find_acknowledged_writes
from consistency.durations import format_duration
from consistency.history import ACTIONS, OUTCOMES, History
from consistency.operation import Action, Outcome
from consistency.plan import Plan
from consistency.schedule import Train


def write_notes(plan: Plan, history: History, series: Mapping[Action, Series]) -> tuple[str, ...]:
    """All that applies, the history's own troubles first."""
    notes = [f"{name}: the last line is torn and was left out." for name in history.torn]
    notes += [
        f"Process {process} was cut off: its history has no end, so later calls are missing."
        for process in sorted(find_unfinished(history))
    ]
    notes += _note_refused(history)
    notes += _note_pairs(history)
    for action, searches in series.items():
        notes += _note_readers(searches)
        notes += _note_lateness(plan, action, searches)
    return tuple(notes)


def find_unfinished(history: History) -> set[str]:
    """The processes that began and did not end by themselves."""
    return set(history.processes) - history.ended


def _note_refused(history: History) -> Iterator[str]:
    written = history.action == ACTIONS.index(Action.WRITE)
    lost = int((written & (history.outcome != OUTCOMES.index(Outcome.OK))).sum())
    if lost:
        yield f"{lost:,} of {written.sum():,} writes were not acknowledged: nothing here is said of those entities."


def _note_pairs(history: History) -> Iterator[str]:
    is_write = history.action == ACTIONS.index(Action.WRITE)
    acknowledged = find_acknowledged_writes(history) >= 0
    unprobed = int((acknowledged & ~np.isin(np.arange(len(acknowledged)), history.item[~is_write])).sum())
    if unprobed:
        yield f"{unprobed:,} acknowledged writes were never probed, so nothing is known of their visibility."
    orphans = int((~np.isin(history.item[~is_write], history.item[is_write])).sum())
    if orphans:
        yield f"{orphans:,} reads look for entities whose write is not in the history, and were left out."


def _note_readers(series: Series) -> Iterator[str]:
    entities = len(np.unique(series.write_rows))
    if entities < len(series):
        yield (
            f"{series.action}: several processes probed the same entities, so its {len(series):,} searches are of "
            f"{entities:,} entities; the confidence counts each search as one."
        )


def _note_lateness(plan: Plan, action: Action, series: Series) -> Iterator[str]:
    """Searches that began later than the widest spacing of the plan's attempts: the reader's doing, not the plan's."""
    if action not in plan.probes:
        return
    spacing_ns = Train.of(plan.probes[action]).max_interval_ns
    first = series.begins
    late = int((series.invoked_ns[first] - series.acknowledged_ns[first] > spacing_ns).sum())
    if late:
        yield (
            f"{action}: {late:,} of {len(series):,} searches began more than {format_duration(spacing_ns)} after the "
            "acknowledgement (a late reader, or too many open searches); their intervals are wide."
        )
