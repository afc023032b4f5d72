"""TRANSACTIONS: the transactional workloads, each a function from chance to what one transaction does.

A seeded source, the plan's keys and the transaction's number come in, a Draft goes out: what it reads, and how what it
writes follows from what it read. Drafts never ask a store or a clock, so a workload is tested by its numbers alone.

Reads come before writes, because a transaction of the Datastore sees the state at its beginning and never its own
writes. What is appended is unique in the run: whoever reads it knows which transaction wrote it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from consistency.operation import Item, Micro, Verb
from consistency.store import Value
from consistency.workload import Workload

MOST_STEPS = 4
OPENING_BALANCE = 100


@dataclass(frozen=True)
class Draft:
    """One transaction: `items` are read; `finish` gives, for their values, what is written. `begun` are its steps as
    far as they are known before it has read; the steps that read come first, in the order of `items`."""

    items: tuple[Item, ...]
    begun: tuple[Micro, ...]
    finish: Callable[[tuple[Value, ...]], dict[Item, Value]]
    append: Mapping[Item, int] | None = None

    def tell(self, values: tuple[Value, ...], writes: Mapping[Item, Value]) -> tuple[Micro, ...]:
        """Its steps with everything that was read and written."""
        read = tuple(Micro(Verb.READ, item.name, value) for item, value in zip(self.items, values, strict=True))
        return read + self.tell_writes(writes)

    def tell_writes(self, writes: Mapping[Item, Value]) -> tuple[Micro, ...]:
        """The steps that write; of a list only what is appended."""
        if self.append is not None:
            return tuple(Micro(Verb.APPEND, item.name, number) for item, number in self.append.items())
        return tuple(Micro(Verb.WRITE, item.name, value) for item, value in writes.items())


Drawing = Callable[[Random, Sequence[Item], int], Draft]


def open_accounts(items: Sequence[Item]) -> Draft:
    """The transaction before all others of a bank: everybody has the same."""
    balances: dict[Item, Value] = dict.fromkeys(items, OPENING_BALANCE)
    writes = tuple(Micro(Verb.WRITE, item.name, OPENING_BALANCE) for item in items)
    return Draft(tuple(items), _reads(items) + writes, lambda _: balances)


def _reads(items: Sequence[Item]) -> tuple[Micro, ...]:
    return tuple(Micro(Verb.READ, item.name) for item in items)


def _count(random: Random, items: Sequence[Item], number: int) -> Draft:
    """Read a number and write the next one: two transactions that write the same number lost an update."""
    del number
    item = random.choice(items)
    begun = (Micro(Verb.READ, item.name), Micro(Verb.WRITE, item.name))
    return Draft((item,), begun, lambda values: {item: _number(values[0]) + 1})


def _append(random: Random, items: Sequence[Item], number: int) -> Draft:
    """Read a few lists, and append this transaction's number to some of them."""
    chosen = random.sample(list(items), random.randint(1, min(MOST_STEPS, len(items))))
    grown = chosen[: random.randint(0, len(chosen))]
    append = dict.fromkeys(grown, number)

    def finish(values: tuple[Value, ...]) -> dict[Item, Value]:
        lists = dict(zip(chosen, values, strict=True))
        return {item: (*_list(lists[item]), number) for item in grown}

    begun = _reads(chosen) + tuple(Micro(Verb.APPEND, item.name, number) for item in grown)
    return Draft(tuple(chosen), begun, finish, append)


def _transfer(random: Random, items: Sequence[Item], number: int) -> Draft:
    """Move an amount from one account to another, if it is there; every third transaction looks at all of them."""
    if number % 3 == 0:
        return Draft(tuple(items), _reads(items), lambda _: {})
    payer, payee = random.sample(list(items), 2)
    amount = random.randint(1, OPENING_BALANCE // 4)

    def finish(values: tuple[Value, ...]) -> dict[Item, Value]:
        paying, paid = (_number(value) for value in values)
        return {payer: paying - amount, payee: paid + amount} if paying >= amount else {}

    steps = (*_reads((payer, payee)), Micro(Verb.WRITE, payer.name), Micro(Verb.WRITE, payee.name))
    return Draft((payer, payee), steps, finish)


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _list(value: Value) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else ()


TRANSACTIONS: dict[Workload, Drawing] = {
    Workload.COUNTER: _count,
    Workload.LIST_APPEND: _append,
    Workload.BANK: _transfer,
}
