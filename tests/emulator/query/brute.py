"""Queries answered by looking at every entity and comparing Python values: slow, plain, and nobody's index.

An entity is a path of (kind, name) pairs and a dict of values. Null, integers, booleans, texts and doubles order by
their rank and then as Python orders them. Filters are a tree: ("and" or "or", parts) or a Leaf.
"""

from dataclasses import dataclass
from functools import cmp_to_key
from itertools import product
from typing import Any, NamedTuple

Path = tuple[tuple[str, str | int], ...]
Scalar = int | str | bool | float | None
Values = dict[str, Scalar | list[Scalar]]
KEY = "__key__"
COMPARISONS = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "=": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


class Leaf(NamedTuple):
    """One property filter; the operand of IN and NOT_IN is a list, of __key__ a path."""

    name: str
    operator: str
    operand: Any


Tree = Leaf | tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Asked:
    """A query: `orders` are (name, descending), the key among them; `legacy` tells how unnamed orders are added."""

    kind: str | None
    filter: Tree | None = None
    ancestor: Path | None = None
    orders: tuple[tuple[str, bool], ...] = ()
    projected: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    legacy: bool = False


Row = tuple[Path, dict[str, Scalar]]  # a result, and the values of its row


def compare(one: Scalar, other: Scalar) -> int:
    """-1, 0 or 1."""
    left, right = _ranked(one), _ranked(other)
    return (left > right) - (left < right)


def compare_paths(one: Path, other: Path) -> int:
    """Element by element: kind, ids before names; parents before children."""
    left, right = ([(kind, isinstance(name, str), name) for kind, name in path] for path in (one, other))
    return (left > right) - (left < right)


def answer(entities: dict[Path, Values], asked: Asked) -> list[Row]:
    """The results in order; of an entity query without regard to the values of their rows."""
    orders = effective_orders(asked)

    def compare_rows(one: Row, other: Row) -> int:
        for name, descending in orders:
            by_key = name == KEY
            sign = compare_paths(one[0], other[0]) if by_key else compare(one[1][name], other[1][name])
            if sign:
                return -sign if descending else sign
        return 0

    rows = [row for path, values in entities.items() for row in rows_of(path, values, asked, orders)]
    found: list[Row] = []
    for row in sorted(rows, key=cmp_to_key(compare_rows)):
        repeated = any(_same(row, earlier, asked) for earlier in found)
        if not repeated:
            found.append(row)
    firsts: list[Row] = []
    for row in found:
        if not asked.distinct or all(_group(row, asked) != _group(earlier, asked) for earlier in firsts):
            firsts.append(row)
    return firsts


def rows_of(path: Path, values: Values, asked: Asked, orders: list[tuple[str, bool]]) -> list[Row]:
    """Every way in which an entity is found: one row per conjunction and combination of its values."""
    if asked.kind not in {None, path[-1][0]} or (asked.ancestor and path[: len(asked.ancestor)] != asked.ancestor):
        return []
    names = [name for name, _ in orders if name != KEY]
    rows: list[Row] = []
    for leaves in disjuncts(asked.filter):
        if all(_meets(path, values, leaf) for leaf in leaves if leaf.operator == "=" or leaf.name == KEY):
            # An inequality is always an order, so what is not one has only equalities, which were met above.
            chosen = ([value for value in _elements(values, name) if _stands(value, name, leaves)] for name in names)
            rows += [(path, dict(zip(names, combination, strict=True))) for combination in product(*chosen)]
    return rows


def effective_orders(asked: Asked) -> list[tuple[str, bool]]:
    """The orders asked for, those added to them, and the key."""
    branches = disjuncts(asked.filter)
    unequal = {leaf.name for leaves in branches for leaf in leaves if leaf.operator != "="}
    shared = set.intersection(*({(leaf.name, repr(leaf.operand)) for leaf in leaves if leaf.operator == "="}
                                for leaves in branches))  # fmt: skip
    constant = {name for name, _ in shared} - unequal
    downwards = bool(asked.orders) and asked.orders[-1][1] and not asked.legacy
    wanted = [name for name, _ in asked.orders]
    end = wanted.index(KEY) + 1 if asked.legacy and KEY in wanted else len(wanted)  # legacy: nothing behind the key
    orders = [(name, descending) for name, descending in asked.orders[:end] if name not in constant - {KEY}]
    by_key = [KEY] if KEY in unequal else []
    first = unequal if asked.legacy else set()
    groups = sorted(asked.distinct, key=lambda name: (name not in first, name))
    for name in (*groups, *sorted(unequal - {KEY}), *by_key, *sorted(asked.projected)):
        if name not in {own for own, _ in orders}:
            orders.append((name, downwards))
    return orders if KEY in dict(orders) and orders[-1][0] == KEY else [*orders, (KEY, downwards)]


def disjuncts(tree: Tree | None) -> list[list[Leaf]]:
    """The disjunctive normal form; IN is an alternative of equal values."""
    if tree is None:
        return [[]]
    if isinstance(tree, Leaf):
        if tree.operator == "IN":
            return [[Leaf(tree.name, "=", operand)] for operand in tree.operand]
        return [[tree]]
    joined, parts = tree
    if joined == "or":
        return [leaves for part in parts for leaves in disjuncts(part)]
    return [[leaf for leaves in choice for leaf in leaves] for choice in product(*map(disjuncts, parts))]


def _same(one: Row, other: Row, asked: Asked) -> bool:
    values_differ = any(compare(one[1][name], other[1][name]) for name in one[1])
    return one[0] == other[0] and not (asked.projected and values_differ)


def _group(row: Row, asked: Asked) -> list[str]:
    return [repr(_ranked(row[1][name])) for name in asked.distinct]


def _stands(value: Scalar, name: str, leaves: list[Leaf]) -> bool:
    """Whether an entity may stand at this value: inequalities decide, or else equalities, if there are any."""
    unequal = [leaf for leaf in leaves if leaf.name == name and leaf.operator != "="]
    equal = [leaf for leaf in leaves if leaf.name == name and leaf.operator == "="]
    if unequal:
        return all(_fits(compare, value, leaf) for leaf in unequal)
    return not equal or any(_fits(compare, value, leaf) for leaf in equal)


def _meets(path: Path, values: Values, leaf: Leaf) -> bool:
    if leaf.name == KEY:
        return _fits(compare_paths, path, leaf)
    return any(_fits(compare, value, leaf) for value in _elements(values, leaf.name))


def _fits(comparison: Any, value: Any, leaf: Leaf) -> bool:
    if leaf.operator == "NOT_IN":
        return all(comparison(value, operand) for operand in leaf.operand)
    return bool(COMPARISONS[leaf.operator](comparison(value, leaf.operand)))


def _elements(values: Values, name: str) -> list[Scalar]:
    if name not in values:
        return []
    value = values[name]
    distinct: list[Scalar] = []
    for element in value if isinstance(value, list) else [value]:
        if all(compare(element, other) for other in distinct):
            distinct.append(element)
    return distinct


def _ranked(value: Scalar) -> tuple[int, object]:
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int):
        return 1, value
    if isinstance(value, str):
        return 3, value.encode()
    return 4, value
