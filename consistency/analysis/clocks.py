"""Clocks: how far each process's clock was from the service's, as far as the service's stamps tell.

A history comes in, intervals of offsets go out. A call that the service stamped was in its hands at that instant, so
the process's clock minus the service's lies between (Cristian 1989)

    process      invoked [=================] completed            invoked - stamp  <=  offset  <=  completed - stamp
    service                     ^ stamp

and of all calls within a slice of the run the tightest two ends hold. Of reads only the strong ones count, because an
eventual one may be answered, and stamped, from the past. Of a run on one host no verdict depends on this: it shows
whether the bound that the verdicts allow for is a fair one. By it a merge lays the clocks of several hosts together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.judgement import ClockReading
from consistency.analysis.words import write_duration
from consistency.archive import Manifest
from consistency.durations import NS_PER_MINUTE
from consistency.history import ACTIONS, NEVER, UNSTAMPED, Column, History
from consistency.operation import MUTATIONS, UNDER_ANCESTORS, Action

SLICES: Final = 60
_STAMPED: Final = [ACTIONS.index(action) for action in (*MUTATIONS, *UNDER_ANCESTORS, Action.KEY_GET)]
_MUTATED: Final = [ACTIONS.index(action) for action in MUTATIONS]


@dataclass(frozen=True)
class _Stamps:
    """Calls that the service stamped (epoch), by process: between when and when of the process's clock."""

    process: Column
    invoked_ns: Column
    completed_ns: Column
    stamp_ns: Column

    def __len__(self) -> int:
        return len(self.process)


def measure_clocks(manifest: Manifest, history: History) -> tuple[ClockReading, ...]:
    """Each process's offsets, slice by slice; none where the run has one clock, or the service gave no stamps.

    Where a clock moved within a slice, no one offset fits it, and the interval is what it moved over.
    """
    stamps = _gather(history)
    if not manifest.clock_bound_ns or not len(stamps):
        return ()
    width_ns = max(int(stamps.invoked_ns.max() - stamps.invoked_ns.min()) // SLICES, 1)
    keys = np.stack((stamps.process, (stamps.invoked_ns - manifest.start_ns) // width_ns))
    (processes, slices), lower_ns, upper_ns = _bound_offsets(stamps, keys)
    ends = np.stack((lower_ns, upper_ns)) + manifest.origin_wall_ns
    return tuple(
        ClockReading(history.processes[process], manifest.start_ns + number * width_ns, lower, upper)
        for process, number, lower, upper in zip(processes.tolist(), slices.tolist(), *ends.tolist(), strict=True)
    )


def bound_offset_ns(history: History) -> tuple[int, int] | None:
    """From where to where the one clock of `history` lay (minus the epoch); None where the service gave no stamps.

    A clock may drift, so each minute has an interval of its own, and all of them count.
    """
    stamps = _gather(history)
    if not len(stamps):
        return None
    keys = ((stamps.invoked_ns - stamps.invoked_ns.min()) // NS_PER_MINUTE)[np.newaxis]
    _, lower_ns, upper_ns = _bound_offsets(stamps, keys)
    return int(lower_ns.min()), int(upper_ns.max())


def find_causal_gap_ns(writing: History, reading: History) -> int | None:
    """How far the clock of `reading` is surely behind that of `writing`, because a value was seen before its write
    began; negative where nothing is out of order, None where nothing that was written was seen.

        writing                  begins [====]
        reading    hit [==] ends               the reading clock is behind by the gap at least
    """
    first = np.isin(writing.action, _MUTATED) & (writing.revision <= 1)
    begun = dict(zip(writing.item[first][::-1].tolist(), writing.invoked_ns[first][::-1].tolist(), strict=True))
    begun_ns = {writing.items[item]: at_ns for item, at_ns in begun.items()}
    saw = (reading.seen > 0) & (reading.completed_ns != NEVER)
    seen = zip(reading.item[saw].tolist(), reading.completed_ns[saw].tolist(), strict=True)
    gaps = [begun_ns[reading.items[item]] - at_ns for item, at_ns in seen if reading.items[item] in begun_ns]
    return max(gaps, default=None)


def note_hosts(manifest: Manifest) -> Iterator[str]:
    """How the clocks of several hosts were laid on each other."""
    if not manifest.clocks:
        return
    first, *others = manifest.clocks
    for each in others:
        ahead_ns = each.origin_wall_ns - first.origin_wall_ns
        side = "ahead of" if ahead_ns >= 0 else "behind"
        yield (
            f"The clock of {', '.join(each.processes)} was {write_duration(abs(ahead_ns))} {side} that of "
            f"{', '.join(first.processes)}, to within {write_duration(each.bound_ns + first.bound_ns)} "
            f"({manifest.clocks_by}); its times are moved by that."
        )


def _gather(history: History) -> _Stamps:
    """The soundings, and of the calls those whose stamp is of their own time."""
    stamped = (history.server_ns != UNSTAMPED) & (history.completed_ns != NEVER) & np.isin(history.action, _STAMPED)
    rows, places = np.flatnonzero(stamped), {process: place for place, process in enumerate(history.processes)}
    told = [
        (places[each.process], each.asked_ns, each.at_ns, each.server_ns)
        for each in history.soundings
        if each.process in places
    ]
    calls = (history.process[rows], history.invoked_ns[rows], history.completed_ns[rows], history.server_ns[rows])
    soundings = np.array(told, np.int64).reshape(-1, 4).T
    return _Stamps(*(np.concatenate(both) for both in zip(calls, soundings, strict=True)))


def _bound_offsets(stamps: _Stamps, keys: Column) -> tuple[Column, Column, Column]:
    """The different columns of `keys`, and for each the ends of the offset of the calls that have it."""
    found, place = np.unique(keys, axis=1, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    begins = np.searchsorted(place.ravel()[order], np.arange(found.shape[1]))
    lower_ns = np.maximum.reduceat((stamps.invoked_ns - stamps.stamp_ns)[order], begins)
    upper_ns = np.minimum.reduceat((stamps.completed_ns - stamps.stamp_ns)[order], begins)
    return found, np.minimum(lower_ns, upper_ns), np.maximum(lower_ns, upper_ns)
