"""Gaps: when nothing ran because the run was killed, and which of the schedule's writes fell due meanwhile.

Plan, manifest and history come in, one GapSpan for each gap goes out. A write that was overdue when the run was killed
is missed by that gap, too, since resuming makes up for nothing:

    due        1    2    3    4    5    6    7
    begun      1    2 (late)            6    7
    ran       -----------x        o------------      3 was overdue at x; 3, 4 and 5 are missed slots of this gap
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from consistency.analysis.judgement import GapSpan
from consistency.archive import Manifest
from consistency.durations import NS_PER_S
from consistency.history import ACTIONS, History
from consistency.operation import Action
from consistency.plan import Plan
from consistency.schedule import Stream, plan_streams, write_due_ns

TOLD = 3  # gaps that have a sentence each; more of them share one


def list_gaps(plan: Plan, manifest: Manifest, history: History) -> tuple[GapSpan, ...]:
    """Every gap in order, with the number of writes that it cost."""
    ends_ns = [0, *(gap.ends_ns for gap in manifest.gaps)]
    missed = [_count_missed(plan, manifest.start_ns, history, end_ns) for end_ns in ends_ns]
    return tuple(
        GapSpan(gap.begins_ns, gap.ends_ns, until - before)
        for gap, (before, until) in zip(manifest.gaps, pairwise(missed), strict=True)
    )


def say_gaps(manifest: Manifest, gaps: Sequence[GapSpan]) -> Iterator[str]:
    """A sentence for each gap, or one for all where they are many."""
    who = "No writer" if manifest.queue else "Nothing"
    if len(gaps) > TOLD:
        off_ns, missed = sum(gap.ends_ns - gap.begins_ns for gap in gaps), sum(gap.missed for gap in gaps)
        when = _name_instants(manifest, gaps[0].begins_ns, gaps[-1].ends_ns)
        yield f"{who} ran {len(gaps):,} times {when} ({_write_seconds(off_ns)} in all){_say_missed(missed)}."
        return
    for gap in gaps:
        when = _name_instants(manifest, gap.begins_ns, gap.ends_ns)
        yield f"{who} ran {when} ({_write_seconds(gap.ends_ns - gap.begins_ns)}){_say_missed(gap.missed)}."


def _count_missed(plan: Plan, start_ns: int, history: History, until_ns: int) -> int:
    """Writes that were due before `until_ns`, and were never begun."""
    due = sum(_count_due(plan, start_ns, stream, until_ns) for stream in plan_streams(plan))
    written = (history.action == ACTIONS.index(Action.WRITE)) & (history.due_ns < until_ns)
    return due - len(np.unique(history.item[written]))


def _count_due(plan: Plan, start_ns: int, stream: Stream, until_ns: int) -> int:
    """How many writes of the stream were due before; by bisection, since due times are rounded to a nanosecond."""
    low, high = 0, plan.entities
    while low < high:
        middle = (low + high) // 2
        if write_due_ns(start_ns, plan.rate_per_s, stream, middle) < until_ns:
            low = middle + 1
        else:
            high = middle
    return low


def _say_missed(missed: int) -> str:
    if not missed:
        return ": no write fell due"
    fell, slots = ("writes that fell", "missed slots") if missed > 1 else ("write that fell", "a missed slot")
    return f": {missed:,} {fell} due {'are' if missed > 1 else 'is'} {slots}"


def _write_seconds(duration_ns: int) -> str:
    """In seconds, as the instants beside it are."""
    return f"{duration_ns / NS_PER_S:,.1f} s"


def _name_instants(manifest: Manifest, begins_ns: int, ends_ns: int) -> str:
    """ "from 12:03:10 to 12:05:40 UTC"; with their dates where these differ."""
    begins, ends = (
        datetime.fromtimestamp((manifest.origin_wall_ns + at_ns) / NS_PER_S, UTC) for at_ns in (begins_ns, ends_ns)
    )
    form = "%H:%M:%S" if begins.date() == ends.date() else "%Y-%m-%d %H:%M:%S"
    return f"from {begins:{form}} to {ends:{form}} UTC"
