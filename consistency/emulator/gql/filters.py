"""WHERE: conditions to Filter messages.

AND and OR become composite filters with as many parts as were written in a row; parentheses become a filter of their
own. They may be nested 40 deep: Protocol Buffers refuses messages of more than a hundred levels, and each takes two.
"""

from consistency.emulator.gql.syntax import Compound, Condition, Filter, Property
from consistency.emulator.gql.values import Request, make_value
from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Message

_KEY = "__key__"
_DEPTH_MAX = 40
_JUNCTIONS = {"AND": 1, "OR": 2}
_OPERATORS = {
    "<": 1,
    "<=": 2,
    ">": 3,
    ">=": 4,
    "=": 5,
    "IN": 6,
    "!=": 9,
    "HAS ANCESTOR": 11,
    "NOT IN": 13,
}


def name_property(of: Property, kind: str) -> str:
    """A property's name in messages: its segments joined by dots, without the kind that may stand first."""
    qualified = len(of.segments) > 1 and of.segments[0] == kind
    return ".".join(of.segments[1:] if qualified else of.segments)


def fill_filter(message: Message, part: Filter, kind: str, request: Request, depth: int = 0) -> None:
    """Write a condition, or several joined, into a Filter message."""
    if isinstance(part, Condition):
        _fill_condition(message.property_filter, part, kind, request)
        return
    if depth == _DEPTH_MAX:
        raise invalid(f"AND and OR are nested more than {_DEPTH_MAX} deep{_place(part)}.")
    message.composite_filter.op = _JUNCTIONS[part.operator]
    for inner in part.parts:
        fill_filter(message.composite_filter.filters.add(), inner, kind, request, depth + 1)


def _place(part: Filter) -> str:
    while isinstance(part, Compound):
        part = part.parts[0]
    return f", before {part.property.spot}"


def _fill_condition(message: Message, condition: Condition, kind: str, request: Request) -> None:
    message.property.name = name_property(condition.property, kind)
    message.op = _OPERATORS[condition.operator]
    if condition.value is None:
        message.value.null_value = 0
        return
    message.value.CopyFrom(make_value(condition.value, request))
    _check_operands(message, condition)


def _check_operands(message: Message, condition: Condition) -> None:
    """IN and NOT IN take arrays, HAS ANCESTOR takes __key__ and a key."""
    assert condition.value is not None
    spot, type_of_value = condition.value.spot, message.value.WhichOneof("value_type")
    if condition.operator in {"IN", "NOT IN"} and not message.value.array_value.values:
        raise invalid(f"{condition.operator} needs an array of at least one value, not {spot}.")
    if condition.operator == "HAS ANCESTOR":
        if message.property.name != _KEY:
            raise invalid(f"Only __key__ can have an ancestor, not {condition.property.spot}.")
        if type_of_value != "key_value":
            raise invalid(f"An ancestor must be a key, not {spot}.")
