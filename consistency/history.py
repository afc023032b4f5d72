"""The history: what was recorded, read back, and paired into operations.

Files of events come in; columns of operations go out, ordered by invocation. An operation without a completion stays:
its outcome is info.

The history is columns (numpy arrays) and an Operation is a row view of them, because a million small objects cost ten
times the memory and time of the arrays, and every rule of the analysis is one expression over columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from consistency.errors import ConsistencyError
from consistency.event_file import read_batches
from consistency.operation import (
    Action,
    Began,
    Completion,
    Ended,
    Event,
    FaultChange,
    Invocation,
    Item,
    Micro,
    Operation,
    Outcome,
    Sounding,
)

Column = npt.NDArray[np.int64]
NEVER: Final = 2**63 - 1  # completed_ns of an operation without completion: later than everything
UNSTAMPED: Final = -1  # server_ns where the service gave no stamp
ACTIONS: Final = tuple(Action)
OUTCOMES: Final = tuple(Outcome)
_BATCH: Final = 10_000
_T = TypeVar("_T", str, Item)
_Told = TypeVar("_Told")


@dataclass(frozen=True, eq=False)
class History(Sequence[Operation]):
    """Operations as columns, ordered by invocation; `history[i]` is the Operation in row i.

    `process`, `action`, `item`, `outcome` and `code` hold places in `processes`, ACTIONS, `items`, OUTCOMES and
    `codes`. `ended` names the processes that ended by themselves, `torn` the files whose last line was left out.
    `micros` has the steps of each transaction by its row: as they ended, or as they began where they did not; `orders`
    has what ordered queries returned, by their rows; `faults` are the changes of faults, by time; `regions` says where
    processes ran, of those that said so; `unannounced` are the readers that were told of no write; `soundings` are what
    the service's clock said to them.
    """

    op: Column
    process: Column
    action: Column
    item: Column
    revision: Column
    due_ns: Column
    invoked_ns: Column
    completed_ns: Column
    outcome: Column
    seen: Column
    server_ns: Column
    code: Column
    processes: tuple[str, ...]
    items: tuple[Item, ...]
    codes: tuple[str, ...]
    ended: frozenset[str]
    torn: tuple[str, ...]
    micros: Mapping[int, tuple[Micro, ...]]
    orders: Mapping[int, tuple[int, ...]]
    faults: tuple[FaultChange, ...]
    regions: Mapping[str, str] = field(default_factory=dict)
    unannounced: frozenset[str] = frozenset()
    soundings: tuple[Sounding, ...] = ()

    @classmethod
    def load(cls, paths: Iterable[Path]) -> "History":
        """The history in all files of one run. No files, or empty ones, give an empty history."""
        pairing = _Pairing()
        torn = []
        for path in paths:
            for reading in read_batches(path):
                pairing.add(reading.events)
                torn += [path.name] if reading.torn else []
        return pairing.finish(tuple(torn))

    @classmethod
    def of(cls, events: Iterable[Event]) -> "History":
        """The history of events that are read, or at hand already."""
        pairing, rest = _Pairing(), iter(events)
        while batch := list(islice(rest, _BATCH)):
            pairing.add(batch)
        return pairing.finish(())

    def __len__(self) -> int:
        return len(self.op)

    def __getitem__(self, row: int) -> Operation:  # type: ignore[override]  # a slice of rows is a slice of columns
        completed_ns, server_ns = int(self.completed_ns[row]), int(self.server_ns[row])
        return Operation(
            int(self.op[row]),
            self.processes[self.process[row]],
            ACTIONS[self.action[row]],
            self.items[self.item[row]],
            int(self.revision[row]),
            int(self.due_ns[row]),
            int(self.invoked_ns[row]),
            None if completed_ns == NEVER else completed_ns,
            OUTCOMES[self.outcome[row]],
            int(self.seen[row]),
            None if server_ns == UNSTAMPED else server_ns,
            self.codes[self.code[row]],
        )


_INVOKED = ("op", "process", "at_ns", "action", "item", "revision", "due_ns")
_COMPLETED = ("op", "process", "at_ns", "outcome", "seen", "code")
_ACTION_CODE = {action: code for code, action in enumerate(ACTIONS)}
_OUTCOME_CODE = {outcome: code for code, outcome in enumerate(OUTCOMES)}


class _Codes(dict[_T, int]):
    """Numbers values in the order in which they first come."""

    def __missing__(self, value: _T) -> int:
        code = self[value] = len(self)
        return code


_EMPTY: Final = np.zeros(0, np.int64)


def _gather(columns: dict[str, list[Column]], events: Sequence[Event], codes: Mapping[str, Mapping[Any, int]]) -> None:
    """Add a piece to each column: the events' fields of that name, by their `codes` where they have some."""
    for name, pieces in columns.items():
        values = map(attrgetter(name), events)
        numbers = map(codes[name].__getitem__, values) if name in codes else values
        pieces.append(np.fromiter(numbers, np.int64, len(events)))


def _join(columns: dict[str, list[Column]]) -> dict[str, Column]:
    """Each column in one piece. Its pieces are given up at once: all columns twice would not fit beside a large run."""
    joined = {}
    for name, pieces in columns.items():
        joined[name] = np.concatenate(pieces)
        pieces[:] = [_EMPTY]
    return joined


