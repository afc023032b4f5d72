"""Histories of registers in the notation of the measurement reference: `aW1 1-5; bR2 4-8; aR0 9-10`.

A session's letter, W or R or D (a deletion), a value (0 is absent), an item after a dot where there are several, and
the call's ends in ns. `1-?` has no answer; `@7` is the service's stamp.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome

_CALL = re.compile(r"([a-z])([WRD])(\d*)(?:\.(\w+))? (-?\d+)-(-?\d+|\?)(?:@(\d+))?")


class Op(NamedTuple):
    """One call. `finish` None: no answer."""

    process: str
    verb: str
    value: int
    item: str
    start: int
    finish: int | None
    stamp: int | None = None


def parse_ops(line: str) -> list[Op]:
    """The calls of one line."""
    ops = []
    for text in filter(None, map(str.strip, line.split(";"))):
        match = _CALL.fullmatch(text)
        assert match, f"not a call: {text}"
        process, verb, value, item, start, finish, stamp = match.groups()
        end = None if finish == "?" else int(finish)
        ops.append(Op(process, verb, int(value or 0), item or "x", int(start), end, int(stamp) if stamp else None))
    return ops


def build_history(ops: Iterable[Op]) -> History:
    """The history of these calls."""
    events: list[Event] = []
    for number, op in enumerate(ops):
        action = {"W": Action.WRITE, "D": Action.DELETE, "R": Action.KEY_GET}[op.verb]
        item = Item(op.item, op.item)
        revision = 0 if op.verb == "R" else op.value
        events.append(Invocation(number, op.process, action, item, op.start, op.start, revision))
        if op.finish is not None:
            seen = op.value if op.verb == "R" else 0
            events.append(Completion(number, op.process, op.finish, Outcome.OK, seen, op.stamp))
    return History.of(events)


def parse(line: str) -> History:
    """The history that `line` describes."""
    return build_history(parse_ops(line))
