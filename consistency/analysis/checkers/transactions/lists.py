"""Lists: the order of a list's versions, which every read of it shows (traceability).

A ledger comes in, orders and dependencies go out. The longest read is the order, if all others are beginnings of it. An
append that was committed and is in no read comes after the longest one, because a list only grows.

    reads      [1]   [1 3]   [1 3 2]        order 1 3 2, then what was appended and never read
               [1 2] is no beginning of it: incompatible orders, and the key has none
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consistency.analysis.checkers.transactions.edges import Edge, Kind, pair_up
from consistency.analysis.checkers.transactions.ledger import Ledger

Read = tuple[int, tuple[int, ...]]  # a transaction's number, and the list that it read


@dataclass(frozen=True)
class Order:
    """The versions of one list. `reads`: what was read of others; `shown`: all that was read, by length; `steps`: the
    elements that certainly stand, with their writers; `next_steps`: for each length of a read the first of them that it
    lacks; `tail`: who appended what no read shows."""

    reads: tuple[Read, ...]
    shown: tuple[Read, ...]
    steps: tuple[tuple[int, int], ...]
    next_steps: tuple[int, ...]
    tail: tuple[tuple[int, int], ...]
    odd: Read | None = None  # with `against` two reads of which neither is a beginning of the other
    against: Read | None = None


def order_lists(ledger: Ledger) -> Mapping[str, Order]:
    """The orders of all lists that anybody read or appended to."""
    reads: dict[str, list[Read]] = defaultdict(list)
    for number in ledger.happened:
        for key, value in ledger.reads_of(number):
            if key in ledger.lists:
                reads[key].append((number, value if isinstance(value, tuple) else ()))
    tails: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number in ledger.happened:
        for key, values in ledger.transactions[number].writes.items():
            if key in ledger.lists and key not in ledger.closed:
                tails[key] += [(number, value) for value in values if isinstance(value, int)]
    shown: dict[str, list[Read]] = defaultdict(list)
    for number in ledger.happened:
        for key, seen in ledger.transactions[number].lists.items():
            shown[key].append((number, seen))
    return {key: _order(ledger, key, reads[key], shown[key], tails[key]) for key in sorted({*reads, *tails})}


def _order(ledger: Ledger, key: str, reads: list[Read], shown: list[Read], appends: list[tuple[int, int]]) -> Order:
    reads = [read for read in reads if _is_plain(read)]
    ordered = sorted((read for read in (*reads, *shown) if _is_plain(read)), key=lambda read: len(read[1]))
    longest = ordered[-1] if ordered else (-1, ())
    odd = next((read for read in reversed(ordered) if longest[1][: len(read[1])] != read[1]), None)
    if odd:
        return Order(tuple(reads), tuple(ordered), (), (), (), odd, longest)
    happened = set(ledger.happened)
    steps: list[tuple[int, int]] = []
    next_steps: list[int] = []
    for element in longest[1]:
        next_steps.append(len(steps))
        writer = ledger.find_writer(key, element)
        if writer is not None and writer in happened:
            steps.append((writer, element))
    there = set(longest[1])
    tail = tuple((number, value) for number, value in appends if value not in there)
    return Order(tuple(reads), tuple(ordered), tuple(steps), (*next_steps, len(steps)), tail)


def _is_plain(read: Read) -> bool:
    """Whether no element stands in it twice."""
    return len(set(read[1])) == len(read[1])


def link_lists(ledger: Ledger, orders: Mapping[str, Order]) -> Iterator[Edge]:
    """The dependencies that lists show."""
    for key, order in orders.items():
        yield from _link_reads(ledger, key, order)
        for (earlier, before), (later, after) in zip(order.steps, order.steps[1:], strict=False):
            yield Edge(earlier, later, Kind.WW, key, before, after)
        yield from _link_tail(key, order)


def _link_reads(ledger: Ledger, key: str, order: Order) -> Iterator[Edge]:
    for reader, seen in order.reads:
        last = ledger.find_writer(key, seen[-1]) if seen else None
        if last is not None:
            yield Edge(last, reader, Kind.WR, key, None, seen[-1])
        if order.odd is None and (step := order.next_steps[len(seen)]) < len(order.steps):
            writer, value = order.steps[step]
            if writer != last:  # else it read from the middle of a transaction, which `direct` tells
                yield Edge(reader, writer, Kind.RW, key, seen[-1] if seen else None, value)


def _link_tail(key: str, order: Order) -> Iterator[Edge]:
    """What no read shows comes after all that some read shows."""
    if not order.tail or order.odd:
        return
    whole = [(number, seen) for number, seen in order.reads if order.next_steps[len(seen)] == len(order.steps)]
    for (reader, seen), (writer, value) in pair_up(whole, order.tail):
        yield Edge(reader, writer, Kind.RW, key, seen[-1] if seen else None, value)
    if order.steps:
        last, before = order.steps[-1]
        yield from (Edge(last, writer, Kind.WW, key, before, value) for writer, value in order.tail)
