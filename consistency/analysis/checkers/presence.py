"""Presence: what reads show of entities that should be there, or should be gone.

A history comes in, a finding for each goes out:

    flicker       seen by one attempt of a series, missed by the next
    lost          seen by some read, and missed by the last
    never read    acknowledged, looked for afterwards, and seen by no read at all
    ghost         returned after its deletion had ended

Lost and never read together are what Jepsen's set-full calls lost.
"""

from collections.abc import Callable

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.conclusions import Evidence, conclude, find, witness
from consistency.analysis.checkers.lowest import Lowest
from consistency.analysis.checkers.places import NOWHERE, take
from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.checkers.sentences import say_age, say_read
from consistency.analysis.checkers.set_full import Fates, follow_items, tell_loss
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask, gather_series
from consistency.analysis.visibility import find_flickers
from consistency.history import ACTIONS, NEVER, Column, History
from consistency.operation import MUTATIONS


def check_flicker(history: History, clock_bound_ns: int = 0) -> Finding:
    """Hits that the next attempt of their series missed, in calls that do not overlap. A series has one clock."""
    del clock_bound_ns
    flickers: list[tuple[int, int, int]] = []  # rows of the miss, the hit and the write
    told = 0
    for action in {ACTIONS[code] for code in np.unique(history.action).tolist()} - MUTATIONS:
        series = gather_series(history, action)
        answered = np.flatnonzero(series.hit | series.miss)
        told += len(answered)
        misses = np.flatnonzero(find_flickers(series))
        hits = answered[np.searchsorted(answered, misses) - 1]
        rows = series.rows[misses], series.rows[hits], series.write_rows[series.number[misses]]
        flickers += zip(*(column.tolist() for column in rows), strict=True)
    flickers.sort()

    def build(number: int) -> Anomaly:
        miss, hit, write = (history[row] for row in flickers[number])
        return Anomaly("flicker", miss.item, (write, hit, miss), f"{miss.process} missed {miss.item.name} after a hit.")

    blamed = np.array([miss for miss, _, _ in flickers], np.int64)
    return find("flicker", Evidence(told, told, Anomalies(len(flickers), build, blamed), noun="answered attempts"))


def check_lost(history: History, clock_bound_ns: int = 0) -> Finding:
    """Entities that were seen and then missed for good."""
    return _check_fates("lost", history, clock_bound_ns, lambda fates: fates.lost & (fates.last_sight >= 0))


def check_never_read(history: History, clock_bound_ns: int = 0) -> Finding:
    """Acknowledged entities that were looked for afterwards and that no read ever saw."""
    return _check_fates("never_read", history, clock_bound_ns, lambda fates: fates.lost & (fates.last_sight < 0))


def check_ghosts(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads that returned an entity whose deletion had ended before they began."""

    def rule(history: History, registers: Registers) -> Evidence:
        ghost, deletion, after = _find_ghosts(registers)
        guilty = np.flatnonzero(ghost)

        def build(number: int) -> Anomaly:
            read = int(guilty[number])
            return _tell(history, registers, read, int(deletion[registers.source[read]]))

        anomalies = Anomalies(len(guilty), build, registers.reads.row[guilty])
        return Evidence(len(registers.reads), int(after.sum()), anomalies, "reads after a deletion")

    return conclude("ghosts", history, clock_bound_ns, rule)


def _check_fates(name: str, history: History, clock_bound_ns: int, select: Callable[[Fates], Mask]) -> Finding:
    def rule(history: History, registers: Registers) -> Evidence:
        fates = follow_items(registers)
        chosen = np.flatnonzero(select(fates))
        judged = int((fates.lost | fates.stable).sum())

        def build(number: int) -> Anomaly:
            return tell_loss(name, history, registers, fates, int(chosen[number]), seen=name == "lost")

        anomalies = Anomalies(len(chosen), build, registers.reads.row[fates.last_miss[chosen]])
        return Evidence(int(fates.counts.sum()), judged, anomalies, "entities that were looked for")

    return conclude(name, history, clock_bound_ns, rule)


def _find_ghosts(registers: Registers) -> tuple[Mask, Column, Mask]:
    """Which reads returned what had been deleted; for each version the newer deletion that ended first, NOWHERE where
    there is none; and which reads began after a deletion had ended at all."""
    writes = registers.writes
    deletions = np.flatnonzero((writes.row != INITIAL) & (writes.value == ABSENT))
    ends = Lowest.of(registers.older[deletions], writes.item[deletions], registers.write_finish[deletions])
    number = ends.ask(writes.item, registers.newer)
    gone = ends.value(number)
    present = (registers.source >= 0) & (registers.reads.value != ABSENT)
    ghost: Mask = present & (take(gone, registers.source, NEVER) < registers.read_start)
    after: Mask = gone[registers.write_begins[registers.reads.item]] < registers.read_start
    return ghost, take(deletions, number, NOWHERE), after


def _tell(history: History, registers: Registers, read: int, newer: int) -> Anomaly:
    reads, writes, source = registers.reads, registers.writes, int(registers.source[read])
    rows = [reads.row[read], writes.row[source], writes.row[newer]]
    rows += [*registers.rows_of_sight(source), *registers.rows_of_sight(newer)]
    told = f"{say_read(history, registers, read)}, although its deletion had ended {say_age(registers, newer, read)}."
    return witness("ghosts", history, registers, int(reads.item[read]), rows, told)
