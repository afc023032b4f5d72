"""Staleness of each read: how many versions and how long it is behind what had been written before it began.

A history comes in, a finding goes out. The service's stamps say what a stale read is: one whose read time lies before
the stamp of the write that it missed answered from an old snapshot, as an eventual read may; one whose read time lies
at or after it missed what its own snapshot held, which nothing allows. No client's clock is in that comparison.

Only the second kind is an anomaly, and with it stale reads that no stamps can class, if they are stale whatever the
clocks say. The shares and ages in the figures are of all stale reads: those are what an application meets.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.freshness import Freshness, count_missed, measure_freshness
from consistency.analysis.checkers.places import take
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import name_write, say_age, say_read
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.quantiles import QUANTILES, nearest_rank
from consistency.analysis.series import Mask
from consistency.analysis.words import write_count
from consistency.history import UNSTAMPED, Column, History

NAME = "staleness"


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The stale reads: answered from an old snapshot; missed what their snapshot held; nobody can class them."""

    old_snapshot: Mask
    anomalous: Mask
    unclassified: Mask


def check_staleness(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads behind the newest write that had finished before they began (measurement: k and t of one read)."""
    return conclude(NAME, history, clock_bound_ns, _examine)


def classify_stale_reads(registers: Registers, freshness: Freshness) -> Classes:
    """Each stale read by its read time and the stamp of the first write that it missed."""
    stamp = take(registers.writes.stamp, freshness.missed, UNSTAMPED)
    read_stamp = registers.reads.stamp
    classified = freshness.stale & (stamp != UNSTAMPED) & (read_stamp != UNSTAMPED)
    old_snapshot = classified & (read_stamp < stamp)
    return Classes(old_snapshot, classified & ~old_snapshot, freshness.stale & ~classified)


def _examine(history: History, registers: Registers) -> Evidence:
    freshness = measure_freshness(registers)
    classes = classify_stale_reads(registers, freshness)
    guilty = np.flatnonzero(classes.anomalous | classes.unclassified)

    def build(number: int) -> Anomaly:
        return _tell(history, registers, freshness, classes, int(guilty[number]))

    return Evidence(
        examined=len(registers.reads),
        opportunities=int(freshness.known.sum()),
        anomalies=Anomalies(len(guilty), build, registers.reads.row[guilty]),
        remark=_say_classes(classes) if freshness.stale.any() else "",
        figures=_measure(registers, freshness, classes),
    )


def _say_classes(classes: Classes) -> str:
    old, real, open_ = (int(mask.sum()) for mask in (classes.old_snapshot, classes.anomalous, classes.unclassified))
    return (
        f"{write_count(old + real + open_, 'stale read')}: {write_count(old, 'old snapshot')} (read before the write's "
        f"stamp), {write_count(real, 'proven anomaly', 'proven anomalies')} (read at or after it), {open_:,} not "
        "classified (a stamp is missing)."
    )


def _measure(registers: Registers, freshness: Freshness, classes: Classes) -> dict[str, float | int | None]:
    stale = np.flatnonzero(freshness.stale)
    missed, behind_ns = np.sort(count_missed(registers, stale)), np.sort(freshness.behind_ns[stale])
    return {
        "stale_reads": len(stale),
        "old_snapshots": int(classes.old_snapshot.sum()),
        "anomalous_reads": int(classes.anomalous.sum()),
        "not_classified_reads": int(classes.unclassified.sum()),
        "versions_behind_max": int(missed[-1]) if len(stale) else 0,
        "versions_behind_p50": _quantile(missed),
        "behind_max_ns": int(behind_ns[-1]) if len(stale) else 0,
        "behind_p50_ns": _quantile(behind_ns),
    }


def _quantile(sorted_column: Column) -> int:
    """The median of the stale reads by nearest rank, 0 where none is stale."""
    return int(sorted_column[nearest_rank(len(sorted_column), QUANTILES[0]) - 1]) if len(sorted_column) else 0


def _tell(history: History, registers: Registers, freshness: Freshness, classes: Classes, read: int) -> Anomaly:
    reads, writes, missed = registers.reads, registers.writes, int(freshness.missed[read])
    why = (
        "its own read time is not before that write's stamp"
        if classes.anomalous[read]
        else "no stamps say whether its snapshot was older"
    )
    told = (
        f"{say_read(history, registers, read)}, although {name_write(int(writes.value[missed]))} had "
        f"ended {say_age(registers, missed, read)}; {why}."
    )
    source = int(registers.source[read])
    rows = [reads.row[read], writes.row[missed], writes.row[source]]
    rows += [*registers.rows_of_sight(source), *registers.rows_of_sight(missed)]
    return witness(NAME, history, registers, int(reads.item[read]), rows, told)
