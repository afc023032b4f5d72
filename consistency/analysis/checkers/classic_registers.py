"""Safe, regular and atomic registers, read by read (Lamport's three; per read, so writers need not be one).

A history comes in, one finding for each of the three goes out:

    safe      a read that overlaps no write returns what was written last before it; any other read anything
    regular   a read returns what was written last before it, or what is being written while it reads
    atomic    regular, and no read returns an older version than a read that had ended before it began

«Written last» is every version that no surely newer one had replaced before the read began. For one writer atomic is
linearizable; for several, linearizability asks more: one order of the writes for all readers.
"""

from collections.abc import Callable

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.freshness import Freshness, find_inversions, measure_freshness
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import name_write, say_age, say_read
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.history import Column, History

Marks = tuple[Mask, Column]  # which reads are not allowed; for those that are so by an earlier read, which read that is


def check_safe(history: History, clock_bound_ns: int = 0) -> Finding:
    """Whether each item behaved as a safe register."""
    return _check("safe", history, clock_bound_ns, _mark_unsafe)


def check_regular(history: History, clock_bound_ns: int = 0) -> Finding:
    """Whether each item behaved as a regular register; k and Delta, for which it was k- and Delta-regular, stand in
    the figures of staleness (its greatest count of missed versions plus one, its greatest age)."""
    return _check("regular", history, clock_bound_ns, _mark_irregular)


def check_atomic(history: History, clock_bound_ns: int = 0) -> Finding:
    """Whether each item was regular without a new-then-old inversion."""
    return _check("atomic", history, clock_bound_ns, mark_nonatomic)


def _check(name: str, history: History, clock_bound_ns: int, mark: Callable[[Registers, Freshness], Marks]) -> Finding:
    def rule(history: History, registers: Registers) -> Evidence:
        freshness = measure_freshness(registers)
        wrong, earlier = mark(registers, freshness)
        guilty = np.flatnonzero(wrong)

        def build(number: int) -> Anomaly:
            return tell_read(name, history, registers, freshness, int(guilty[number]), int(earlier[guilty[number]]))

        return Evidence(
            len(registers.reads), len(registers.reads), Anomalies(len(guilty), build, registers.reads.row[guilty])
        )

    return conclude(name, history, clock_bound_ns, rule)


def _mark_irregular(registers: Registers, freshness: Freshness) -> Marks:
    return freshness.stale | freshness.future | ~freshness.known, np.full(len(registers.reads), -1)


def _mark_unsafe(registers: Registers, freshness: Freshness) -> Marks:
    """The reads that are not regular, and overlap no write.

    A write overlaps unless it had finished before the read began or starts after the read ended.
    """
    wrong, none = _mark_irregular(registers, freshness)
    begun = np.searchsorted(registers.write_start, registers.read_finish, side="right")
    finished = np.searchsorted(np.sort(registers.write_finish), registers.read_start)
    return wrong & (begun <= finished), none


def mark_nonatomic(registers: Registers, freshness: Freshness) -> Marks:
    """The reads that are not regular, or follow a read of a newer version."""
    wrong, _ = _mark_irregular(registers, freshness)
    earlier = np.where(wrong, -1, find_inversions(registers, freshness))
    return wrong | (earlier >= 0), earlier


def tell_read(
    name: str, history: History, registers: Registers, freshness: Freshness, read: int, earlier: int
) -> Anomaly:
    """Why read number `read` is not allowed, with its witness; `earlier` is the read that told of a newer version."""
    reads, writes, source = registers.reads, registers.writes, int(registers.source[read])
    rows, told = [int(reads.row[read])], say_read(history, registers, read)
    if not freshness.known[read]:
        told += ", which nobody wrote."
    elif freshness.future[read]:
        rows, told = [*rows, int(writes.row[source])], f"{told}, and had ended before the write of that began."
    elif freshness.stale[read]:
        missed = int(freshness.missed[read])
        rows += [int(writes.row[source]), int(writes.row[missed])]
        rows += [*registers.rows_of_sight(source), *registers.rows_of_sight(missed)]
        newer_write = name_write(int(writes.value[missed]))
        told += f", although {newer_write} had ended {say_age(registers, missed, read)}."
    else:
        newer = int(registers.source[earlier])
        rows += [int(writes.row[source]), int(writes.row[newer]), int(reads.row[earlier])]
        rows += registers.rows_of_sight(source)
        told += f", although an earlier read had shown a newer version: {say_read(history, registers, earlier)}."
    return witness(name, history, registers, int(reads.item[read]), rows, told)
