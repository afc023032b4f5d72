"""Random queries over random entities: the emulator against a plain evaluation, whole and page by page."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.emulator.status import ServiceError
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import Embedded
from tests.emulator.query.brute import Asked, Path, Values, answer
from tests.emulator.query.strategies import filled, key_of, legacy_questions, paths_of, questions, request_of, stores
from tests.emulator.talk import AFTER_LIMIT, NO_MORE, Talk, delete, found_names, properties_of, upsert

Found = tuple[Path, dict[str, str]]  # a result, and its projected values as texts
THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def rows_of(batch: Message, asked: Asked) -> list[Found]:
    """The results as the plain evaluation has them; the values of entities are not looked at."""
    found = zip(paths_of(batch), batch.entity_results, strict=True)
    return [(path, typed(properties_of(result)) if asked.projected else {}) for path, result in found]


def typed(values: Mapping[str, object]) -> dict[str, str]:
    """Values by which True and 1 differ."""
    return {name: repr(value) for name, value in values.items()}


def expected_rows(entities: dict[Path, Values], asked: Asked) -> list[Found]:
    rows = answer(entities, asked)
    return [(path, typed({name: row[name] for name in asked.projected})) for path, row in rows]


def check_pages(talk: Talk, asked: Asked, expected: list[Found], size: int, offset: int) -> None:
    """The whole; pages that go on at end cursors; what lies behind and before each cursor; offset and limit."""
    _, options = request_of(talk, asked)
    whole = talk.query(asked.kind, **options)
    assert rows_of(whole, asked) == expected
    paged: list[Found] = []
    cursor = b""
    for _ in range(len(expected) // size + 1):
        page = talk.query(asked.kind, **options, limit=size, start=cursor)
        paged += rows_of(page, asked)
        assert page.more_results == (AFTER_LIMIT if len(paged) < len(expected) else NO_MORE)
        cursor = page.end_cursor
    assert paged == expected
    for place, result in enumerate(whole.entity_results):
        assert rows_of(talk.query(asked.kind, **options, start=result.cursor), asked) == expected[place + 1 :]
        assert rows_of(talk.query(asked.kind, **options, end=result.cursor), asked) == expected[: place + 1]
    piece = talk.query(asked.kind, **options, offset=offset, limit=size)
    assert rows_of(piece, asked) == expected[offset : offset + size]
    assert piece.skipped_results == min(offset, len(expected))


def refill(talk: Talk, before: dict[Path, Values], after: dict[Path, Values]) -> None:
    """Turn one content into another, in one commit: a second one would roll a group forward."""
    keys = {path: key_of(talk, path) for path in {**before, **after}}
    talk.commit(*(upsert(key, **after[path]) if path in after else delete(key) for path, key in keys.items()))


@pytest.mark.slow
@THOROUGH
@given(stores, questions(), st.integers(1, 4), st.integers(0, 3))
def test_queries_equal_a_plain_evaluation(entities: dict[Path, Values], asked: Asked, size: int, offset: int) -> None:
    """Every form of query, with all its pages."""
    check_pages(filled(entities), asked, expected_rows(entities, asked), size, offset)


@pytest.mark.slow
@THOROUGH
@given(stores, legacy_questions(), st.integers(1, 4), st.integers(0, 3))
def test_legacy_queries_equal_it_too(entities: dict[Path, Values], asked: Asked, size: int, offset: int) -> None:
    """With the orders that the legacy service adds."""
    check_pages(filled(entities, "megastore"), asked, expected_rows(entities, asked), size, offset)


@pytest.mark.slow
@THOROUGH
@given(stores, stores, st.lists(questions(), min_size=1, max_size=2))
def test_a_composite_keeps_up_with_writes(
    before: dict[Path, Values], after: dict[Path, Values], several: list[Asked]
) -> None:
    """Whether it was built before the writes, between them or behind them: later queries equal a plain evaluation."""
    talk = filled(before)
    for asked in several:
        assert rows_of(talk.query(asked.kind, **request_of(talk, asked)[1]), asked) == expected_rows(before, asked)
    refill(talk, before, after)
    for asked in several:
        assert rows_of(talk.query(asked.kind, **request_of(talk, asked)[1]), asked) == expected_rows(after, asked)


@pytest.mark.slow
@THOROUGH
@given(stores, stores, questions(), st.booleans())
def test_a_composite_has_the_history_of_its_kind(
    before: dict[Path, Values], after: dict[Path, Values], asked: Asked, built_late: bool
) -> None:
    """An eventual read of rows that lag behind finds what a query found before the writes, whenever it was built."""
    embedded = Embedded("megastore", "0", "1h")
    talk = embedded.talk()
    refill(talk, {}, before)
    embedded.now_ns += 7_200_000_000_000
    if asked.ancestor is not None or asked.kind is None or asked.projected or asked.distinct:
        return
    options = {**request_of(talk, asked)[1], "keys_only": True, "project": ()}
    try:
        Embedded("megastore").talk().query(asked.kind, **options)
    except ServiceError:
        return  # a form that the legacy service does not take
    found = paths_of(talk.query(asked.kind, **options)) if not built_late else None
    refill(talk, before, after)
    lagging = paths_of(talk.query(asked.kind, **options))
    legacy = replace(asked, legacy=True)
    assert lagging == [path for path, _ in answer(before, legacy)]
    assert found is None or found == lagging
    embedded.now_ns += 7_200_000_000_000
    assert paths_of(talk.query(asked.kind, **options)) == [path for path, _ in answer(after, legacy)]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(stores, questions())
def test_keys_only_queries_find_the_same(entities: dict[Path, Values], asked: Asked) -> None:
    """With nothing but keys."""
    talk = filled(entities)
    _, options = request_of(talk, replace(asked, projected=()))
    batch = talk.query(asked.kind, **options, keys_only=True)
    assert paths_of(batch) == [path for path, _ in answer(entities, replace(asked, projected=()))]
    assert not any(result.entity.properties for result in batch.entity_results)


def test_a_page_does_not_repeat_an_array_that_stood_before_it() -> None:
    """It stands at its first value, also when the walk begins behind that."""
    talk = Embedded().talk()
    talk.put("A", 1, p=[0, 2])
    talk.put("A", 2, p=1)
    first = talk.query("A", orders=["p"])
    assert found_names(first) == [1, 2]
    assert found_names(talk.query("A", orders=["p"], start=first.end_cursor)) == []
