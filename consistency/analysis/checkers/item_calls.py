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
    tables = (
        (Kind.IS, registers.conditions),
        (Kind.IS, registers.reads),
        (Kind.SET, registers.writes),
        (Kind.IS_NOT, registers.others),
    )
    steps: dict[int, list[Step]] = defaultdict(list)
    ends: dict[int, tuple[int, int]] = {}
    for kind, calls in tables:
        for place in range(*np.searchsorted(calls.item, [item, item + 1]).tolist()):
            row = int(calls.row[place])
            if row != INITIAL:
                steps[row].append((kind, int(calls.value[place])))
                ends[row] = int(calls.start_ns[place]), int(calls.finish_ns[place])
    found = [Call(*ends[row], tuple(done), (row,)) for row, done in steps.items()]
    return sorted(_drop_unread(found), key=lambda call: (call.start, call.finish, call.rows))


def _drop_unread(calls: Sequence[Call]) -> list[Call]:
    """But where a compare-and-set did not fit, any write may be why."""
    asked = {step for call in calls for step in call.steps if step[0] is not Kind.SET}
    if any(kind is Kind.IS_NOT for kind, _ in asked):
        return list(calls)
    return [call for call in calls if call.finish != NEVER or (Kind.IS, _last_set(call)) in asked]


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
