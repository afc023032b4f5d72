"""The parts of a query from the tokens of its text: what each rule of the grammar becomes.

The parser calls a rule's function as soon as the rule is complete, with the tokens and parts that it is made of. What
the grammar writes out ("SELECT", "(") is not among them, and an optional part in brackets is None when absent.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from lark import Token, Transformer

from consistency.emulator.gql.literals import unquote
from consistency.emulator.gql.syntax import (
    Aggregate,
    Aggregation,
    ArrayLiteral,
    Binding,
    BlobLiteral,
    Compound,
    Condition,
    Constant,
    DatetimeLiteral,
    Filter,
    KeyLiteral,
    Name,
    Order,
    PathElement,
    Property,
    Query,
    Selection,
    Spot,
    Value,
)
from consistency.emulator.status import invalid

_KEYWORDS = """
    AGGREGATE ALL ANCESTOR AND ANY AS ASC AVG BETWEEN BINARY BY CHILD CONTAINS COUNT COUNT_UP_TO CURSOR DESC DESCENDANT
    DISTINCT DIV EXISTS FALSE FROM GROUP HAS HAVING IN IS JOIN LIKE LIMIT MOD NOT NULL OFFSET ON OR ORDER PARENT REGEXP
    RLIKE SELECT SUBSET SUM SUPERSET TRUE WHERE XOR
"""
RESERVED = frozenset(_KEYWORDS.split())  # the reference reserves many more words than the language has uses for
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Builder(Transformer[Token, Any]):
    """What lark asks for the function of a rule, by the rule's name."""

    def __init__(self) -> None:
        super().__init__()
        for rule, make in PARTS.items():
            setattr(self, rule, partial(_call, make))


def _call(make: Callable[..., Any], parts: list[Any]) -> Any:
    return make(*parts)


def _together(*parts: Any) -> tuple[Any, ...]:
    return parts


def _itself(part: Any) -> Any:
    return part


def _spot(token: Token) -> Spot:
    return Spot(str(token), token.line or 1, token.column or 1)


def _query(selection: Selection, kind: Name | None, condition: Filter | None, *others: tuple[Any, ...] | None) -> Query:
    return Query(selection, kind, condition, *(part or () for part in others))


def _counted(aggregations: tuple[Aggregation, ...], kind: Name | None, condition: Filter | None) -> Aggregate:
    return Aggregate(aggregations, Query(Selection(), kind, condition))


def _aggregation(aggregation: Aggregation, alias: Name | None) -> Aggregation:
    return aggregation._replace(alias=alias.text if alias else "")


def _compared(of: Property, comparator: Token, value: Value) -> Condition:
    return Condition(of, str(comparator), value)


def _compared_backward(value: Value, comparator: Token, of: Property) -> Condition:
    return Condition(of, _MIRRORED[comparator], value)


def _order(of: Property, direction: Token | None) -> Order:
    return Order(of, direction is not None and direction.type == "DESC")


def _constant(token: Token) -> Constant:
    return Constant(token.type, _spot(token))


def _key(
    token: Token, project: Constant | None, database: Constant | None, namespace: Constant | None, *path: PathElement
) -> KeyLiteral:
    return KeyLiteral(_spot(token), project, database, namespace, path)


def _property(*names: Name) -> Property:
    return Property(tuple(name.text for name in names), names[0].spot)


def _name(token: Token) -> Name:
    spot = _spot(token)
    if token.type == "QUOTED_NAME":
        return Name(unquote(spot), spot)
    if token.upper() in RESERVED:
        raise invalid(f"The name {spot} is a reserved word; as a name it stands in back quotes.")
    return Name(spot.text, spot)


PARTS: dict[str, Callable[..., Any]] = {
    "start": _itself,
    "query": _query,
    "everything": Selection,
    "projection": Selection,
    "distinct": lambda properties: Selection(properties, properties),
    "distinct_on": lambda on, properties=(): Selection(properties, on),
    "aggregate": Aggregate,
    "counted": _counted,
    "aggregations": _together,
    "aggregation": _aggregation,
    "count": lambda: Aggregation("count"),
    "count_up_to": lambda up_to: Aggregation("count", up_to=up_to),
    "of_property": lambda operator, of: Aggregation(operator.lower(), of),
    "either": lambda *parts: Compound("OR", parts),
    "both": lambda *parts: Compound("AND", parts),
    "is_null": lambda of: Condition(of, "=", None),
    "compared": _compared,
    "contains": lambda of, value: Condition(of, "=", value),
    "among": lambda of, value: Condition(of, "IN", value),
    "not_among": lambda of, value: Condition(of, "NOT IN", value),
    "has_ancestor": lambda of, value: Condition(of, "HAS ANCESTOR", value),
    "compared_backward": _compared_backward,
    "contained": lambda value, of: Condition(of, "=", value),
    "has_descendant": lambda value, of: Condition(of, "HAS ANCESTOR", value),
    "orders": _together,
    "order": _order,
    "limit": _together,
    "offset": _together,
    "constant": _constant,
    "constant_integer": _constant,
    "string": _constant,
    "binding": lambda token: Binding(_spot(token)),
    "key": _key,
    "project": _itself,
    "database": _itself,
    "namespace": _itself,
    "path_element": lambda kind, id_or_name: PathElement(kind.text, id_or_name),
    "array": lambda token, *values: ArrayLiteral(_spot(token), values),
    "blob": lambda token, content: BlobLiteral(_spot(token), content),
    "datetime": lambda token, content: DatetimeLiteral(_spot(token), content),
    "properties": _together,
    "property": _property,
    "name": _name,
}
