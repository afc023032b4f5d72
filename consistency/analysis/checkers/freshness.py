"""Freshness: how old is what each read returned, compared with what had been written before it began.

Registers come in, one entry for each read goes out: how many newer versions had surely been written, and for how long.

    v [===]    u1 [===]   u2 [===]        r [==] returned v     k = 3: two newer ones had finished
                      |<---- t ---------->|                     t: since the first of them had

This compares each read with the writes alone, never with another read, so it misses a new value that is followed by an
old one while the write goes on: `inversions` are the reads that saw an older version than an earlier read had.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.places import NOWHERE, highest_so_far, lowest_from_here, take
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.series import Mask
from consistency.history import Column


@dataclass(frozen=True, slots=True, eq=False)
class Freshness:
    """For each read: `known` (somebody wrote its value), `future` (it ended before that write began), `stale` (a newer
    version had finished before it began: `missed`, the first that had), and `behind_ns`, since when; 0 if not stale."""

    known: Mask
    future: Mask
    stale: Mask
    missed: Column
    behind_ns: Column


def measure_freshness(registers: Registers) -> Freshness:
    """The freshness of every read."""
    source, writes = registers.source, registers.writes
    finished, which = registers.overwritten
    known = source >= 0
    stale = known & (take(finished, source, 0) < registers.read_start)
    missed = np.where(stale, take(which, source, NOWHERE), NOWHERE)
    behind_ns = np.where(stale, registers.reads.start_ns - take(writes.finish_ns, missed, 0), 0)
    future = known & (registers.read_finish < take(registers.write_start, source, 0))
    return Freshness(known, future, stale, missed, behind_ns)


def count_missed(registers: Registers, reads: Column) -> Column:
    """For each of the reads numbered `reads` (each of a known value) how many newer versions had finished before it.

    The writes stand in order of their ends; those that had finished are the first `done`. Of these all are newer from
    `clear` on, none before `first`; between the two, where writes overlap, each is looked at.
    """
    order = np.argsort(registers.write_finish, kind="stable")
    older = registers.older[order]
    done = np.searchsorted(registers.write_finish[order], registers.read_start[reads])
    newer = registers.newer[registers.source[reads]]
    first = np.searchsorted(highest_so_far(older), newer, side="right")
    clear = np.searchsorted(lowest_from_here(older), newer, side="right")
    counts: Column = np.maximum(done - clear, 0)
    row, end = first, np.minimum(clear, done)
    left = np.flatnonzero(row < end)
    while len(left):
        counts[left] += older[row[left]] > newer[left]
        row[left] += 1
        left = left[row[left] < end[left]]
    return counts


def find_inversions(registers: Registers, freshness: Freshness) -> Column:
    """For each read an earlier read, ended before this one began, that had returned a newer version; NOWHERE for none.
    Reads of what had not been written yet, or was written more than once, prove nothing about others.

    r1 [===] new
                  r2 [===] old
    """
    known = np.flatnonzero(registers.sure & ~freshness.future)
    by_end = known[np.argsort(registers.read_finish[known], kind="stable")]
    seen = registers.older[registers.source[by_end]]
    newest = highest_so_far(seen)
    which = by_end[highest_so_far(np.where(seen == newest, np.arange(len(seen)), 0))] if len(seen) else by_end
    before = np.searchsorted(registers.read_finish[by_end], registers.read_start) - 1
    inverted: Mask = take(newest, before, NOWHERE) > take(
        registers.newer, registers.source, registers.older.max(initial=0)
    )
    return np.where(inverted & (registers.source >= 0), take(which, before, NOWHERE), NOWHERE)
