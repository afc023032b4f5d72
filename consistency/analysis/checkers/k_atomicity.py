"""k-atomicity: whether some order that respects time lets every read return one of the k newest writes before it.

A history comes in, a finding with the smallest k goes out. With one sequential writer for an item it is exact and one
pass: a read stands behind the newest write that had finished before it, and behind the newest version that a read which
had ended before it had returned.

    W1 [==]  W2 [==]  W3 [==]      R [==] returned 1      two newer writes stand before R: k = 3

Where writes of an item overlap, k is bounded: below by what is certain, above by the order in which the writes began,
which is one of the orders allowed. Items of at most 12 calls are searched, and so are exact again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.classic_registers import mark_nonatomic, tell_read
from consistency.analysis.checkers.conclusions import Evidence, conclude
from consistency.analysis.checkers.conflicts import tell_conflict
from consistency.analysis.checkers.freshness import count_missed, measure_freshness
from consistency.analysis.checkers.item_calls import list_calls
from consistency.analysis.checkers.linearizability import find_conflicts
from consistency.analysis.checkers.places import NOWHERE, highest_so_far, take
from consistency.analysis.checkers.proofs import prove_conflicts
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.scores import say_unjudged
from consistency.analysis.checkers.search import Call, Kind, State, search_order
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import Column, History

NAME = "k_atomicity"
SEARCHED_CALLS_MAX: Final = 13  # twelve operations, and the first write of «absent»
SEARCHED_ITEMS_MAX: Final = 1000
INFINITE: Final = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """For each item the least and the greatest that its k can be; INFINITE where a read came from the future."""

    lower: Column
    upper: Column


def check_k_atomicity(history: History, clock_bound_ns: int = 0) -> Finding:
    """The smallest k for which the history is k-atomic: exact for one sequential writer of an item, else bounds."""
    return conclude(NAME, history, clock_bound_ns, _examine)


def bound_k(registers: Registers) -> Bounds:
    """The bounds of each item's k; equal where it is exact. Items with repeated values have 1 and INFINITE."""
    upper = _highest_by_item(registers, count_versions_behind(registers) + 1)
    lower = np.where(registers.overlapping, _find_certain(registers), upper)
    future = registers.reads.item[measure_freshness(registers).future]
    lower[future], upper[future] = INFINITE, INFINITE
    lower[registers.repeated], upper[registers.repeated] = 1, INFINITE
    open_items = np.flatnonzero((lower < upper) & ~registers.repeated)[:SEARCHED_ITEMS_MAX]
    calls = np.diff(registers.read_begins) + np.diff(registers.write_begins)
    for item in open_items[calls[open_items] <= SEARCHED_CALLS_MAX].tolist():
        lower[item] = upper[item] = search_k(list_calls(registers, item), int(lower[item]), int(upper[item]))
    return Bounds(lower, upper)


def search_k(calls: Sequence[Call], lower: int, upper: int) -> int:
    """The smallest k from `lower` on for which the calls of an item are k-atomic, at most `upper`."""
    for k in range(lower, upper):
        if search_order(calls, (ABSENT,), partial(_apply_to_newest, k)).found:
            return k
    return upper


def _apply_to_newest(k: int, state: State, call: Call) -> State | None:
    """A register that may answer with any of its `k` newest values."""
    assert isinstance(state, tuple)
    for kind, value in call.steps:
        if kind is Kind.SET:
            state = (*state, value)[-k:]
        elif value not in state:
            return None
    return state


def _find_certain(registers: Registers) -> Column:
    """For each item the least k that is certain: newer versions that had finished before a read, or a conflict."""
    reads = np.flatnonzero(registers.overlapping[registers.reads.item] & (registers.source >= 0))
    missed = np.zeros(len(registers.reads), np.int64)
    missed[reads] = count_missed(registers, reads)
    certain = _highest_by_item(registers, missed + 1)
    pairs = find_conflicts(registers, registers.overlapping & ~registers.repeated).pairs
    conflicting = registers.writes.item[pairs[:, 0]]
    certain[conflicting] = np.maximum(certain[conflicting], 2)
    return certain


def _highest_by_item(registers: Registers, values: Column) -> Column:
    """The highest of each item's reads' values; 1 for an item without reads."""
    highest = np.ones(registers.items, np.int64)
    np.maximum.at(highest, registers.reads.item, values)
    return highest


def count_versions_behind(registers: Registers) -> Column:
    """For each read how many writes stand between its own and the newest one known before it, in the order in which the
    writes of an item began; 0 for a read of what nobody wrote."""
    by_end = np.argsort(registers.write_finish, kind="stable")
    written = _newest_before(registers.write_finish[by_end], by_end, registers.read_start)
    reads = np.flatnonzero(registers.source >= 0)
    reads = reads[np.argsort(registers.read_finish[reads], kind="stable")]
    seen = _newest_before(registers.read_finish[reads], registers.source[reads], registers.read_start)
    behind = np.maximum(written, seen) - registers.source
    return np.where(registers.source >= 0, np.maximum(behind, 0), 0)


def _newest_before(ends: Column, writes: Column, starts: Column) -> Column:
    """The highest number of a write among those known at the sorted `ends` that lie before each start."""
    return take(highest_so_far(writes), np.searchsorted(ends, starts) - 1, NOWHERE)


def _examine(history: History, registers: Registers) -> Evidence:
    bounds = bound_k(registers)
    freshness = measure_freshness(registers)
    wrong, earlier = mark_nonatomic(registers, freshness)
    sequential = ~(registers.overlapping | registers.repeated)
    guilty = np.flatnonzero(wrong & (registers.source >= 0) & sequential[registers.reads.item])
    proofs = prove_conflicts(registers, find_conflicts(registers, registers.overlapping & ~registers.repeated).pairs)

    def build(number: int) -> Anomaly:
        if number >= len(guilty):
            return tell_conflict(NAME, history, registers, proofs, number - len(guilty))
        read = int(guilty[number])
        return tell_read(NAME, history, registers, freshness, read, int(earlier[read]))

    blamed = np.concatenate((registers.reads.row[guilty], proofs.blamed))
    return Evidence(
        examined=len(registers.reads),
        opportunities=len(registers.reads),
        anomalies=Anomalies(len(guilty) + len(proofs), build, blamed),
        lacks=say_unjudged(registers),
        single=False,
        figures=_measure(bounds),
    )


def _measure(bounds: Bounds) -> dict[str, float | int | None]:
    """k of the history is that of its worst item; None is infinite, or not known where the bounds differ."""
    lower, upper = int(bounds.lower.max(initial=1)), int(bounds.upper.max(initial=1))
    return {
        "k": lower if lower == upper < INFINITE else None,
        "k_lower": None if lower == INFINITE else lower,
        "k_upper": None if upper == INFINITE else upper,
        "bounded_items": int((bounds.lower < bounds.upper).sum()),
    }
