"""Long fork: two reads of several items that saw two writes in opposite orders.

A history comes in, a finding goes out. Only transactions read several items at once; without them nothing can be said.

    r1   x new, y old                r2   x old, y new          no order of the two writes explains both

What all reads of one set of items returned must be a chain: sorted by how new they are, each is at least as new as the
one before, in every item. So neighbours are compared, and not all pairs. Sets of items are compared with one another on
what they have in common. Items with overlapping writes have no order of versions and are left out.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Final

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import History

NAME = "long_fork"
SETS_MAX: Final = 200  # of items, that are compared with one another
Reading = tuple[int, dict[int, int]]  # the read's row in the history, and for each item the version that it saw
Fork = tuple[Reading, Reading, int, int]  # two reads, and the items in which either is newer


def check_long_fork(history: History, clock_bound_ns: int = 0) -> Finding:
    """Pairs of reads of which each saw something newer than the other."""
    return conclude(NAME, history, clock_bound_ns, _examine)


def _examine(history: History, registers: Registers) -> Evidence:
    readings = _gather(registers)
    by_items: dict[frozenset[int], list[Reading]] = defaultdict(list)
    for reading in readings:
        by_items[frozenset(reading[1])].append(reading)
    forks = [fork for items, group in by_items.items() for fork in find_forks(group, items)]
    lacks = ""
    if len(by_items) > SETS_MAX:
        lacks = f"{len(by_items):,} different sets of items were read; up to {SETS_MAX} are compared with one another."
    else:
        forks += [fork for a, b in combinations(by_items, 2) for fork in _compare(by_items[a], by_items[b], a & b)]

    def build(number: int) -> Anomaly:
        return _tell(history, registers, forks[number])

    noun = "reads of several items"
    return Evidence(len(readings), len(readings), Anomalies(len(forks), build), noun, lacks, single=False)


def find_forks(readings: list[Reading], items: frozenset[int]) -> Iterator[Fork]:
    """The neighbours, by how new they are in `items` together, that are not at least as new in each."""
    ordered = sorted(readings, key=lambda reading: (sum(reading[1][item] for item in items), reading[0]))
    for first, second in pairwise(ordered):
        ahead = [item for item in items if first[1][item] > second[1][item]]
        behind = [item for item in items if first[1][item] < second[1][item]]
        if ahead and behind:
            yield first, second, min(ahead), min(behind)


def _compare(some: list[Reading], others: list[Reading], items: frozenset[int]) -> Iterator[Fork]:
    """The forks between two sets of items; those within one are known."""
    if len(items) < 2:
        return
    mine = {row for row, _ in some}
    for fork in find_forks([*some, *others], items):
        if (fork[0][0] in mine) != (fork[1][0] in mine):
            yield fork


def _gather(registers: Registers) -> list[Reading]:
    """The reads of two items or more whose versions have an order."""
    reads = registers.reads
    usable = (registers.source >= 0) & ~(registers.overlapping | registers.repeated)[reads.item]
    rows, counts = np.unique(reads.row[usable], return_counts=True)
    chosen = np.flatnonzero(usable & np.isin(reads.row, rows[counts > 1]))
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for read in chosen.tolist():
        found[int(reads.row[read])][int(reads.item[read])] = int(registers.source[read])
    return sorted(found.items())


def _tell(history: History, registers: Registers, fork: Fork) -> Anomaly:
    (first, seen), (second, also_seen), ahead, behind = fork
    versions = {seen[ahead], seen[behind], also_seen[ahead], also_seen[behind]}
    told = (
        f"{history[first].process} saw the newer {registers.names[ahead]} and the older {registers.names[behind]}, "
        f"{history[second].process} the other way round."
    )
    rows = [first, second, *registers.writes.row[sorted(versions)]]
    return witness(NAME, history, registers, ahead, rows, told)
