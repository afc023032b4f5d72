"""A Query message into a Question: kind, projection, groups and orders, and the service's rules about them.

    order                                asked for, without properties that every result has with one and the same value
    then, ascending or as the last one   distinct properties, those with an inequality, the key's too, projected ones
    last                                 the key

Datastore mode lets what it adds follow the direction of the last order that was asked for; the legacy service adds
ascending, and takes inequalities on one property alone, which must be the first order. (Both of Google's emulators
were asked.)
"""

from typing import NamedTuple

from consistency.emulator.query.question import Order, Question
from consistency.emulator.service.filters import Filters, read_filters
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import KEY, PartitionId
from consistency.emulator.values.messages import Message

_DESCENDING = 2
_NO_FILTERS = Filters()


class Shape(NamedTuple):
    """What a Query message names besides its filters: the orders asked for, groups, and projected properties."""

    orders: tuple[Order, ...]
    distinct: tuple[str, ...]
    projected: tuple[str, ...]


def make_question(query: Message, partition: PartitionId, *, legacy: bool) -> tuple[Question, bytes | None]:
    """The Question of a Query message, and the entity group in which its results lie if its ancestor tells one."""
    kind = _read_kind(query)
    filters = read_filters(query.filter, partition) if query.HasField("filter") else _NO_FILTERS
    if not (query.order or query.projection or query.distinct_on or filters.unequal):  # the commonest queries
        question = Question(kind, filters.conjunctions)
    else:
        question = _order_question(kind, filters, _read_shape(query, filters), legacy=legacy)
    if kind is None:
        _check_kindless(question, filters)
    return question, filters.root()


def _read_kind(query: Message) -> str | None:
    kinds = query.kind
    if not kinds:
        return None
    if len(kinds) > 1:
        raise invalid("A query has at most one kind.")
    name: str = kinds[0].name
    if not name:
        raise invalid("The kind is the empty string.")
    return name


def _read_shape(query: Message, filters: Filters) -> Shape:
    orders = tuple(Order(order.property.name, order.direction == _DESCENDING) for order in query.order)
    distinct = tuple(reference.name for reference in query.distinct_on)
    projected = tuple(projection.property.name for projection in query.projection)
    for names, verb in ((distinct, "group by"), (projected, "project")):
        if len(set(names)) < len(names):
            raise invalid(f"Cannot {verb} a property multiple times.")
    if not all([*distinct, *projected, *(order.name for order in orders)]):
        raise invalid("The property.name is the empty string.")
    for names, what in ((projected, "projection"), (distinct, "group by")):
        if filters.equal.intersection(names) - {KEY}:
            raise invalid(f"Cannot use {what} on a property with an equality filter.")
    if KEY in distinct:
        raise invalid(f"Group by is not supported for the property: {KEY}")
    return Shape(orders, distinct, projected)


def _order_question(kind: str | None, filters: Filters, shape: Shape, *, legacy: bool) -> Question:
    if legacy:
        _check_legacy(filters, shape)
    elif len({order.name for order in shape.orders}) < len(shape.orders):
        raise invalid("Order by clause cannot contain duplicate fields.")
    _check_groups(shape)
    asked = _before_key(shape.orders) if legacy else shape.orders
    downwards = not legacy and bool(asked) and asked[-1].descending
    constant = _constant_names(filters)
    orders = {order.name: order for order in reversed(asked) if order.name not in constant}
    orders = dict(reversed(orders.items()))  # of two orders on one property the first one holds
    own = len(orders)
    first = filters.unequal if legacy else set()  # the old service ranks a group's inequality first, today's does not
    groups = sorted(shape.distinct, key=lambda name: (name not in first, name))
    unequal = sorted(filters.unequal, key=lambda name: (name == KEY, name))
    for name in (*groups, *unequal, *sorted(set(shape.projected) - {KEY})):
        orders.setdefault(name, Order(name, downwards))
    keys_descending = downwards
    if next(reversed(orders), None) == KEY:
        keys_descending = orders.pop(KEY).descending
    projected = tuple(name for name in shape.projected if name != KEY)
    return Question(
        kind,
        filters.conjunctions,
        tuple(orders.values()),
        keys_descending,
        projected or None,
        len(shape.distinct),
        min(own, len(orders)),
    )


def _before_key(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """The orders up to the key's: the legacy service forgets what follows, since no two keys are equal."""
    names = [order.name for order in orders]
    return orders[: names.index(KEY) + 1] if KEY in names else orders


def _constant_names(filters: Filters) -> set[str]:
    """The properties that have the same equal value in every conjunction, and no inequality."""
    first, *others = (set(conjunction.equalities) for conjunction in filters.conjunctions)
    return {name for name, _ in first.intersection(*others)} - filters.unequal


def _check_legacy(filters: Filters, shape: Shape) -> None:
    names = sorted(filters.unequal)
    if len(names) > 1:
        raise invalid(f"Only one inequality filter per query is supported.  Encountered both {names[0]} and {names[1]}")
    first = next(iter(shape.orders), None)
    if names and first is not None and first.name != names[0]:
        raise invalid(
            "The first sort property must be the same as the property to which the inequality filter is applied.  "
            f"In your query the first sort property is {first.name} but the inequality filter is on {names[0]}"
        )
    if names and shape.distinct and names[0] not in shape.distinct:
        raise invalid(
            f"Inequality filter on {names[0]} must also be a group by property when group by properties are set."
        )


def _check_groups(shape: Shape) -> None:
    left = set(shape.distinct)
    for order in shape.orders:
        if left and order.name not in shape.distinct:
            raise invalid("All group by properties must be ordered before any non group by properties.")
        left.discard(order.name)


def _check_kindless(question: Question, filters: Filters) -> None:
    if names := (filters.equal | filters.unequal) - {KEY}:
        raise invalid(f"kind is required for filter: {min(names)}")
    if question.orders or question.keys_descending:
        raise invalid("kind is required for all orders except __key__ ascending")
