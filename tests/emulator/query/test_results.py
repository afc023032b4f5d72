"""Random queries over random entities: the emulator against a plain evaluation, whole and page by page."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.embedded import Embedded
from tests.emulator.query.brute import Asked, Path, Scalar, Values, answer
from tests.emulator.talk import AFTER_LIMIT, NO_MORE, Filter, Talk, delete, found_names, upsert

FAMILIES: list[Path] = [(("A", 1),), (("A", "x"),), (("B", "x\0y"),)]
PATHS: list[Path] = [
    *FAMILIES,
    *((*family, ("A", name)) for family in FAMILIES for name in (1, 20, "x", "x\0y", "y")),
    *((*family, ("B", 1)) for family in FAMILIES),
    (("A", 1), ("A", 1), ("A", "deep")),
]
scalars: st.SearchStrategy[Scalar] = st.one_of(
    st.integers(0, 2), st.integers(0, 2), st.sampled_from(["a", "a\0", "b", True, False, None, -1.5, 2.0])
)
values: st.SearchStrategy[Values] = st.fixed_dictionaries(
    {}, optional={name: st.one_of(scalars, st.lists(scalars, max_size=3)) for name in "pq"}
)
stores: st.SearchStrategy[dict[Path, Values]] = st.fixed_dictionaries({path: st.none() | values for path in PATHS}).map(
    lambda drawn: {path: held for path, held in drawn.items() if held is not None}
)


SHAPES = [  # equalities, inequalities, orders
    (0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1), (0, 0, 1), (0, 0, 2), (0, 1, 1), (0, 2, 2),
    (1, 0, 1), (1, 1, 0), (1, 1, 1), (2, 1, 2),
]  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Queries that the legacy service would take, given the indexes."""
    kind = draw(st.sampled_from(["A", "A", "A", "B", None]))
    ancestor = draw(st.sampled_from([None, None, None, *FAMILIES]))
    if kind is None:
        return Asked(None, ancestor=ancestor)
    equal, unequal, ordered = draw(st.sampled_from(SHAPES))
    equalities = tuple((draw(st.sampled_from("pq")), draw(scalars)) for _ in range(equal))
    names = draw(st.sampled_from(["pq", "qp"]))
    inequalities = tuple(
        (names[0], draw(st.sampled_from(["<", "<=", ">", ">="])), draw(scalars)) for _ in range(unequal)
    )
    orders = tuple((name, draw(st.booleans())) for name in names[:ordered])
    keys_descending = draw(st.booleans()) and not (unequal and not ordered)
    return Asked(kind, equalities, inequalities, ancestor, orders, keys_descending)


def request_of(talk: Talk, asked: Asked) -> tuple[list[Filter], dict[str, Any]]:
    filters: list[Filter] = [(name, "=", value) for name, value in asked.equalities]
    filters += list(asked.inequalities)
    orders = ["-" * descending + name for name, descending in asked.orders]
    if asked.kind is not None and (asked.keys_descending or not asked.inequalities or orders):
        orders.append("-" * asked.keys_descending + "__key__")
    return filters, {"orders": orders, "ancestor": key_of(talk, asked.ancestor) if asked.ancestor else None}


def key_of(talk: Talk, path: Path) -> Any:
    return talk.key(*(part for element in path for part in element))


def paths_of(batch: Any) -> list[Path]:
    return [tuple((element.kind, element.name or element.id) for element in result.entity.key.path)
            for result in batch.entity_results]  # fmt: skip


def filled(entities: dict[Path, Values], model: str = "strong") -> Talk:
    """A store with these entities, after a detour: every one was something else before."""
    talk = Embedded(model).talk()
    for path, properties in entities.items():
        key = key_of(talk, path)
        talk.commit(upsert(key, p=["old", 2], q="old"))
        if len(properties) == 1:
            talk.commit(delete(key))
        talk.commit(upsert(key, **properties))
    return talk


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stores, questions(), st.integers(1, 4), st.integers(0, 3))
def test_queries_equal_a_plain_evaluation(entities: dict[Path, Values], asked: Asked, size: int, offset: int) -> None:
    """Results and order; then pages that go on at end cursors, then at single results' cursors; offset and limit."""
    expected = answer(entities, asked)
    talk = filled(entities)
    filters, options = request_of(talk, asked)
    whole = talk.query(asked.kind, *filters, **options)
    assert paths_of(whole) == expected
    paged: list[Path] = []
    cursor = b""
    for _ in range(len(expected) // size + 1):
        page = talk.query(asked.kind, *filters, **options, limit=size, start=cursor)
        paged += paths_of(page)
        assert page.more_results == (AFTER_LIMIT if len(paged) < len(expected) else NO_MORE)
        cursor = page.end_cursor
    assert paged == expected
    for place, result in enumerate(whole.entity_results):
        assert paths_of(talk.query(asked.kind, *filters, **options, start=result.cursor)) == expected[place + 1 :]
        assert paths_of(talk.query(asked.kind, *filters, **options, end=result.cursor)) == expected[: place + 1]
    piece = talk.query(asked.kind, *filters, **options, offset=offset, limit=size)
    assert paths_of(piece) == expected[offset : offset + size]
    assert piece.skipped_results == min(offset, len(expected))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(stores, questions())
def test_keys_only_queries_find_the_same(entities: dict[Path, Values], asked: Asked) -> None:
    """With nothing but keys."""
    talk = filled(entities)
    filters, options = request_of(talk, asked)
    batch = talk.query(asked.kind, *filters, **options, keys_only=True)
    assert paths_of(batch) == answer(entities, asked)
    assert not any(result.entity.properties for result in batch.entity_results)


def test_a_page_does_not_repeat_an_array_that_stood_before_it() -> None:
    """It stands at its first value, also when the walk begins behind that."""
    talk = Embedded().talk()
    talk.put("A", 1, p=[0, 2])
    talk.put("A", 2, p=1)
    first = talk.query("A", orders=["p"])
    assert found_names(first) == [1, 2]
    assert found_names(talk.query("A", orders=["p"], start=first.end_cursor)) == []
