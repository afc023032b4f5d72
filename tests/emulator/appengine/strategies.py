"""Queries that the old service takes, and how App Engine's stub is asked them."""

from typing import Any

from hypothesis import strategies as st

from tests.emulator.query.brute import KEY, Asked, Leaf, Path, Values
from tests.emulator.query.strategies import FAMILIES, NAMES, comparisons, equalities, names, paths, scalars, stores

# A list without elements is no property there.
old_stores: st.SearchStrategy[dict[Path, Values]] = stores.map(
    lambda entities: {
        path: {name: value for name, value in values.items() if value != []} for path, values in entities.items()
    }
)


@st.composite
def old_questions(draw: st.DrawFn) -> Asked:
    """Equalities, one property or the key with an inequality, which is ordered first, projections and groups."""
    ancestor = draw(st.sampled_from([None, None, *FAMILIES]))
    leaves = draw(st.lists(equalities, max_size=2))
    equal = {each.name for each in leaves}
    ordered = draw(st.lists(names, unique=True, max_size=3))
    unequal = draw(st.sampled_from(["", "", KEY, *NAMES]))
    if unequal in set(NAMES):
        leaves += [Leaf(unequal, draw(comparisons), draw(scalars)) for _ in range(draw(st.integers(1, 2)))]
        if ordered:
            ordered = [unequal, *(name for name in ordered if name != unequal)]
    elif unequal:
        path = draw(paths)
        leaves += [Leaf(KEY, draw(comparisons), path) for _ in range(draw(st.integers(1, 2)))]
        ordered = []
    if (ordered or unequal not in set(NAMES)) and draw(st.booleans()):
        ordered.append(KEY)
    orders = tuple((name, draw(st.booleans())) for name in ordered)
    projected: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    free = [name for name in NAMES if name not in equal]
    if free and draw(st.integers(0, 2)) == 0:
        projected = tuple(draw(st.lists(st.sampled_from(free), unique=True, min_size=1, max_size=2)))
        if unequal in {"", *projected} and draw(st.booleans()):
            distinct = projected
            orders = tuple(order for order in orders if order[0] in distinct)
    kind = draw(st.sampled_from("AAAB"))
    return Asked(kind, ("and", tuple(leaves)) if leaves else None, ancestor, orders, projected, distinct, legacy=True)


def question_of(asked: Asked) -> dict[str, Any]:
    """As the oracle is asked it."""
    leaves: tuple[Any, ...] = () if asked.filter is None else asked.filter[1]  # type: ignore[assignment] # a conjunction
    return {
        "kind": asked.kind,
        "filters": [list(leaf) for leaf in leaves],
        "ancestor": asked.ancestor,
        "orders": asked.orders,
        "projected": asked.projected,
        "distinct": asked.distinct,
    }


def entities_of(entities: dict[Path, Values]) -> list[Any]:
    """As the oracle stores them."""
    return [[path, values] for path, values in entities.items()]
