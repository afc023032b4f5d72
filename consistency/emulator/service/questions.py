"""A Query message into a Question: filters, orders and their rules.

What the service has but this emulator not yet is named and refused (UNIMPLEMENTED); what the service refuses is
refused with its code. An inequality on a property implies that property's order, and must come first among orders.
"""

from dataclasses import dataclass, field

from consistency.emulator.query.question import Order, Question
from consistency.emulator.query.ranges import Range, range_from
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.values.keys import PAST_DESCENDANTS, KeyPath, PartitionId, describe_key, read_key
from consistency.emulator.values.messages import Message
from consistency.emulator.values.ordering import encode_value

KEY = "__key__"
_OPERATORS = {1: "<", 2: "<=", 3: ">", 4: ">=", 5: "=", 6: "IN", 9: "!=", 11: "HAS_ANCESTOR", 13: "NOT_IN"}
_AND, _OR = 1, 2
_DESCENDING = 2


@dataclass(slots=True)
class Filters:
    """What the filters of one query come to."""

    equalities: dict[tuple[str, bytes], None] = field(default_factory=dict)
    bounds: dict[str, Range] = field(default_factory=dict)
    keys: Range = field(default_factory=Range)
    root: bytes | None = None  # of the ancestor: the entity group that the query stays in
    inequality: str | None = None


def make_question(query: Message, partition: PartitionId) -> tuple[Question, bytes | None]:
    """The Question of a Query message, and the root of its ancestor's group if it names an ancestor."""
    kinds = query.kind
    if len(kinds) > 1:
        raise invalid("A query has at most one kind.")
    kind = kinds[0].name if kinds else None
    _refuse_unimplemented(query, kind)
    filters = Filters()
    if query.HasField("filter"):
        _read_filter(query.filter, partition, filters)
    orders, keys_descending = _read_orders(query, filters)
    if kind is None and (filters.equalities or filters.bounds or orders or keys_descending):
        raise invalid("A query without a kind can filter and order only by __key__, ascending.")
    question = Question(kind, tuple(filters.equalities), filters.bounds, filters.keys, orders, keys_descending)
    return question, filters.root


def _refuse_unimplemented(query: Message, kind: str | None) -> None:
    if query.distinct_on:
        raise unimplemented("distinct_on")
    if query.HasField("find_nearest"):
        raise unimplemented("find_nearest")
    projected = query.projection
    if projected and any(projection.property.name != KEY for projection in projected):
        raise unimplemented("A projection of other properties than __key__")
    if kind is not None and kind.startswith("__") and kind.endswith("__"):
        raise unimplemented(f"The metadata kind {kind}")


def _read_filter(message: Message, partition: PartitionId, filters: Filters) -> None:
    kind = message.WhichOneof("filter_type")
    if kind == "property_filter":
        _read_property_filter(message.property_filter, partition, filters)
    elif kind == "composite_filter":
        composite = message.composite_filter
        if composite.op == _OR:
            raise unimplemented("The composite filter OR")
        if composite.op != _AND or not composite.filters:
            raise invalid("A composite filter needs an operator and at least one filter.")
        for part in composite.filters:
            _read_filter(part, partition, filters)
    else:
        raise invalid("A filter is neither a property filter nor a composite filter.")


def _read_property_filter(message: Message, partition: PartitionId, filters: Filters) -> None:
    name, value, operator = message.property.name, message.value, _OPERATORS.get(message.op)
    if not name:
        raise invalid("A property filter names no property.")
    if operator is None:
        raise invalid(f'The filter of property "{name}" has no operator.')
    if value.exclude_from_indexes:
        raise invalid(f'The filter value of property "{name}" is excluded from indexes.')
    if operator in {"IN", "!=", "NOT_IN"}:
        raise unimplemented(f"The filter operator {operator}")
    if name == KEY:
        _read_key_filter(operator, value, partition, filters)
    elif operator == "HAS_ANCESTOR":
        raise invalid("HAS_ANCESTOR is a filter of __key__ alone.")
    elif operator == "=":
        filters.equalities[name, _encode_operand(value, partition)] = None
    else:
        bounds = range_from(operator, _encode_operand(value, partition))
        filters.bounds[name] = filters.bounds.get(name, Range()).meet(bounds)
        _note_inequality(name, filters)


def _encode_operand(value: Message, partition: PartitionId) -> bytes:
    if value.WhichOneof("value_type") == "key_value" and not value.key_value.partition_id.project_id:
        value.key_value.partition_id.project_id = partition.project
    return encode_value(value)


def _read_key_filter(operator: str, value: Message, partition: PartitionId, filters: Filters) -> None:
    if value.WhichOneof("value_type") != "key_value":
        raise invalid("A filter of __key__ needs a key.")
    key = value.key_value
    path = _read_filter_key(key, partition)
    if operator == "HAS_ANCESTOR":
        filters.keys = filters.keys.meet(Range(path.path, path.path + PAST_DESCENDANTS))
        if filters.root not in {None, path.root}:
            raise invalid("A query has at most one ancestor.")
        filters.root = path.root
        return
    filters.keys = filters.keys.meet(range_from(operator, path.path))
    if operator != "=":
        _note_inequality(KEY, filters)


def _read_filter_key(key: Message, partition: PartitionId) -> KeyPath:
    path = read_key(key, partition.project, partition.database)
    if not path.complete:
        raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
    if path.partition.namespace != partition.namespace:
        raise invalid(f"The key is not in the query's namespace: [{describe_key(key)}]")
    return path


def _note_inequality(name: str, filters: Filters) -> None:
    if filters.inequality not in {None, name}:
        raise unimplemented(f"Inequality filters on several properties ({filters.inequality}, {name})")
    filters.inequality = name


def _read_orders(query: Message, filters: Filters) -> tuple[tuple[Order, ...], bool]:
    """The orders that matter, and whether the key's is descending. What follows the key's order decides nothing."""
    messages = query.order
    if messages and filters.inequality not in {None, messages[0].property.name}:
        raise invalid(f"The first sort property must be the one with the inequality filter: {filters.inequality}.")
    equal = {name for name, _ in filters.equalities} - {filters.inequality}
    orders: dict[str, Order] = {}
    for message in messages:
        name, descending = message.property.name, message.direction == _DESCENDING
        if name == KEY:
            return tuple(orders.values()), descending
        if name not in equal and name not in orders:
            orders[name] = Order(name, descending)
    if not orders and filters.inequality not in {None, KEY}:
        orders = {str(filters.inequality): Order(str(filters.inequality))}
    return tuple(orders.values()), False
