"""Histories of transactions in one readable line.

    parse("a 0-5: append x 1, r y [1]; b 1-6 fail: w x 2; c 7-9: r x -; d 8-?: w x 3")

A process, the ends in ns (`8-?` has no answer), an outcome if it is not ok, and its steps: r, w, append, and of a
compare-and-set `other` (it found another value) or `if` (unanswered: it needs that value); of a read that found nothing
`-`. `@7` behind the ends is the service's stamp.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.checkers.transactions.named import TRANSACTION_CHECKERS
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Micro, Outcome, Verb

_TRANSACTION = re.compile(r"(\w+) (\d+)-(\d+|\?)(?:@(\d+))?(?: (fail|info))?: (.*)")
_STEP = re.compile(r"(r|w|append|if|other) (\w+)(?: (-|-?\d+|\[[\d ]*\]))?")


class Txn(NamedTuple):
    """One transaction. `finish` None: no answer."""

    process: str
    start: int
    finish: int | None
    outcome: Outcome
    micros: tuple[Micro, ...]
    stamp: int | None = None


def parse_txns(line: str) -> list[Txn]:
    """The transactions of one line."""
    return [_parse(text.strip()) for text in line.replace("\n", " ").split(";") if text.strip()]


def _parse(text: str) -> Txn:
    match = _TRANSACTION.fullmatch(text)
    assert match, f"not a transaction: {text}"
    process, start, finish, stamp, outcome, steps = match.groups()
    micros = tuple(_parse_step(step) for step in steps.split(", "))
    ended = None if finish == "?" else int(finish)
    return Txn(process, int(start), ended, Outcome(outcome or "ok"), micros, int(stamp) if stamp else None)


def _parse_step(text: str) -> Micro:
    match = _STEP.fullmatch(text.strip())
    assert match, f"not a step: {text}"
    verb, key, value = match.groups()
    if value and value.startswith("["):
        return Micro(Verb(verb), key, tuple(int(each) for each in value[1:-1].split()))
    return Micro(Verb(verb), key, None if value in {None, "-"} else int(value))


def build(txns: Iterable[Txn]) -> History:
    """The history of these transactions."""
    events: list[Event] = []
    for op, txn in enumerate(txns):
        item = Item(txn.micros[0].key, txn.micros[0].key)
        asked = tuple(step if step.verb is not Verb.READ else Micro(step.verb, step.key) for step in txn.micros)
        events.append(Invocation(op, txn.process, Action.TRANSACTION, item, txn.start, txn.start, micros=asked))
        if txn.finish is not None:
            told = Completion(op, txn.process, txn.finish, txn.outcome, server_ns=txn.stamp, micros=txn.micros)
            events.append(told)
    return History.of(events)


def parse(line: str) -> History:
    """The history that `line` describes."""
    return build(parse_txns(line))


def check(name: str, history: History | str, bound_ns: int = 0) -> Finding:
    """What the checker says."""
    return CHECKERS[name](parse(history) if isinstance(history, str) else history, bound_ns)


def find_verdicts(history: History | str) -> dict[str, Verdict]:
    """What every checker of transactions says."""
    parsed = parse(history) if isinstance(history, str) else history
    return {name: checker(parsed, 0).verdict for name, checker in TRANSACTION_CHECKERS.items()}


def find_broken(history: History | str) -> set[str]:
    """The checkers of transactions that find an anomaly."""
    return {name for name, verdict in find_verdicts(history).items() if verdict is Verdict.BROKEN}
