"""Gathering: a history's transactions, and what each of them read from and left to the others.

A history comes in, Transactions go out by invocation. A plain write of a key that transactions use too is a transaction
of one step. What a transaction read of its own writes says nothing about others and is left out here; `internal` looks
at it.

    r x 1, w x 2, r x 2, w x 3        outside: it read 1 and left 3; 2 is intermediate
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from consistency.history import ACTIONS, NEVER, OUTCOMES, UNSTAMPED, History
from consistency.operation import Action, Item, Micro, Outcome, Verb

Value = int | tuple[int, ...] | None  # of a key: a number, a list, or nothing yet
SAID = 8  # elements of a list in a sentence
_WRITING = {Verb.WRITE, Verb.APPEND}
_PLAIN = {ACTIONS.index(action) for action in (Action.WRITE, Action.UPDATE, Action.DELETE)}


@dataclass(frozen=True)
class Transaction:
    """One transaction. `finish_ns` is NEVER unless it certainly was committed; `stamp` is the service's own time of
    that, UNSTAMPED where it gave none."""

    row: int
    name: str
    process: int
    outcome: Outcome
    start_ns: int
    finish_ns: int
    stamp: int
    micros: tuple[Micro, ...]

    @cached_property
    def reads(self) -> Mapping[str, Value]:
        """For each key what it read of it first, unless it had written the key before. A list without its own end."""
        found: dict[str, Value] = {}
        for key, steps in self.steps.items():
            first = next((place for place, step in enumerate(steps) if self._tells(step)), None)
            if first is None or any(step.verb is Verb.WRITE for step in steps[:first]):
                continue
            value, own = steps[first].value, tuple(step.value for step in steps[:first] if step.verb is Verb.APPEND)
            if not own:
                found[key] = value
            elif isinstance(value, tuple) and value[-len(own) :] == own:
                found[key] = value[: -len(own)]
        return found

    @cached_property
    def lists(self) -> Mapping[str, tuple[int, ...]]:
        """For each list the last that it read of it, with its own end."""
        return {
            key: step.value
            for key, steps in self.steps.items()
            for step in steps
            if step.verb is Verb.READ and isinstance(step.value, tuple)
        }

    def _tells(self, step: Micro) -> bool:
        """Whether a step is a read that returned. One of «nothing» may be one that never returned, if nobody can say
        whether the transaction was committed."""
        return step.verb is Verb.READ and (self.outcome is Outcome.OK or step.value is not None)

    @cached_property
    def writes(self) -> Mapping[str, tuple[Value, ...]]:
        """For each key that it wrote all that it wrote or appended, in order."""
        written = {
            key: tuple(step.value for step in steps if step.verb in _WRITING) for key, steps in self.steps.items()
        }
        return {key: values for key, values in written.items() if values}

    @cached_property
    def steps(self) -> Mapping[str, Sequence[Micro]]:
        """Its steps by key."""
        found: dict[str, list[Micro]] = {}
        for step in self.micros:
            found.setdefault(step.key, []).append(step)
        return found


def gather_transactions(history: History) -> list[Transaction]:
    """All transactions of `history`, and plain writes of the keys that these use."""
    keys = {step.key for micros in history.micros.values() for step in micros}
    return [_take(history, row, micros) for row, micros in sorted([*history.micros.items(), *_plain(history, keys)])]


def find_item(history: History, key: str) -> Item:
    """The item that `key` names; a key that transactions alone use is its own group."""
    return next((item for item in history.items if item.name == key), Item(key, key))


def _plain(history: History, keys: set[str]) -> Iterable[tuple[int, tuple[Micro, ...]]]:
    """Plain writes as steps. What a deletion leaves is written as an unknown value: «nothing» is not unique."""
    shared = {number for number, item in enumerate(history.items) if item.name in keys}
    if not shared:
        return
    for row, (action, item) in enumerate(zip(history.action.tolist(), history.item.tolist(), strict=True)):
        if action in _PLAIN and item in shared:
            value = None if ACTIONS[action] is Action.DELETE else int(history.revision[row])
            yield row, (Micro(Verb.WRITE, history.items[item].name, value),)


def _take(history: History, row: int, micros: tuple[Micro, ...]) -> Transaction:
    outcome, process = OUTCOMES[history.outcome[row]], int(history.process[row])
    return Transaction(
        row,
        f"{history.processes[process]} #{history.op[row]}",
        process,
        outcome,
        int(history.invoked_ns[row]),
        int(history.completed_ns[row]) if outcome is Outcome.OK else NEVER,
        int(history.server_ns[row]) if outcome is Outcome.OK else UNSTAMPED,
        micros,
    )


def say_value(value: Value) -> str:
    """A value in a sentence; of a long list its ends, where versions differ, and its length."""
    if not isinstance(value, tuple):
        return "nothing" if value is None else f"{value}"
    if len(value) <= SAID:
        return f"{list(value)}"
    first, last = (", ".join(map(str, part)) for part in (value[: SAID // 4], value[-SAID // 2 :]))
    return f"[{first}, … {last}] ({len(value):,} elements)"