class _Pairing:
    """Gathers events as columns, batch by batch, and joins invocations and completions at the end."""

    def __init__(self) -> None:
        self._invoked = {name: [_EMPTY] for name in _INVOKED}
        self._completed = {name: [_EMPTY] for name in _COMPLETED}
        self._stamps_ns = [_EMPTY]
        self._processes: _Codes[str] = _Codes()
        self._items: _Codes[Item] = _Codes()
        self._codes: _Codes[str] = _Codes({"": 0})
        self._ended: set[str] = set()
        self._faults: list[FaultChange] = []
        self._began: list[Began] = []
        self._soundings: list[Sounding] = []
        self._micros: dict[tuple[str, int], tuple[Micro, ...]] = {}
        self._orders: dict[tuple[str, int], tuple[int, ...]] = {}

    def add(self, events: list[Event]) -> None:
        """Take the next events."""
        invocations = [event for event in events if type(event) is Invocation]
        completions = [event for event in events if type(event) is Completion]
        codes: dict[str, Mapping[Any, int]] = {"process": self._processes, "item": self._items, "code": self._codes}
        _gather(self._invoked, invocations, codes | {"action": _ACTION_CODE})
        _gather(self._completed, completions, codes | {"outcome": _OUTCOME_CODE})
        stamps_ns = [UNSTAMPED if event.server_ns is None else event.server_ns for event in completions]
        self._stamps_ns.append(np.array(stamps_ns, np.int64))
        for several in (invocations, completions):
            self._micros.update({(event.process, event.op): event.micros for event in several if event.micros})
        self._orders.update({(event.process, event.op): event.order for event in completions if event.order})
        if len(invocations) + len(completions) < len(events):
            self._ended.update(event.process for event in events if type(event) is Ended)
            self._began += [event for event in events if type(event) is Began]
            self._soundings += [event for event in events if type(event) is Sounding]
            self._faults += [event for event in events if type(event) is FaultChange]

    def finish(self, torn: tuple[str, ...]) -> History:
        """The history of all events taken."""
        invoked = _join(self._invoked)
        completed = _join(self._completed | {"server_ns": self._stamps_ns})
        rows = _match(invoked, completed, tuple(self._processes))
        order = np.lexsort((invoked["op"], invoked["process"], invoked["at_ns"]))

        def begun(name: str) -> Column:
            return invoked.pop(name)[order]

        def ended(name: str, missing: int) -> Column:
            column = np.full(len(order), missing)
            column[rows] = completed.pop(name)
            return column[order]

        op, process = begun("op"), begun("process")
        return History(
            op=op,
            process=process,
            action=begun("action"),
            item=begun("item"),
            revision=begun("revision"),
            due_ns=begun("due_ns"),
            invoked_ns=begun("at_ns"),
            completed_ns=ended("at_ns", NEVER),
            outcome=ended("outcome", _OUTCOME_CODE[Outcome.INFO]),
            seen=ended("seen", 0),
            server_ns=ended("server_ns", UNSTAMPED),
            code=ended("code", 0),
            processes=tuple(self._processes),
            items=tuple(self._items),
            codes=tuple(self._codes),
            ended=frozenset(self._ended),
            torn=torn,
            micros=self._place(self._micros, process, op),
            orders=self._place(self._orders, process, op),
            faults=tuple(sorted(self._faults, key=lambda change: change.at_ns)),
            regions={event.process: event.region for event in self._began if event.region},
            unannounced=frozenset(event.process for event in self._began if event.unannounced),
            soundings=tuple(self._soundings),
        )

    def _place(self, told: Mapping[tuple[str, int], _Told], process: Column, op: Column) -> dict[int, _Told]:
        """What few operations tell besides, by their rows in the history."""
        if not told:
            return {}
        names = tuple(self._processes)
        keys = zip((names[code] for code in process), op.tolist(), strict=True)
        return {row: told[key] for row, key in enumerate(keys) if key in told}


def _match(invoked: dict[str, Column], completed: dict[str, Column], processes: tuple[str, ...]) -> Column:
    """For each completion the place of its invocation; ConsistencyError where (process, op) is not unique or alone."""
    count = len(invoked["op"])
    _, op = np.unique(np.concatenate((invoked["op"], completed["op"])), return_inverse=True)
    keys = op * max(len(processes), 1) + np.concatenate((invoked["process"], completed["process"]))
    for rows in (slice(count), slice(count, None)):
        _, first, repeats = np.unique(keys[rows], return_index=True, return_counts=True)
        if (repeats > 1).any():
            events = invoked if rows.start is None else completed
            raise ConsistencyError(_explain_twin(events, int(first[repeats > 1][0]), processes))
    order = np.argsort(keys[:count])
    places = np.searchsorted(keys[:count], keys[count:], sorter=order)
    alone = places == count
    alone[~alone] = keys[order[places[~alone]]] != keys[count:][~alone]
    if alone.any():
        raise ConsistencyError(_explain_orphan(completed, int(np.flatnonzero(alone)[0]), processes))
    return order[places]


def _explain_twin(events: dict[str, Column], row: int, processes: tuple[str, ...]) -> str:
    return (
        f"Operation {events['op'][row]} of process {processes[events['process'][row]]} is in the histories twice: "
        "a file was copied, or two runs share a folder. Keep each process's history once."
    )


def _explain_orphan(completed: dict[str, Column], row: int, processes: tuple[str, ...]) -> str:
    return (
        f"Operation {completed['op'][row]} of process {processes[completed['process'][row]]} ends but never began: "
        "the beginning of its history is missing. Bring the whole file back."
    )
