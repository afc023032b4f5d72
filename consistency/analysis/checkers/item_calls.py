"""Item calls: the calls of one item as the search takes them.

Registers come in, lists of Calls go out. A transaction's read and write of one item are one call that compares and
sets. A write without an answer whose value nobody read is left out: it needs not have happened, and changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from consistency.analysis.checkers.registers import INITIAL, Registers
from consistency.analysis.checkers.search import Call, Kind, Step
from consistency.history import NEVER


def list_calls(registers: Registers, item: int) -> list[Call]:
    """All calls of `item`, by start."""
    reads, writes = registers.reads, registers.writes
    first, last = registers.read_begins[item : item + 2]
    steps: dict[int, list[Step]] = defaultdict(list)
    ends: dict[int, tuple[int, int]] = {}
    for read in range(first, last):
        row = int(reads.row[read])
        steps[row].append((Kind.IS, int(reads.value[read])))
        ends[row] = int(reads.start_ns[read]), int(reads.finish_ns[read])
    first, last = registers.write_begins[item : item + 2]
    for write in range(first, last):
        row = int(writes.row[write])
        if row != INITIAL:
            steps[row].append((Kind.SET, int(writes.value[write])))
            ends.setdefault(row, (int(writes.start_ns[write]), int(writes.finish_ns[write])))
    others = registers.others
    for other in range(*np.searchsorted(others.item, [item, item + 1]).tolist()):
        row = int(others.row[other])
        steps[row].append((Kind.IS_NOT, int(others.value[other])))
        ends[row] = int(others.start_ns[other]), int(others.finish_ns[other])
    calls = [Call(min(ends[row]), ends[row][1], tuple(done), (row,)) for row, done in steps.items()]
    return sorted(_drop_unread(calls), key=lambda call: (call.start, call.finish, call.rows))


def _drop_unread(calls: Sequence[Call]) -> list[Call]:
    asked = {value for call in calls for kind, value in call.steps if kind is Kind.IS}
    return [call for call in calls if call.finish != NEVER or _last_set(call) in asked]


def _last_set(call: Call) -> int | None:
    return next((value for kind, value in reversed(call.steps) if kind is Kind.SET), None)


def drop_orphans(calls: Iterable[Call], initial: int, known: frozenset[int]) -> list[Call]:
    """The calls without those that ask for a value that none of the others sets any more. What nobody ever wrote
    (not among the values `known` at first) stays: it proves itself."""
    kept = list(calls)
    while True:
        there = {initial} | {value for call in kept for kind, value in call.steps if kind is Kind.SET}
        whole = [call for call in kept if all(_is_there(step, there, known) for step in call.steps)]
        if len(whole) == len(kept):
            return kept
        kept = whole


def _is_there(step: Step, there: set[int], known: frozenset[int]) -> bool:
    kind, value = step
    return kind is not Kind.IS or value in there or value not in known


def known_values(calls: Iterable[Call], initial: int) -> frozenset[int]:
    """All values that anybody wrote, and the initial one."""
    return frozenset({initial} | {value for call in calls for kind, value in call.steps if kind is Kind.SET})
