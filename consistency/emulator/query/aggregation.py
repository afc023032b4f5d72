"""Aggregations over results: count, sum and average, in one pass and without entities.

Results come in as positions; the aggregated properties are among the question's orders, so their values are items of a
position, and an array counts once per element, as its index rows do. (Google's emulator of Datastore mode does so.)

A sum of integers is exact and an integer as long as it fits into 64 bits, otherwise a double; values that are no
numbers are passed over; nothing sums to 0 and averages to null.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from consistency.emulator.query.question import Question
from consistency.emulator.query.walks import Result
from consistency.emulator.values.decoding import decode_number
from consistency.emulator.values.ordering import restore_order

_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1
Number: TypeAlias = int | float | None


class Aggregation(NamedTuple):
    """One aggregation: its alias, what it does, to which property, and up to which count."""

    alias: str
    operator: Literal["count", "sum", "avg"]
    name: str = ""
    up_to: int | None = None


class Totals:
    """The numbers of one property among results: how many, and their sums by type."""

    __slots__ = ("count", "doubles", "has_doubles", "integers")

    def __init__(self) -> None:
        self.count = 0
        self.integers = 0
        self.doubles = 0.0
        self.has_doubles = False

    def add(self, number: Number) -> None:
        """Take one value into account; None is a value that is no number."""
        if number is None:
            return
        self.count += 1
        if isinstance(number, float):
            self.doubles += number
            self.has_doubles = True
        else:
            self.integers += number

    def sum(self) -> int | float:
        """The sum, an integer where it can be."""
        if self.has_doubles or not _LOWEST <= self.integers <= _HIGHEST:
            return float(self.integers) + self.doubles
        return self.integers

    def average(self) -> float | None:
        """The mean, None of nothing."""
        return float(self.sum()) / self.count if self.count else None


def aggregate(aggregations: Sequence[Aggregation], question: Question, found: Iterable[Result]) -> list[Number]:
    """The value of each aggregation over all results found."""
    totals = {each.name: Totals() for each in aggregations if each.operator != "count"}
    places = {order.name: (place, order.descending) for place, order in enumerate(question.orders)}
    enough = _enough(aggregations)
    count = 0
    for position, _ in found:
        count += 1
        for name, total in totals.items():
            place, descending = places[name]
            item = position[place]
            total.add(decode_number(restore_order(item) if descending else item))
        if count == enough:
            break
    return [_value(each, totals, count) for each in aggregations]


def _enough(aggregations: Sequence[Aggregation]) -> int | None:
    """How many results decide everything; None when only all of them do."""
    limits = [each.up_to for each in aggregations]
    return None if None in limits else max((limit for limit in limits if limit is not None), default=None)


def _value(aggregation: Aggregation, totals: dict[str, Totals], count: int) -> Number:
    if aggregation.operator == "count":
        return count if aggregation.up_to is None else min(count, aggregation.up_to)
    total = totals[aggregation.name]
    return total.sum() if aggregation.operator == "sum" else total.average()
