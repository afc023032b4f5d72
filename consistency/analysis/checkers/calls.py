"""Calls: the writes and reads of registers, as they stand in a history.

A history comes in; one table of writes and one of reads go out, each row one value of one item. A write that certainly
failed is left out, and so is a read whose answer is not known: neither says anything. A write whose outcome is unknown
stays, and never finishes. Reads that ask for an old state are left out: they are meant to be stale. A query asks for
one revision, so if it finds nothing in an item of several, the item may be absent or hold another: such a read is left
out here, and `matches` judges it.

The steps of a transaction become calls too, all with the transaction's own beginning and end: of each key the read
that came before the transaction's own write, and the last write. That is less than a transaction promises, never more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from consistency.analysis.series import Mask
from consistency.history import ACTIONS, NEVER, OUTCOMES, Column, History
from consistency.operation import MUTATIONS, Action, Micro, Outcome, Verb

ABSENT: Final = -(1 << 62)  # the value of an item that is not there; 0 is a value that a transaction may write
_OK, _FAIL = OUTCOMES.index(Outcome.OK), OUTCOMES.index(Outcome.FAIL)
_TRANSACTION, _DELETE = ACTIONS.index(Action.TRANSACTION), ACTIONS.index(Action.DELETE)
_READ_TIME = ACTIONS.index(Action.READ_TIME_GET)
_MUTATES = np.array([action in MUTATIONS for action in ACTIONS])
IS_QUERY: Final = np.array([action not in MUTATIONS and not action.endswith("get") for action in ACTIONS])


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """One entry for each call: `row` of its operation in the history, `item`, `process`, `value`, its ends on the run
    clock, and the service's `stamp`. The finish of a write without an answer is NEVER."""

    row: Column
    item: Column
    process: Column
    value: Column
    start_ns: Column
    finish_ns: Column
    stamp: Column

    def __len__(self) -> int:
        return len(self.row)

    def pick(self, rows: Column | Mask) -> "Calls":
        """The calls in `rows`, in that order."""
        return Calls(*(getattr(self, field.name)[rows] for field in fields(self)))

    def join(self, other: "Calls") -> "Calls":
        """These calls and then the others."""
        both = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return Calls(*map(np.concatenate, both))


def gather_writes(history: History) -> Calls:
    """All writes, updates and deletes that may have happened."""
    mutation = _MUTATES[history.action] & (history.action != _TRANSACTION) & (history.outcome != _FAIL)
    rows = np.flatnonzero(mutation)
    value = np.where(history.action[rows] == _DELETE, ABSENT, history.revision[rows])
    return _place(history, rows, history.item[rows], value).join(_gather_steps(history, Verb.WRITE))


def gather_answers(history: History) -> Calls:
    """All reads of entities that were answered, whether the answer names a value or not."""
    rows = np.flatnonzero(~_MUTATES[history.action] & (history.action != _READ_TIME) & (history.outcome == _OK))
    return _place(history, rows, history.item[rows], history.seen[rows])


def gather_reads(history: History) -> Calls:
    """All reads that told which value an item had."""
    read = ~_MUTATES[history.action] & (history.action != _READ_TIME) & (history.outcome == _OK)
    rows = np.flatnonzero(read & ~_is_vague(history))
    value = np.where(history.seen[rows] == 0, ABSENT, history.seen[rows])
    return _place(history, rows, history.item[rows], value).join(_gather_steps(history, Verb.READ))


def gather_others(history: History) -> Calls:
    """All compare-and-sets that did not fit: each tells a value that its item did not have."""
    return _gather_steps(history, Verb.OTHER)


def gather_conditions(history: History) -> Calls:
    """All compare-and-sets that may not have happened: each tells the value that it needs."""
    return _gather_steps(history, Verb.IF)


def _is_vague(history: History) -> Mask:
    """Queries that found nothing, of items that may have had several revisions."""
    writes = gather_writes(history)
    present = writes.value != ABSENT
    pairs = np.unique(np.stack((writes.item[present], writes.value[present])), axis=1)
    several = np.bincount(pairs[0], minlength=len(history.items)) > 1
    vague: Mask = IS_QUERY[history.action] & (history.seen == 0) & several[history.item]
    return vague


def name_items(history: History) -> tuple[str, ...]:
    """The names of all items by their number: those of the history, then keys that transactions alone have."""
    names = [item.name for item in history.items]
    return (*names, *_number_keys(history, len(names)))


def _place(history: History, rows: Column, item: Column, value: Column) -> Calls:
    answered = history.outcome[rows] == _OK
    finish_ns = np.where(answered, history.completed_ns[rows], NEVER)
    return Calls(rows, item, history.process[rows], value, history.invoked_ns[rows], finish_ns, history.server_ns[rows])


def _gather_steps(history: History, verb: Verb) -> Calls:
    """Those steps of transactions that are `verb`s, as calls."""
    numbers = {item.name: number for number, item in enumerate(history.items)}
    numbers |= _number_keys(history, len(history.items))
    lists = {micro.key for micros in history.micros.values() for micro in micros if _holds_list(micro)}
    steps = [
        (row, numbers[key], value)
        for row, micros in history.micros.items()
        if (history.outcome[row] != _FAIL if verb in {Verb.WRITE, Verb.IF} else history.outcome[row] == _OK)
        for key, value in _outer_steps(micros, verb)
        if key not in lists
    ]
    row, item, value = np.array(steps, np.int64).reshape(-1, 3).T
    return _place(history, row, item, value)


def _number_keys(history: History, first: int) -> dict[str, int]:
    known = {item.name for item in history.items}
    keys = (micro.key for micros in history.micros.values() for micro in micros if micro.key not in known)
    return {key: first + place for place, key in enumerate(dict.fromkeys(keys))}


def _outer_steps(micros: tuple[Micro, ...], verb: Verb) -> Iterator[tuple[str, int]]:
    """What a transaction shows outside: for reads the first of each key, unless its own write came before; for writes
    the last of each key."""
    outer: dict[str, int] = {}
    touched: set[str] = set()
    for micro in micros:
        value = micro.value if isinstance(micro.value, int) else ABSENT
        if micro.verb is verb and (verb is Verb.WRITE or micro.key not in touched):
            outer[micro.key] = value
        touched.add(micro.key)
    yield from outer.items()


def _holds_list(micro: Micro) -> bool:
    """Keys that hold lists are not registers."""
    return micro.verb is Verb.APPEND or isinstance(micro.value, tuple)
