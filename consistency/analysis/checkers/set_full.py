"""Set-full: what became of each entity that was created, as Jepsen's checker of that name says it.

A history comes in, a finding goes out. An entity is known from the acknowledgement of its write, or from the end of the
first read that saw it, whichever is earlier. By order of invocations:

    stable      its last sight is later than its last miss; it was stable from the last miss's invocation on
    lost        known, and missed afterwards by a read that was invoked after every read that saw it
    never read  neither: nobody looked when it should have been there

Jepsen gives latencies as the lower end of the interval, in whole ms, at quantiles of index floor(n * q); so do these
figures, to be comparable. Entities that were deleted are left out: this is about sets that only grow.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.checkers.sentences import say_read
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.history import NEVER, Column, History

NAME = "set_full"
QUANTILES: Final = ((0.0, "q0"), (0.5, "q50"), (0.95, "q95"), (0.99, "q99"), (1.0, "q100"))
NS_PER_MS: Final = 1_000_000
NOBODY: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """For each item: whether it counts; when it was known (NEVER: it was not); the numbers of the read that saw it
    first, of the last that saw it and of the last that missed it (by invocation), NOBODY for none."""

    counts: Mask
    known_ns: Column
    first_sight: Column
    last_sight: Column
    last_miss: Column
    registers: Registers

    @property
    def stable(self) -> Mask:
        """Seen by the last read that told something."""
        return self.counts & (self.last_sight >= 0) & (self._invoked(self.last_sight) > self._invoked(self.last_miss))

    @property
    def lost(self) -> Mask:
        """Known, and missed afterwards for good."""
        missed = self.counts & (self.last_miss >= 0) & (self._invoked(self.last_miss) > self._invoked(self.last_sight))
        return missed & (self._started_ns(self.last_miss) > self.known_ns)

    def stable_ns(self) -> Column:
        """How long after it was known each item was stable at the earliest."""
        since_ns = np.where(self.last_miss >= 0, self._started_ns(self.last_miss) + 1, -NEVER)
        return np.maximum(np.maximum(since_ns, self.known_ns) - self.known_ns, 0)

    def lost_ns(self) -> Column:
        """How long after it was known each item was last seen; 0 for never."""
        since_ns = np.where(self.last_sight >= 0, self._started_ns(self.last_sight) + 1, -NEVER)
        return np.maximum(np.maximum(since_ns, self.known_ns) - self.known_ns, 0)

    def _invoked(self, read: Column) -> Column:
        """The order of invocations, which is that of the history's rows."""
        return np.where(read >= 0, self.registers.reads.row[read], NOBODY) if len(self.registers.reads) else read

    def _started_ns(self, read: Column) -> Column:
        return self.registers.reads.start_ns[read] if len(self.registers.reads) else read


def follow_items(registers: Registers) -> Fates:
    """What became of each item."""
    reads, writes = registers.reads, registers.writes
    real = writes.row != INITIAL
    counts = np.zeros(registers.items, bool)
    counts[writes.item[real]] = True
    counts[writes.item[real & (writes.value == ABSENT)]] = False
    acknowledged_ns = np.full(registers.items, NEVER)
    np.minimum.at(acknowledged_ns, writes.item[real], writes.finish_ns[real])
    sights, misses = np.flatnonzero(reads.value != ABSENT), np.flatnonzero(reads.value == ABSENT)
    by_end = sights[np.argsort(reads.finish_ns[sights], kind="stable")[::-1]]
    first_sight = _last_of(registers, by_end)
    first_ns = np.where(first_sight >= 0, reads.finish_ns[first_sight], NEVER) if len(reads) else acknowledged_ns
    return Fates(
        counts,
        np.minimum(acknowledged_ns, first_ns),
        first_sight,
        _last_of(registers, sights[np.argsort(reads.row[sights], kind="stable")]),
        _last_of(registers, misses[np.argsort(reads.row[misses], kind="stable")]),
        registers,
    )


def check_set_full(history: History, clock_bound_ns: int = 0) -> Finding:
    """Whether no entity was lost; cannot tell where none was stable, as Jepsen says «unknown»."""
    return conclude(NAME, history, clock_bound_ns, _examine)


def tell_loss(
    checker: str, history: History, registers: Registers, fates: Fates, item: int, *, seen: bool = False
) -> Anomaly:
    """The write, the first read that saw it where that made it known (or where it is to be told that it was `seen`),
    and the last read that missed it."""
    reads, writes, miss = registers.reads, registers.writes, int(fates.last_miss[item])
    own = np.flatnonzero((writes.item == item) & (writes.row != INITIAL))
    write = int(own[np.argmin(writes.finish_ns[own])])
    rows, known = [int(writes.row[write]), int(reads.row[miss])], "its write had been acknowledged"
    if seen or registers.sight[write] >= 0 or writes.finish_ns[write] >= reads.start_ns[miss]:
        rows.append(int(reads.row[fates.first_sight[item]]))
        known = say_read(history, registers, int(fates.first_sight[item]))
    told = f"{say_read(history, registers, miss)} although {known}, and no later read saw it."
    return witness(checker, history, registers, item, rows, told)


def _last_of(registers: Registers, reads: Column) -> Column:
    """For each item the last of its reads in the given order."""
    last = np.full(registers.items, NOBODY)
    last[registers.reads.item[reads]] = reads
    return last


def _examine(history: History, registers: Registers) -> Evidence:
    fates = follow_items(registers)
    stable, lost = fates.stable, np.flatnonzero(fates.lost)
    blamed = registers.reads.row[fates.last_miss[lost]]
    stable_ms, lost_ms = fates.stable_ns()[stable] // NS_PER_MS, fates.lost_ns()[lost] // NS_PER_MS
    figures: dict[str, float | int | None] = {
        "stable": int(stable.sum()),
        "lost": len(lost),
        "never_read": int(fates.counts.sum()) - int(stable.sum()) - len(lost),
        "stale": int((stable_ms > 0).sum()),
    }
    figures |= _quantiles("stable_latency", stable_ms) | _quantiles("lost_latency", lost_ms)
    return Evidence(
        examined=int(fates.counts.sum()),
        opportunities=int(stable.sum()) + len(lost),
        anomalies=Anomalies(
            len(lost), lambda number: tell_loss(NAME, history, registers, fates, int(lost[number])), blamed
        ),
        noun="entities",
        lacks="" if stable.any() else "No entity was stable: unknown, as Jepsen says.",
        figures=figures,
    )


def _quantiles(name: str, ms: Column) -> dict[str, int]:
    ordered = np.sort(ms)
    last = len(ordered) - 1
    return {f"{name}_{label}_ms": int(ordered[min(last, int(len(ordered) * q))]) for q, label in QUANTILES if last >= 0}
