"""Pages of a query: cursors, offsets, limits and batches."""

from collections.abc import Sequence
from typing import Any

import pytest

from consistency.emulator.values.messages import Message
from tests.contract.queries import fill, pages
from tests.contract.targets import CallError
from tests.emulator.talk import NOT_FINISHED, Filter, Talk, found_names, unindexed, upsert


class TestPieces:
    """Limit, offset and cursors."""

    QUERIES: Sequence[tuple[tuple[Filter, ...], dict[str, Any]]] = [
        ((), {}),
        ((("p", "=", 1),), {}),
        ((("p", ">=", 1),), {}),
        ((), {"orders": ["p"]}),
        ((), {"orders": ["-p"]}),
        ((), {"orders": ["-__key__"]}),
        ((), {"keys_only": True}),
    ]

    @pytest.mark.parametrize(("filters", "options"), QUERIES)
    @pytest.mark.parametrize("size", [1, 3, 20])
    def test_pages_make_up_the_whole(
        self, store: Talk, filters: tuple[Filter, ...], options: dict[str, Any], size: int
    ) -> None:
        """Whatever the size of the page, nothing is missed or repeated."""
        store.commit(*(upsert(store.key("Kind", f"e{n:02}"), p=n % 4) for n in range(12)))
        whole = found_names(store.query("Kind", *filters, **options))
        paged = pages(store, size, "Kind", *filters, **options)
        assert [name for page in paged for name in page] == whole
        assert [len(page) for page in paged[:-1]] == [size] * (len(paged) - 1)

    def test_every_result_has_a_cursor(self, store: Talk) -> None:
        """To go on behind it."""
        fill(store, a=1, b=2, c=3)
        results = store.query("Kind", orders=["p"]).entity_results
        for place, result in enumerate(results):
            rest = found_names(store.query("Kind", orders=["p"], start=result.cursor))
            assert rest == ["a", "b", "c"][place + 1 :]

    def test_an_end_cursor_in_the_request_ends_the_query(self, store: Talk) -> None:
        """Behind the result whose cursor it is."""
        fill(store, a=1, b=2, c=3)
        cursor = store.query("Kind", limit=2).end_cursor
        assert found_names(store.query("Kind", end=cursor)) == ["a", "b"]

    def test_offset_and_limit(self, store: Talk) -> None:
        """The skipped ones are counted, also when there are fewer."""
        fill(store, a=1, b=1, c=1, d=1)
        batch = store.query("Kind", offset=1, limit=2)
        assert (found_names(batch), batch.skipped_results) == (["b", "c"], 1)
        batch = store.query("Kind", offset=10)
        assert (found_names(batch), batch.skipped_results) == ([], 4)

    def test_limit_zero(self, store: Talk) -> None:
        """Nothing is returned, and its cursor stands at the beginning."""
        fill(store, a=1)
        batch = store.query("Kind", limit=0)
        assert found_names(batch) == []
        assert found_names(store.query("Kind", start=batch.end_cursor)) == ["a"]

    def test_the_cursor_of_an_exhausted_query_sees_what_comes_later(self, store: Talk) -> None:
        """It stands behind the last result; new results behind it are found from there."""
        fill(store, a=1, b=2)
        batch = store.query("Kind", orders=["p"])
        empty = store.query("Kind", orders=["p"], start=batch.end_cursor)
        assert found_names(empty) == []
        fill(store, c=3)
        for cursor in (batch.end_cursor, empty.end_cursor):
            assert found_names(store.query("Kind", orders=["p"], start=cursor)) == ["c"]

    def test_a_query_without_results_has_a_usable_cursor(self, store: Talk) -> None:
        """It stands before everything that will come."""
        cursor = store.query("Kind").end_cursor
        fill(store, a=1)
        assert found_names(store.query("Kind", start=cursor)) == ["a"]

    def test_garbage_is_no_cursor(self, store: Talk) -> None:
        """INVALID_ARGUMENT."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.query("Kind", start=b"\x00garbage")

    def test_large_results_come_in_batches_that_clients_accept(self, store: Talk) -> None:
        """Every reply is below 4 MiB; going on at the end cursor gives the rest."""
        for name in "abcdef":
            store.put("Kind", name, p=unindexed("x" * 1_000_000))
        found: list[str | int] = []
        cursor, more = b"", NOT_FINISHED
        while more == NOT_FINISHED:
            batch: Message = store.query("Kind", start=cursor)
            assert batch.ByteSize() < 4 << 20
            found += found_names(batch)
            cursor, more = batch.end_cursor, batch.more_results
        assert found == list("abcdef")
