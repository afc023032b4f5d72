"""Queries answered by looking at every entity and comparing Python values: slow, plain, and nobody's index.

An entity is a path of (kind, name) pairs and a dict of values. Null, integers, booleans, texts and doubles order by
their rank and then as Python orders them.
"""

from dataclasses import dataclass
from functools import cmp_to_key

Path = tuple[tuple[str, str | int], ...]
Scalar = int | str | bool | float | None
Values = dict[str, Scalar | list[Scalar]]
COMPARISONS = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
    "=": lambda sign: sign == 0,
}


@dataclass(frozen=True)
class Asked:
    """A query: `inequalities` are all on one property, `orders` are (name, descending)."""

    kind: str | None
    equalities: tuple[tuple[str, Scalar], ...] = ()
    inequalities: tuple[tuple[str, str, Scalar], ...] = ()
    ancestor: Path | None = None
    orders: tuple[tuple[str, bool], ...] = ()
    keys_descending: bool = False


def compare(one: Scalar, other: Scalar) -> int:
    """-1, 0 or 1."""
    left, right = _ranked(one), _ranked(other)
    return (left > right) - (left < right)


def compare_paths(one: Path, other: Path) -> int:
    """Element by element: kind, ids before names; parents before children."""
    left, right = ([(kind, isinstance(name, str), name) for kind, name in path] for path in (one, other))
    return (left > right) - (left < right)


def answer(entities: dict[Path, Values], asked: Asked) -> list[Path]:
    """The paths of the results, in order."""
    orders = _effective_orders(asked)
    placed: list[tuple[list[Scalar], Path]] = []
    for path, values in entities.items():
        place = _place(path, values, asked, orders)
        if place is not None:
            placed.append((place, path))

    def compare_places(one: tuple[list[Scalar], Path], other: tuple[list[Scalar], Path]) -> int:
        for (_, descending), left, right in zip(orders, one[0], other[0], strict=True):
            sign = compare(left, right)
            if sign:
                return -sign if descending else sign
        sign = compare_paths(one[1], other[1])
        return -sign if asked.keys_descending else sign

    return [path for _, path in sorted(placed, key=cmp_to_key(compare_places))]


def _effective_orders(asked: Asked) -> list[tuple[str, bool]]:
    inequality = {name for name, _, _ in asked.inequalities}
    equal = {name for name, _ in asked.equalities} - inequality
    orders = [(name, descending) for name, descending in asked.orders if name not in equal]
    return orders or [(name, False) for name in inequality]


def _place(path: Path, values: Values, asked: Asked, orders: list[tuple[str, bool]]) -> list[Scalar] | None:
    """The values by which an entity is sorted, None when it is no result."""
    if asked.kind not in {None, path[-1][0]} or (asked.ancestor and path[: len(asked.ancestor)] != asked.ancestor):
        return None
    if not all(_has(values, name, [("=", value)]) for name, value in asked.equalities):
        return None
    conditions = [(operator, value) for _, operator, value in asked.inequalities]
    if asked.inequalities and not _has(values, asked.inequalities[0][0], conditions):
        return None
    place: list[Scalar] = []
    for name, descending in orders:
        fitting = _fitting(values, name, conditions if asked.inequalities and asked.inequalities[0][0] == name else [])
        if not fitting:
            return None
        ordered = sorted(fitting, key=cmp_to_key(compare))
        place.append(ordered[-1 if descending else 0])
    return place


def _has(values: Values, name: str, conditions: list[tuple[str, Scalar]]) -> bool:
    return bool(_fitting(values, name, conditions))


def _fitting(values: Values, name: str, conditions: list[tuple[str, Scalar]]) -> list[Scalar]:
    if name not in values:
        return []
    value = values[name]
    elements = value if isinstance(value, list) else [value]
    return [
        element
        for element in elements
        if all(COMPARISONS[operator](compare(element, operand)) for operator, operand in conditions)
    ]


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
