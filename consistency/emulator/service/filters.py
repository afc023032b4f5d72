"""A Filter message into conjunctions: its disjunctive normal form, with the service's caps.

    (p = 1 or p = 2) and q > 3        p = 1 and q > 3, p = 2 and q > 3

IN and OR make disjuncts, at most 30 in all. != and NOT_IN do not: they leave several ranges of one property, which
one walk passes in order. An inequality on __key__ is a range of key paths, and so is an ancestor.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, product
from typing import NamedTuple, TypeAlias

from consistency.emulator.query.question import ANYTHING, Conjunction
from consistency.emulator.query.ranges import (
    EVERYWHERE,
    Ranges,
    descendants,
    meet_ranges,
    point,
    range_from,
    ranges_between,
)
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import KEY, KeyPath, PartitionId, describe_key, read_key, root_of
from consistency.emulator.values.messages import Message
from consistency.emulator.values.ordering import encode_value

_OPERATORS = {1: "<", 2: "<=", 3: ">", 4: ">=", 5: "=", 6: "IN", 9: "!=", 11: "HAS_ANCESTOR", 13: "NOT_IN"}
_AND, _OR = 1, 2
_INCOMPARABLE = {None: "no value", "array_value": "an array", "entity_value": "an entity"}
_DISJUNCTS, _EXCLUDED, _INEQUALITIES = 30, 10, 10


class Literal(NamedTuple):
    """One condition of a conjunction: an equal value, ranges of values or of keys, or an ancestor."""

    name: str
    equal: bytes | None = None
    ranges: Ranges | None = None
    ancestor: bytes | None = None


Disjuncts: TypeAlias = list[tuple[Literal, ...]]


@dataclass(slots=True)
class Filters:
    """What the filter of a query comes to. `equal` and `unequal` are the properties filtered so, anywhere in it."""

    conjunctions: tuple[Conjunction, ...] = (ANYTHING,)
    equal: set[str] = field(default_factory=set)
    unequal: set[str] = field(default_factory=set)
    exclusions: int = 0
    not_in: bool = False
    alternatives: bool = False

    def root(self) -> bytes | None:
        """The entity group in which every result lies, None when the filter names none."""
        ancestor = self.conjunctions[0].ancestor
        return None if ancestor is None else root_of(ancestor)


def read_filters(message: Message, partition: PartitionId) -> Filters:
    """The Filters of a query's Filter message; INVALID_ARGUMENT where the service's rules are broken."""
    filters = Filters()
    disjuncts = _read_filter(message, partition, filters)
    if filters.exclusions > 1:
        raise invalid("Only a single 'NOT_EQUAL' or 'NOT_IN' is allowed per query.")
    if filters.not_in and filters.alternatives:
        raise invalid("'NOT_IN' cannot be used in the same query with 'IN' or 'OR'.")
    if len(filters.unequal) > _INEQUALITIES:
        raise invalid(
            f"The query contains {len(filters.unequal)} distinct inequality fields: {sorted(filters.unequal)}. "
            f"A query may not have more than {_INEQUALITIES} distinct inequality fields."
        )
    if len(disjuncts) == 1:
        filters.conjunctions = (_conjoin(disjuncts[0]),)
    else:
        filters.conjunctions = tuple(dict.fromkeys(_conjoin(literals) for literals in disjuncts))
        if len({conjunction.ancestor for conjunction in filters.conjunctions}) > 1:
            raise invalid("All disjunctions must have a common and unique ancestor constraint.")
    return filters


def _read_filter(message: Message, partition: PartitionId, filters: Filters) -> Disjuncts:
    kind = message.WhichOneof("filter_type")
    if kind == "property_filter":
        return _read_property_filter(message.property_filter, partition, filters)
    if kind != "composite_filter":
        raise invalid("A filter is neither a property filter nor a composite filter.")
    composite = message.composite_filter
    if composite.op not in {_AND, _OR} or not composite.filters:
        raise invalid("A composite filter needs an operator and at least one filter.")
    parts = [_read_filter(part, partition, filters) for part in composite.filters]
    if len(parts) == 1:
        return parts[0]
    if composite.op == _OR:
        filters.alternatives = True
        return _capped(chain.from_iterable(parts), sum(map(len, parts)))
    count = 1
    for part in parts:
        count *= len(part)
    return _capped((tuple(chain.from_iterable(choice)) for choice in product(*parts)), count)


def _capped(disjuncts: Iterable[tuple[Literal, ...]], count: int) -> Disjuncts:
    if count > _DISJUNCTS:
        raise invalid(
            f"Too many disjunctions after normalization. Result had {count} disjunctions which is more than the "
            f"maximum of {_DISJUNCTS}"
        )
    return list(disjuncts)


def _read_property_filter(message: Message, partition: PartitionId, filters: Filters) -> Disjuncts:
    name, value, operator = message.property.name, message.value, _OPERATORS.get(message.op)
    if not name:
        raise invalid("The property.name is the empty string.")
    if operator is None:
        raise invalid(f'The filter of property "{name}" has no operator.')
    if value.exclude_from_indexes:
        raise invalid(f'The filter value of property "{name}" is excluded from indexes.')
    if operator == "=":
        filters.equal.add(name)
        return [(Literal(name, equal=_encode(name, value, partition)),)]
    if operator == "HAS_ANCESTOR":
        if name != KEY:
            raise invalid("HAS_ANCESTOR is a filter of __key__ alone.")
        return [(Literal(KEY, ancestor=_encode_key(value, partition)),)]
    if operator in {"IN", "NOT_IN"}:
        return _read_list(name, operator, value, partition, filters)
    filters.unequal.add(name)
    if operator == "!=":
        filters.exclusions += 1
        return [(Literal(name, ranges=ranges_between([_encode(name, value, partition)])),)]
    return [(Literal(name, ranges=(range_from(operator, _encode(name, value, partition)),)),)]


def _read_list(name: str, operator: str, value: Message, partition: PartitionId, filters: Filters) -> Disjuncts:
    """IN gives a disjunct per value, NOT_IN the ranges between its values."""
    if not value.array_value.values:  # another type has none either
        raise invalid(f"{operator} requires a non-empty ArrayValue: the filter of property {name!r} has none.")
    limit = _DISJUNCTS if operator == "IN" else _EXCLUDED
    if len(value.array_value.values) > limit:
        raise invalid(f"{operator} supports up to {limit} values.")
    operands = dict.fromkeys(_encode(name, element, partition) for element in value.array_value.values)
    if operator == "IN":
        filters.equal.add(name)
        filters.alternatives = True  # also with one value
        return [(Literal(name, equal=operand),) for operand in operands]
    filters.unequal.add(name)
    filters.exclusions += 1
    filters.not_in = True
    return [(Literal(name, ranges=ranges_between(operands)),)]


def _encode(name: str, value: Message, partition: PartitionId) -> bytes:
    if name == KEY:
        return _encode_key(value, partition)
    kind = value.WhichOneof("value_type")
    if kind in _INCOMPARABLE:
        raise invalid(f'The filter of property "{name}" compares with {_INCOMPARABLE[kind]}.')
    if kind == "key_value":
        place = value.key_value.partition_id
        place.project_id = place.project_id or partition.project
    return encode_value(value)


def _encode_key(value: Message, partition: PartitionId) -> bytes:
    if value.WhichOneof("value_type") != "key_value":
        raise invalid("A filter of __key__ needs a key.")
    return _read_filter_key(value.key_value, partition).path


def _read_filter_key(key: Message, partition: PartitionId) -> KeyPath:
    path = read_key(key, partition.project, partition.database)
    if not path.complete:
        raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
    if path.partition.namespace != partition.namespace:
        raise invalid(f"The key is not in the query's namespace: [{describe_key(key)}]")
    return path


def _conjoin(literals: tuple[Literal, ...]) -> Conjunction:
    """The literals of one disjunct as a conjunction."""
    equalities: dict[tuple[str, bytes], None] = {}
    bounds: dict[str, Ranges] = {}
    keys, ancestor, keyed = EVERYWHERE, None, False
    for name, equal, ranges, above in literals:
        if equal is not None and name == KEY:
            keys, keyed = meet_ranges(keys, (point(equal),)), True
        elif equal is not None:
            equalities[name, equal] = None
        elif above is not None:
            if ancestor is not None and ancestor != above:
                raise invalid("A query has at most one ancestor.")
            ancestor = above
            keys = meet_ranges(keys, descendants(above))
        elif ranges is not None and name == KEY:
            keys = meet_ranges(keys, ranges)
        elif ranges is not None:
            bounds[name] = meet_ranges(bounds.get(name, EVERYWHERE), ranges)
    return Conjunction(tuple(equalities), tuple(bounds.items()), keys, ancestor, keyed)
