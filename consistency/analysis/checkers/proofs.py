"""Proofs: for every conflict of two writes the fewest operations that show it, all conflicts at once.

Pairs of writes come in, rows of a history go out. Of each write only three operations can matter: itself, and of the
reads of its value the one that ends first and the one that begins last. All conflicts are proved together, because
each anomaly must be counted by the read that it blames, and a store that is meant to be late has a million of them.

    a   W [==]        R [==]      minF(a) < maxS(b): something of a had ended before something of b began,
    b        W [==]         R [==]      and minF(b) < maxS(a), so each came before the other
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.places import NOWHERE, take
from consistency.analysis.checkers.registers import BEFORE_ALL, Registers
from consistency.analysis.series import Mask
from consistency.history import NEVER, Column

_READS = ((0, 1), (0, 2), (1, 1), (1, 2))  # side and place of what may be left out: without its write a read is nothing


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """For each conflict its `writes` (2, n), the `rows` of the operations that matter (2, 3, n), which of them are
    `kept`, and the row of the read that it blames: of those that are kept the one that begins last."""

    writes: Column
    rows: Column
    kept: Mask
    blamed: Column

    def __len__(self) -> int:
        return len(self.blamed)

    def list_rows(self, number: int) -> list[int]:
        """The rows that prove one conflict."""
        rows: list[int] = self.rows[:, :, number][self.kept[:, :, number]].tolist()
        return rows


def prove_conflicts(registers: Registers, writes: Column) -> Proofs:
    """The proofs of conflicts between `writes` (n, 2): each read is left out in turn, and stays out if the rest still
    shows the conflict."""
    pairs = np.asarray(writes, np.int64).reshape(-1, 2).T
    rows, starts, finishes = _gather_spans(registers, pairs)
    kept: Mask = rows != NOWHERE
    kept[:, 0] = True  # the first write of «absent» is nobody's operation, and yet in the proof
    for side, place in _READS:
        rest = kept.copy()
        rest[side, place] = False
        kept = np.where(_conflict(starts, finishes, rest), rest, kept)
    last = np.where(kept, starts, BEFORE_ALL)[:, 1:].reshape(4, -1).argmax(axis=0)
    return Proofs(pairs, rows, kept, rows[:, 1:].reshape(4, -1)[last, np.arange(pairs.shape[1])])


def blame_futures(registers: Registers, writes: Column) -> Column:
    """The row of the read that ended before each of `writes` began; NOWHERE where a write is NOWHERE."""
    first, _ = _find_outer(registers, writes[writes >= 0])
    return take(registers.reads.row, take(first, writes, NOWHERE), NOWHERE)


def _find_outer(registers: Registers, writes: Column) -> tuple[Column, Column]:
    """For each write of the history that is among `writes` the read of its value that ends first and the one that
    begins last; NOWHERE where there is none."""
    involved = np.zeros(len(registers.writes), bool)
    involved[writes] = True
    reads = np.flatnonzero(take(involved, registers.source, 0))
    first, last = np.full((2, len(registers.writes)), NOWHERE)
    for column, key in ((first, registers.reads.finish_ns), (last, -registers.reads.start_ns)):
        by_key = reads[np.argsort(key[reads], kind="stable")][::-1]
        column[registers.source[by_key]] = by_key  # of several the last one stays, which has the lowest key
    return first, last


def _gather_spans(registers: Registers, pairs: Column) -> tuple[Column, Column, Column]:
    """Row, start and end of each write, and of its two outer reads; a read that is not there has the row NOWHERE, and
    neither ends nor begins."""
    writes, reads = registers.writes, registers.reads
    first, last = (each[pairs] for each in _find_outer(registers, pairs.ravel()))
    early, late = np.minimum(first, last), np.where(first == last, NOWHERE, np.maximum(first, last))
    finish_ns = np.where(registers.sight[pairs] >= 0, NEVER, writes.finish_ns[pairs])

    def stack(of_writes: Column, of_reads: Column, otherwise: int) -> Column:
        return np.stack((of_writes, take(of_reads, early, otherwise), take(of_reads, late, otherwise)), axis=1)

    return (
        stack(writes.row[pairs], reads.row, NOWHERE),
        stack(writes.start_ns[pairs], reads.start_ns, BEFORE_ALL),
        stack(finish_ns, reads.finish_ns, NEVER),
    )


def _conflict(starts: Column, finishes: Column, kept: Mask) -> Mask:
    """Whether each of the two writes must have come before the other, by what is kept."""
    ends = np.where(kept, finishes, NEVER).min(axis=1)
    begins = np.where(kept, starts, BEFORE_ALL).max(axis=1)
    shown: Mask = (ends[0] < begins[1]) & (ends[1] < begins[0])
    return shown
