"""Direct: what a few transactions show by themselves, without a cycle.

A ledger and the orders of its lists come in; Proofs go out. Each names the transactions without which nothing is shown,
and says in one sentence what is wrong. Readers are transactions that were committed and acknowledged: what others read
need not make sense.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consistency.analysis.checkers.transactions.gathering import Value, say_value
from consistency.analysis.checkers.transactions.ledger import Ledger
from consistency.analysis.checkers.transactions.lists import Order


@dataclass(frozen=True)
class Proof:
    """What the transactions `numbers` show about `key`. `told`: one sentence."""

    key: str
    numbers: tuple[int, ...]
    told: str


def find_aborted_reads(ledger: Ledger) -> Iterator[Proof]:
    """G1a: reads of what a transaction wrote that certainly failed, and nobody else."""
    for reader, key, value in _read_elements(ledger) if ledger.failed else ():
        if (key, value) in ledger.failed and (key, value) not in ledger.writers:
            writer = ledger.failed[key, value][0]
            told = f"{_name(ledger, reader)} read {value} of {key}, which {_name(ledger, writer)} wrote, and failed."
            yield Proof(key, (writer, reader), told)


def find_garbage(ledger: Ledger) -> Iterator[Proof]:
    """Reads of what nobody wrote."""
    for reader, key, value in _read_elements(ledger):
        if (key, value) not in ledger.failed and (key, value) not in ledger.writers:
            yield Proof(key, (reader,), f"{_name(ledger, reader)} read {value} of {key}, which nobody wrote.")


def find_intermediate_reads(ledger: Ledger) -> Iterator[Proof]:
    """G1b: reads of what a transaction wrote before it wrote something else to the same key."""
    for reader in ledger.certain:
        for key, value in ledger.reads_of(reader):
            elements = ledger.elements(key, value)
            writer = ledger.find_writer(key, elements[-1]) if elements else None
            if writer in {None, reader}:
                continue
            left = ledger.transactions[writer].writes[key][-1]
            if left != elements[-1]:
                told = (
                    f"{_name(ledger, reader)} read {key} at {elements[-1]}, which {_name(ledger, writer)} had written "
                    f"on its way to {left}."
                )
                yield Proof(key, (writer, reader), told)


def find_duplicates(ledger: Ledger) -> Iterator[Proof]:
    """Reads of a list in which one element stands twice, although one transaction wrote it, once."""
    for reader in ledger.certain:
        for key, value in ledger.reads_of(reader):
            elements = ledger.elements(key, value)
            twice = next((each for each in elements if elements.count(each) > 1), None) if _repeats(elements) else None
            writer = ledger.find_writer(key, twice) if twice is not None else None
            if writer is not None and ledger.transactions[writer].writes[key].count(twice) == 1:
                told = (
                    f"{_name(ledger, reader)} read {twice} twice in {key}, which {_name(ledger, writer)} appended once."
                )
                yield Proof(key, (writer, reader) if writer != reader else (reader,), told)


def find_incompatible_orders(ledger: Ledger, orders: Mapping[str, Order]) -> Iterator[Proof]:
    """Lists of which two reads show different orders: neither is a beginning of the other. One for each list."""
    for key, order in orders.items():
        if order.odd and order.against:
            (one, seen), (other, also_seen) = order.odd, order.against
            told = f"{_name(ledger, one)} read {list(seen)} of {key}, and {_name(ledger, other)} {list(also_seen)}."
            yield Proof(key, (one, other), told)


def find_lost_updates(ledger: Ledger) -> Iterator[Proof]:
    """Committed transactions that read the same version of a key and all wrote it: all but one of them overlooked what
    another one had written. One for each version."""
    updates: dict[tuple[str, Value], list[int]] = defaultdict(list)
    for number in ledger.certain:
        for key, value in ledger.reads_of(number):
            if key in ledger.transactions[number].writes and _names_version(ledger, key, value):
                updates[key, None if value == () else value].append(number)
    for (key, value), numbers in updates.items():
        if len(numbers) > 1:
            one, other = numbers[:2]
            more = f", as {len(numbers) - 2} more did" if len(numbers) > 2 else ""
            both = f"{_name(ledger, one)} and {_name(ledger, other)} both read {key}"
            told = f"{both} at {say_value(value)} and wrote it{more}."
            elements = ledger.elements(key, value)
            writer = ledger.find_writer(key, elements[-1]) if elements else None
            yield Proof(key, (one, other) if writer is None else (writer, one, other), told)


def _names_version(ledger: Ledger, key: str, value: Value) -> bool:
    """Whether a read shows which version it was."""
    elements = ledger.elements(key, value)
    return not elements or ledger.find_writer(key, elements[-1]) is not None


def _read_elements(ledger: Ledger) -> Iterator[tuple[int, str, Value]]:
    for reader in ledger.certain:
        for key, value in ledger.reads_of(reader):
            yield from ((reader, key, element) for element in ledger.elements(key, value))


def _repeats(elements: tuple[Value, ...]) -> bool:
    return len(set(elements)) < len(elements)


def _name(ledger: Ledger, number: int) -> str:
    return ledger.transactions[number].name
