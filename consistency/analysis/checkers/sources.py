"""Sources: which write each read returned.

Tables of writes and reads come in; for each read the number of a write goes out, and whether it could be no other.
Where a value was written more than once it is the write that finished last of those that began before the read ended:

    W 1 [==]    W 2 [==]    W 1 [==]        R 1 [===]       both writes of 1 come into question; the later one is taken
                                     R 1 [==]               to be it, because if it is no excuse for R, neither is one

So what a read is accused of holds whichever it was. What a read proves of others must not rest on such a guess: it does
where the source is `sure`.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.calls import Calls
from consistency.analysis.checkers.places import NOWHERE, Instants, highest_so_far, take
from consistency.analysis.series import Mask
from consistency.history import Column


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """For each read its write (NOWHERE: nobody wrote its value), and whether no other write can be it; for each write
    whether its value was written more than once in its item."""

    write: Column
    sure: Mask
    repeated: Mask


def find_sources(writes: Calls, reads: Calls) -> Sources:
    """The sources of `reads` among `writes`, which are sorted by item and start."""
    values = np.unique(writes.value)
    written = writes.item * len(values) + np.searchsorted(values, writes.value)
    order = np.argsort(written, kind="stable")
    fresh = np.flatnonzero(np.diff(written[order], prepend=NOWHERE))
    group = _look_up(written[order[fresh]], _number_values(values, reads))
    if len(fresh) == len(order):
        return Sources(take(order, group, NOWHERE), group >= 0, np.zeros(len(writes), bool))
    repeated = np.zeros(len(writes), bool)
    repeated[order] = np.repeat(np.diff(fresh, append=len(order)) > 1, np.diff(fresh, append=len(order)))
    source, sure = _choose(writes, reads, order, fresh, group)
    return Sources(source, sure, repeated)


def _number_values(values: Column, reads: Calls) -> Column:
    """A number for each read's item and value, NOWHERE for a value that is not among the sorted `values`."""
    places = np.minimum(np.searchsorted(values, reads.value), len(values) - 1)
    return np.where(values[places] == reads.value, reads.item * len(values) + places, NOWHERE)


def _look_up(sorted_keys: Column, wanted: Column) -> Column:
    """The row of each wanted key, NOWHERE where there is none."""
    rows = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return np.where(sorted_keys[rows] == wanted, rows, NOWHERE)


def _choose(writes: Calls, reads: Calls, order: Column, fresh: Column, group: Column) -> tuple[Column, Mask]:
    """Of each group of writes of one value the one that finished last of those begun; if none had, the first."""
    instants = Instants.of(len(fresh), writes.start_ns, writes.finish_ns, reads.finish_ns)
    groups = np.repeat(np.arange(len(fresh)), np.diff(fresh, append=len(order)))
    start = instants.place(groups, writes.start_ns[order])
    finish = instants.place(groups, writes.finish_ns[order])
    latest = highest_so_far(np.where(finish == highest_so_far(finish), np.arange(len(order)), 0))
    known = np.maximum(group, 0)
    first = fresh[known]
    last = np.maximum(np.searchsorted(start, instants.place(known, reads.finish_ns), side="right") - 1, first)
    return np.where(group >= 0, order[latest[last]], NOWHERE), (group >= 0) & (last == first)
