"""A query in the engine's terms: kinds, ranges of bytes, orders. What `service` makes of a Query message.

A `position` is where a result stands in the query's order: one sortable item per order and the key's last, all
bytes, so that plain tuple comparison is the query's order, and a cursor is a position. The empty position is before
everything.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from consistency.emulator.query.ranges import EVERYTHING, Range
from consistency.emulator.values.ordering import reverse_order

Position: TypeAlias = tuple[bytes, ...]
NOTHING_BOUND: Mapping[str, Range] = MappingProxyType({})


class Order(NamedTuple):
    """One sort order on an indexed property."""

    name: str
    descending: bool = False


class Question(NamedTuple):
    """Which results, in which order. `kind` None asks for every kind, and then filters only keys.

    `equalities` are (property, encoded value); `bounds` are ranges of properties' encoded values; `keys` is the range
    of key paths, ancestor and key filters together. `orders` leave out the key, which always comes last, descending
    if `keys_descending`. An inequality without an order implies its order: whoever makes a Question adds it.
    """

    kind: str | None
    equalities: tuple[tuple[str, bytes], ...] = ()
    bounds: Mapping[str, Range] = NOTHING_BOUND
    keys: Range = EVERYTHING
    orders: tuple[Order, ...] = ()
    keys_descending: bool = False

    def position(self, values: tuple[bytes, ...], path: bytes) -> Position:
        """Where a result with these values of `orders` and this key stands."""
        last = reverse_order(path) if self.keys_descending else path
        if not values:
            return (last,)
        items = (
            reverse_order(value) if order.descending else value
            for order, value in zip(self.orders, values, strict=True)
        )
        return (*items, last)
