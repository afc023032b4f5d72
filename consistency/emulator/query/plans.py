"""How a conjunction under orders is walked: over which rows, from where, and what is left to check of each row.

A composite's columns are the equalities, then the orders; a row without the equal values at its front is then the
result's position itself, so that a walk yields results in order and begins exactly behind a cursor. With the key
descending, the columns' directions are turned and the walk goes backwards.

    p = 1, order by q         rows (p, q, key)       1 a k3 | 1 b k1 | 2 a k2       prefix (1), position (a, k3)

What the stretch of rows does not decide is checked row by row: bounds on later columns, ranges of keys, and further
equalities of a property with several values, which other rows of the same entity meet.
"""

from collections.abc import Iterator
from typing import NamedTuple

from consistency.emulator.engine.partitions import Columns
from consistency.emulator.engine.rows import ComposedRow
from consistency.emulator.query.question import Conjunction, Position, Question
from consistency.emulator.query.ranges import EVERYWHERE, Range, Ranges, behind, descendants, lies_within, point
from consistency.emulator.values.keys import KEY
from consistency.emulator.values.ordering import restore_order, reverse_order

Stretch = tuple[ComposedRow, ComposedRow | None]  # rows from the first, included, to the second, excluded


class Plan(NamedTuple):
    """A walk of the rows with these columns that begin with `prefix`, backwards if `turned` is not None.

    `leading` are ranges of the first order's items, `checks` those of later columns by their place in the row. `rest`
    are equalities that other rows of the entity must show. `turned` says of each item of a position whether its column
    is descending.
    """

    columns: Columns
    prefix: ComposedRow
    leading: Ranges
    checks: tuple[tuple[int, Ranges], ...]
    keys: Ranges
    rest: tuple[tuple[str, bytes], ...]
    turned: tuple[bool, ...] | None

    def stretches(self, after: Position = ()) -> Iterator[Stretch]:
        """The stretches of rows to walk, in the order of the walk; only what lies behind a position."""
        for bounds in self.leading if self.turned is None else reversed(self.leading):
            low, high = (*self.prefix, bounds.low), _end(self.prefix, bounds)
            if after and self.turned is None:
                low = max(low, (*self.prefix, *after[:-1], behind(after[-1])))
            elif after:
                reached = self._row_at(after)
                high = reached if high is None else min(high, reached)
            if high is None or low < high:
                yield low, high

    def admits(self, row: ComposedRow) -> bool:
        """Whether the row meets all that its stretch does not decide, but for `rest`."""
        return all(lies_within(ranges, row[place]) for place, ranges in self.checks) and (
            self.keys == EVERYWHERE or lies_within(self.keys, row[-1])
        )

    def position(self, row: ComposedRow) -> Position:
        """Where a row's result stands."""
        items = row[len(self.prefix) :]
        if self.turned is None:
            return items
        return tuple(
            restore_order(item) if turned else reverse_order(item)
            for item, turned in zip(items, self.turned, strict=True)
        )

    def _row_at(self, position: Position) -> ComposedRow:
        assert self.turned is not None
        items = (
            reverse_order(item) if turned else restore_order(item)
            for item, turned in zip(position, self.turned, strict=True)
        )
        return (*self.prefix, *items)


def make_plan(question: Question, conjunction: Conjunction) -> Plan:
    """The walk of one conjunction of a question that has orders, or equalities with the key descending."""
    ordered = {order.name for order in question.orders}
    bounds = {**_points(conjunction, ordered), **dict(conjunction.bounds), KEY: conjunction.keys}
    equal: dict[str, bytes] = {}
    rest: list[tuple[str, bytes]] = []
    for name, value in conjunction.equalities:
        if name in ordered or name in equal:
            rest.append((name, value))
        else:
            equal[name] = value
    names = sorted(equal)
    orders = tuple((order.name, order.descending != question.keys_descending) for order in question.orders)
    ancestor = () if conjunction.ancestor is None else (conjunction.ancestor,)
    first = len(ancestor) + len(names)
    items = [_item_ranges(bounds.get(name, EVERYWHERE), descending=descending) for name, descending in orders]
    return Plan(
        Columns((*((name, False) for name in names), *orders), conjunction.ancestor is not None),
        (*ancestor, *(equal[name] for name in names)),
        items[0] if items else EVERYWHERE,
        tuple((first + place, ranges) for place, ranges in enumerate(items) if place and ranges != EVERYWHERE),
        EVERYWHERE if conjunction.keys == descendants(conjunction.ancestor) else conjunction.keys,
        tuple(rest),
        (*(descending for _, descending in orders), False) if question.keys_descending else None,
    )


class Walked(NamedTuple):
    """Index rows as people name them: (property, descending) pairs, __name__ for the key, and whether by ancestor."""

    properties: tuple[tuple[str, bool], ...]
    ancestor: bool = False


def list_indexes(question: Question) -> list[Walked]:
    """The index rows that a question walks, in the order of its conjunctions."""
    found: list[Walked] = []
    key = ("__name__", question.keys_descending)
    for conjunction in question.conjunctions:
        names = sorted({name for name, _ in conjunction.equalities})
        if question.orders or (names and question.keys_descending):
            plan = make_plan(question, conjunction)
            equal = plan.columns.properties[: len(plan.columns.properties) - len(question.orders)]
            found.append(Walked((*equal, *question.orders, key), plan.columns.ancestor))
        else:
            found += [Walked(((name, False), key)) for name in names] or [Walked((key,))]
    return found


def _points(conjunction: Conjunction, ordered: set[str]) -> dict[str, Ranges]:
    """Equalities of ordered properties as bounds: a result stands at one of the equal values."""
    found: dict[str, Ranges] = {}
    for name, value in sorted(conjunction.equalities):
        if name in ordered:
            found[name] = (*found.get(name, ()), point(value))
    return found


def _item_ranges(ranges: Ranges, *, descending: bool) -> Ranges:
    """Ranges of values as ranges of a column's items."""
    if not descending or ranges == EVERYWHERE:
        return ranges
    return tuple(
        Range(
            b"" if bounds.high is None else behind(reverse_order(bounds.high)),
            behind(reverse_order(bounds.low)) if bounds.low else None,
        )
        for bounds in reversed(ranges)
    )


def _end(prefix: ComposedRow, bounds: Range) -> ComposedRow | None:
    """Where the rows end that begin with the prefix and have their next item in the range."""
    if bounds.high is not None:
        return (*prefix, bounds.high)
    return (*prefix[:-1], behind(prefix[-1])) if prefix else None
