"""Replay: the proof that transactions are serializable: an order in which each, one after another, reads just what it
read.

A ledger and edges come in; whether an order was found goes out. The edges hold transactions back until those before
them are done, and so does a value that nobody writes again while there are readers left of it; of the others the one
comes next that ended first, or was stamped first by the service where that stamped all. There is no second try: where
it gets stuck nobody knows, because in general the question takes exponential time (Papadimitriou 1979).
"""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from consistency.analysis.checkers.transactions.edges import Edge
from consistency.analysis.checkers.transactions.gathering import Transaction, Value
from consistency.analysis.checkers.transactions.ledger import Ledger, Place
from consistency.history import NEVER, UNSTAMPED
from consistency.operation import Micro, Verb

WINDOW: Final = 64  # transactions that are tried for each place in the order


def can_replay(ledger: Ledger, edges: Sequence[Edge]) -> bool:
    """Whether an order of all transactions that happened was found. Instants in `edges` are passed through."""
    return not ledger.closed & ledger.lists and _Replay(ledger, edges).run()


class _Replay:
    """What is done, and what each key holds by then."""

    def __init__(self, ledger: Ledger, edges: Sequence[Edge]) -> None:
        self._transactions = ledger.transactions
        self._lists = ledger.lists
        self._state: dict[str, Value] = {}
        self._after: dict[int, list[int]] = defaultdict(list)
        self._missing: dict[int, int] = dict.fromkeys(ledger.happened, 0)
        for edge in edges:
            self._after[edge.source].append(edge.target)
            self._missing[edge.target] = self._missing.get(edge.target, 0) + 1
            self._missing.setdefault(edge.source, 0)
        self._waiting = Counter(place for number in ledger.happened for place in self._reads(number))
        self._writers = ledger.writers
        self._order = _rank(ledger.transactions, ledger.happened)
        self._ready: list[tuple[int, int]] = []  # what may come next, by rank

    def run(self) -> bool:
        left = len(self._missing)
        for number, missing in self._missing.items():
            if not missing:
                insort(self._ready, (self._order.get(number, 0), number))
        while self._ready:
            place = self._choose()
            if place is None:
                return False
            _, number = self._ready.pop(place)
            self._perform(number)
            left -= 1
        return not left

    def _choose(self) -> int | None:
        """The place in `ready` of the first that reads what is there."""
        fitting = (place for place, (_, number) in enumerate(self._ready[:WINDOW]) if self._fits(number))
        return next(fitting, None)

    def _fits(self, number: int) -> bool:
        if number >= len(self._transactions):
            return True
        reads = set(self._reads(number))
        told = {step.verb: self._state.get(step.key) == step.value for step in self._steps(number)}
        if told.get(Verb.OTHER, False) or not told.get(Verb.IF, True):
            return False
        return all(self._state.get(key) == value for key, value in reads) and not any(
            self._is_needed(key, reads) for key in self._transactions[number].writes if key not in self._lists
        )

    def _steps(self, number: int) -> tuple[Micro, ...]:
        return self._transactions[number].micros

    def _is_needed(self, key: str, reads: Collection[Place]) -> bool:
        """Whether others still have to read what `key` holds, and it will not come again."""
        place = key, self._state.get(key)
        comes_again = len(self._writers.get(place, ())) > 1
        return not comes_again and self._waiting[place] > (place in reads)

    def _reads(self, number: int) -> Iterator[Place]:
        for key, value in self._transactions[number].reads.items():
            yield key, (value or None if key in self._lists else value)

    def _perform(self, number: int) -> None:
        if number < len(self._transactions):
            self._waiting.subtract(self._reads(number))
            self._state |= _leave(self._transactions[number], self._state, self._lists)
        for later in self._after.get(number, ()):
            self._missing[later] -= 1
            if not self._missing[later]:
                insort(self._ready, (self._order.get(later, 0), later))


def _leave(transaction: Transaction, state: Mapping[str, Value], lists: frozenset[str]) -> dict[str, Value]:
    """What the keys hold that a transaction wrote."""
    left: dict[str, Value] = {}
    for key, values in transaction.writes.items():
        if key in lists:
            known = state.get(key)
            added = tuple(value for value in values if isinstance(value, int))
            left[key] = (known if isinstance(known, tuple) else ()) + added
        else:
            left[key] = values[-1]
    return left


def _rank(transactions: Sequence[Transaction], numbers: Sequence[int]) -> dict[int, int]:
    """When each was done, as far as is known."""
    stamped = all(transactions[number].stamp != UNSTAMPED for number in numbers)
    if stamped:
        return {number: transactions[number].stamp for number in numbers}
    return {number: min(transactions[number].finish_ns, NEVER) for number in numbers}
