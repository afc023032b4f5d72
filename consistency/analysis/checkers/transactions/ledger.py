"""Ledger: who wrote what, as far as the values tell.

Transactions come in, a Ledger goes out. A value names its writer if one transaction alone may have written it
(recoverability). A transaction that certainly failed wrote nothing that stands; one whose outcome is unknown happened
if somebody whose outcome is known read what it alone can have written.

A key of which nobody can say who wrote what is left out as a whole: one that is both appended to and overwritten, and
one that an unknown value may have been written to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from consistency.analysis.checkers.transactions.gathering import Transaction, Value
from consistency.operation import Outcome, Verb

Place = tuple[str, Value]  # a key and a value (of a list one element)


@dataclass(frozen=True)
class Ledger:
    """`writers`: who may have written each value; `failed`: who wrote it and failed; `lists`: the keys that hold lists;
    `closed`: the keys that are left out."""

    transactions: Sequence[Transaction]
    writers: Mapping[Place, Sequence[int]]
    failed: Mapping[Place, Sequence[int]]
    lists: frozenset[str]
    closed: frozenset[str]

    def find_writer(self, key: str, value: Value) -> int | None:
        """The one transaction that may have written `value`, or None."""
        writers = self.writers.get((key, value), ())
        return writers[0] if len(writers) == 1 and key not in self.closed else None

    def reads_of(self, number: int) -> Iterable[tuple[str, Value]]:
        """What a transaction read of others, without the keys that are left out."""
        return ((key, value) for key, value in self.transactions[number].reads.items() if key not in self.closed)

    def elements(self, key: str, value: Value) -> tuple[Value, ...]:
        """What was written, of what a read returned: the elements of a list, or the value unless it is «nothing»."""
        if isinstance(value, tuple):
            return value
        return () if value is None or key in self.lists else (value,)

    @cached_property
    def certain(self) -> tuple[int, ...]:
        """The transactions that were committed and acknowledged."""
        return tuple(number for number, each in enumerate(self.transactions) if each.outcome is Outcome.OK)

    @cached_property
    def happened(self) -> tuple[int, ...]:
        """Those and the others that certainly were committed."""
        return tuple(sorted({*self.certain, *self.proofs}))

    @cached_property
    def proofs(self) -> Mapping[int, int]:
        """For each transaction without an outcome that happened, a certain one that read what it wrote."""
        unsure = {
            place: writers[0]
            for place, writers in self.writers.items()
            if len(writers) == 1 and self.transactions[writers[0]].outcome is Outcome.INFO
        }
        found: dict[int, int] = {}
        for reader in self.certain if unsure else ():
            for key, value in self.reads_of(reader):
                for place in ((key, element) for element in self.elements(key, value)):
                    if place in unsure:
                        found.setdefault(unsure[place], reader)
        return found

    @cached_property
    def shared(self) -> frozenset[str]:
        """The keys with a value that several may have written, so that it names nobody."""
        return frozenset(key for (key, _), writers in self.writers.items() if len(writers) > 1)

    @cached_property
    def masked(self) -> frozenset[str]:
        """The keys with a value that a failed transaction wrote and another one too."""
        return frozenset(key for key, value in self.failed if (key, value) in self.writers)


def open_ledger(transactions: Sequence[Transaction]) -> Ledger:
    """The ledger of `transactions`."""
    writers: dict[Place, list[int]] = defaultdict(list)
    failed: dict[Place, list[int]] = defaultdict(list)
    appended, overwritten, unknown = set(), set(), set()
    for number, transaction in enumerate(transactions):
        places = failed if transaction.outcome is Outcome.FAIL else writers
        for key, values in transaction.writes.items():
            for value in dict.fromkeys(values):
                places[key, value].append(number)
            if None in values and transaction.outcome is not Outcome.FAIL:
                unknown.add(key)
        for step in transaction.micros:
            if step.verb is Verb.APPEND or isinstance(step.value, tuple):
                appended.add(step.key)
            if step.verb is Verb.WRITE:
                overwritten.add(step.key)
    closed = frozenset(unknown | (appended & overwritten))
    return Ledger(transactions, dict(writers), dict(failed), frozenset(appended), closed)
