"""Histories of registers in the notation of the measurement reference: `aW1 1-5; bR2 4-8; aR0 9-10`.

A session's letter, W or R or U (an update) or D (a deletion), a value (0 is absent), an item after a dot where there
are several, and the call's ends in ns. `1-?` has no answer; `@7` is the service's stamp. `bQ2:0 4-5` is a query for 2
that found nothing, `bQ2 4-5` one that found it.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome

_CALL = re.compile(r"([a-z])([WURDQ])(\d*)(?::(\d+))?(?:\.(\w+))? (-?\d+)-(-?\d+|\?)(?:@(\d+))?")


ACTIONS = {
    "W": Action.WRITE,
    "U": Action.UPDATE,
    "D": Action.DELETE,
    "R": Action.KEY_GET,
    "Q": Action.GLOBAL_QUERY,
}


class Op(NamedTuple):
    """One call. `finish` None: no answer."""

    process: str
    verb: str
    value: int
    item: str
    start: int
    finish: int | None
    stamp: int | None = None
    found: int | None = None


def parse_ops(line: str) -> list[Op]:
    """The calls of one line."""
    ops = []
    for text in filter(None, map(str.strip, line.split(";"))):
        match = _CALL.fullmatch(text)
        assert match, f"not a call: {text}"
        process, verb, value, found, item, start, finish, stamp = match.groups()
        ends = int(start), _number(finish if finish != "?" else None)
        ops.append(Op(process, verb, int(value or 0), item or "x", *ends, _number(stamp), _number(found)))
    return ops


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def build_history(ops: Iterable[Op]) -> History:
    """The history of these calls."""
    events: list[Event] = []
    for number, op in enumerate(ops):
        action = ACTIONS[op.verb]
        item = Item(op.item, op.item)
        revision = 0 if op.verb == "R" else op.value
        events.append(Invocation(number, op.process, action, item, op.start, op.start, revision))
        if op.finish is not None:
            seen = (op.value if op.found is None else op.found) if op.verb in "RQ" else 0
            events.append(Completion(number, op.process, op.finish, Outcome.OK, seen, op.stamp))
    return History.of(events)


def parse(line: str) -> History:
    """The history that `line` describes."""
    return build_history(parse_ops(line))
