"""A query in the engine's terms: kinds, ranges of bytes, orders. What `service` makes of a Query message.

A question is a union of conjunctions (its filter in disjunctive normal form) under one order. A `position` is where a
result stands in that order: one sortable item per order and the key's last, all bytes, so that plain tuple comparison
is the query's order, and a cursor is a position. The empty position is before everything.

Projected and distinct properties are orders like any other, behind those that were asked for: a projection's results
are index rows, and rows lie in the order of all their properties.
"""

from typing import NamedTuple, TypeAlias

from consistency.emulator.query.ranges import EVERYWHERE, Ranges

Position: TypeAlias = tuple[bytes, ...]


class Order(NamedTuple):
    """One sort order on an indexed property."""

    name: str
    descending: bool = False


class Conjunction(NamedTuple):
    """Filters that hold together.

    `equalities` are (property, encoded value); `bounds` are (property, ranges of encoded values), all met by one and
    the same value; `keys` are ranges of key paths from filters of __key__, `ancestor` is the path that keys begin with.
    `keyed`: a filter names the one key, where `keys` may also be a range that has become so narrow.
    """

    equalities: tuple[tuple[str, bytes], ...] = ()
    bounds: tuple[tuple[str, Ranges], ...] = ()
    keys: Ranges = EVERYWHERE
    ancestor: bytes | None = None
    keyed: bool = False


ANYTHING = Conjunction()


class Question(NamedTuple):
    """Which results, in which order. `kind` None asks for every kind, and then filters only keys.

    `orders` leave out the key, which always comes last, descending if `keys_descending`. Every bound, projected and
    distinct property is among them: whoever makes a Question adds it. `projected` None asks for entities; otherwise
    results are rows, told apart by their key and these properties. With `distinct`, the first result of each group of
    equal values in that many leading orders is one. The first `asked` orders are the query's own, the others are added.
    """

    kind: str | None
    conjunctions: tuple[Conjunction, ...] = (ANYTHING,)
    orders: tuple[Order, ...] = ()
    keys_descending: bool = False
    projected: tuple[str, ...] | None = None
    distinct: int = 0
    asked: int = 0
