"""Queries as text: what the service makes of them is what it makes of messages."""

from typing import Any

import pytest

from consistency.emulator.values.messages import Message
from tests.contract.queries import fill
from tests.contract.targets import CallError
from tests.emulator.talk import AFTER_LIMIT, Talk, found_names, properties_of, set_value, unindexed, upsert


def ask(store: Talk, text: str, *numbered: object, literals: bool = False, **named: object) -> Message:
    """The reply to a text; bytes among its parameters are cursors."""
    request = store.query_request()
    request.ClearField("query")
    gql = request.gql_query
    gql.query_string, gql.allow_literals = text, literals
    for value in numbered:
        _bind(gql.positional_bindings.add(), value)
    for name, value in named.items():
        _bind(gql.named_bindings[name], value)
    return store.call("RunQuery", request)


def _bind(parameter: Message, value: object) -> None:
    if isinstance(value, bytes):
        parameter.cursor = value
    else:
        set_value(parameter.value, value)


def names(store: Talk, text: str, *numbered: object, **named: Any) -> list[str | int]:
    return found_names(ask(store, text, *numbered, **named).batch)


def refused(store: Talk, text: str, *numbered: object, **named: Any) -> None:
    with pytest.raises(CallError) as refusal:
        ask(store, text, *numbered, **named)
    assert refusal.value.code == "INVALID_ARGUMENT"


class TestBindings:
    """@name and @1."""

    def test_a_query_with_bindings(self, store: Talk) -> None:
        """It finds what its messages would, and is echoed as them."""
        fill(store, a=1, b=2, c=3)
        reply = ask(store, "SELECT * FROM Kind WHERE p >= @low ORDER BY p DESC LIMIT @1", 1, low=2)
        assert found_names(reply.batch) == ["c"]
        assert (reply.query.kind[0].name, reply.query.limit.value) == ("Kind", 1)

    def test_values_of_every_order(self, store: Talk) -> None:
        """Texts, booleans, null, doubles and keys."""
        for name, value in (("a", "x"), ("b", True), ("c", None), ("d", 2.5), ("e", store.key("Kind", "a"))):
            store.put("Kind", name, p=value)
            assert names(store, "SELECT * FROM Kind WHERE p = @1", value) == [name]

    def test_the_partition_is_the_requests(self, store: Talk) -> None:
        """A key of the same namespace is an ancestor."""
        store.put("Kind", "a", "Kind", "b")
        fill(store, c=1)
        found = names(store, "SELECT __key__ FROM Kind WHERE __key__ HAS ANCESTOR @above", above=store.key("Kind", "a"))
        assert found == ["b"]

    @pytest.mark.parametrize(
        ("text", "numbered"),
        [
            ("SELECT * FROM Kind WHERE p = @1", []),
            ("SELECT * FROM Kind WHERE p = @missing", []),
            ("SELECT * FROM Kind WHERE p = @1", [1, 2]),
            ("SELECT * FROM Kind WHERE p = @1", [b"a cursor"]),
            ("SELECT * FROM Kind WHERE p = 1", []),
            ("SELECT * FROM Kind LIMIT 5", []),
            ("SELECT * FROM Kind LIMIT @1", ["five"]),
            ("SELECT * FROM Kind LIMIT @1", [-1]),
        ],
    )
    def test_sites_and_parameters_that_do_not_fit(self, store: Talk, text: str, numbered: list[object]) -> None:
        """A site without a parameter, one parameter too many, the wrong kind, a literal that is not allowed."""
        refused(store, text, *numbered)


class TestLiterals:
    """What may stand in the text itself."""

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("p = 2", ["b"]),
            ("2 <= p", ["b", "c"]),
            ("p > 1 AND p < 3", ["b"]),
            ("q CONTAINS 'x'", ["a", "b"]),
            ("r IS NULL", ["c"]),
            ("`p` = 1", ["a"]),
            ("d = 2.5", ["a"]),
            ("y = TRUE", ["b"]),
            ("__key__ = KEY(Kind, 'b')", ["b"]),
            ("t = DATETIME('2020-01-01T00:00:00Z')", ["c"]),
        ],
    )
    def test_conditions(self, store: Talk, condition: str, expected: list[str]) -> None:
        """Every comparator and kind of literal that old stores have."""
        moment = unindexed(None)
        moment.exclude_from_indexes = False
        moment.timestamp_value.seconds = 1_577_836_800
        store.commit(
            upsert(store.key("Kind", "a"), p=1, q=["x", "y"], d=2.5),
            upsert(store.key("Kind", "b"), p=2, q=["x"], y=True),
            upsert(store.key("Kind", "c"), p=3, r=None, t=moment),
        )
        if "KEY(" in condition:
            condition = condition.replace("KEY(", f"KEY(NAMESPACE('{store.namespace}'), ")
        assert names(store, f"SELECT * FROM Kind WHERE {condition}", literals=True) == expected

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [("p IN ARRAY(1, 3)", ["a", "c"]), ("p = 1 OR p > 2", ["a", "c"]), ("p != 2", ["a", "c"]),
         ("p NOT IN ARRAY(1, 2)", ["c"])],
    )  # fmt: skip
    def test_alternatives(self, store: Talk, condition: str, expected: list[str]) -> None:
        """IN, OR, != and NOT IN."""
        fill(store, a=1, b=2, c=3)
        assert names(store, f"SELECT * FROM Kind WHERE {condition}", literals=True) == expected

    @pytest.mark.parametrize("text", ["", "SELECT", "SELECT * FROM", "SELECT * FROM Kind WHERE p =", "DELETE FROM K"])
    def test_what_is_no_query(self, store: Talk, text: str) -> None:
        """Is refused."""
        refused(store, text, literals=True)


class TestSelection:
    """What comes of each entity."""

    def test_keys_alone(self, store: Talk) -> None:
        """Alone."""
        fill(store, a=1)
        (result,) = ask(store, "SELECT __key__ FROM Kind").batch.entity_results
        assert properties_of(result) == {}

    def test_a_projection(self, store: Talk) -> None:
        """Of those that have the property."""
        fill(store, a=1, b=[2, 3])
        store.put("Kind", "c", q=1)
        found = ask(store, "SELECT p FROM Kind").batch.entity_results
        assert [properties_of(result) for result in found] == [{"p": 1}, {"p": 2}, {"p": 3}]

    def test_distinct(self, store: Talk) -> None:
        """Each value once, of its first entity."""
        fill(store, a=1, b=1, c=2)
        assert names(store, "SELECT DISTINCT p FROM Kind") == ["a", "c"]
        assert names(store, "SELECT DISTINCT ON (p) * FROM Kind ORDER BY p") == ["a", "c"]

    def test_without_a_kind(self, store: Talk) -> None:
        """Of every kind."""
        fill(store, a=1)
        store.put("Other", "b")
        assert names(store, "SELECT *") == ["a", "b"]


class TestPieces:
    """LIMIT and OFFSET, by counts and by cursors."""

    def test_pages(self, store: Talk) -> None:
        """Each begins at the cursor with which the last one ended."""
        fill(store, a=1, b=2, c=3)
        first = ask(store, "SELECT * FROM Kind ORDER BY p LIMIT @1", 2).batch
        assert (found_names(first), first.more_results) == (["a", "b"], AFTER_LIMIT)
        rest = ask(store, "SELECT * FROM Kind ORDER BY p LIMIT @size OFFSET @start", size=2, start=first.end_cursor)
        assert found_names(rest.batch) == ["c"]

    def test_an_offset_behind_a_cursor(self, store: Talk) -> None:
        """Both together, and skipped results are told."""
        fill(store, a=1, b=2, c=3)
        start = ask(store, "SELECT * FROM Kind LIMIT @1", 1).batch.end_cursor
        batch = ask(store, "SELECT * FROM Kind OFFSET @start + @1", 1, start=start).batch
        assert (found_names(batch), batch.skipped_results) == (["c"], 1)

    def test_a_cursor_to_end_at(self, store: Talk) -> None:
        """Alone, or with a count, whichever comes first."""
        fill(store, a=1, b=2, c=3)
        end = ask(store, "SELECT * FROM Kind LIMIT @1", 2).batch.end_cursor
        assert names(store, "SELECT * FROM Kind LIMIT @1", end) == ["a", "b"]
        assert names(store, "SELECT * FROM Kind LIMIT FIRST(@1, @2)", 1, end) == ["a"]
        assert names(store, "SELECT * FROM Kind LIMIT FIRST(@1, @2)", 3, end) == ["a", "b"]

    def test_the_echoed_query_goes_on(self, store: Talk) -> None:
        """Clients continue by it rather than by the text."""
        fill(store, a=1, b=2, c=3)
        reply = ask(store, "SELECT * FROM Kind WHERE p >= @1 LIMIT @2", 1, 2)
        request = store.query_request()
        request.query.CopyFrom(reply.query)
        request.query.start_cursor = reply.batch.end_cursor
        assert found_names(store.call("RunQuery", request).batch) == ["c"]

    def test_garbage_is_no_bound_cursor(self, store: Talk) -> None:
        """Where it begins or ends."""
        refused(store, "SELECT * FROM Kind OFFSET @1", b"garbage")


class TestAggregationsAsText:
    """In their own method, and only there."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("SELECT COUNT(*) AS n, SUM(p) FROM Kind", {"n": 3, "property_1": 6}),
            ("SELECT COUNT_UP_TO(2) AS n FROM Kind", {"n": 2}),
            ("AGGREGATE AVG(p) AS mean OVER (SELECT * FROM Kind WHERE p >= @1)", {"mean": 2.5}),
        ],
    )
    def test_numbers(self, store: Talk, text: str, expected: dict[str, object]) -> None:
        """Both forms of the text."""
        fill(store, a=1, b=2, c=3)
        request = store.aggregation_request()
        request.ClearField("aggregation_query")
        request.gql_query.query_string, request.gql_query.allow_literals = text, True
        if "@1" in text:
            request.gql_query.positional_bindings.add().value.integer_value = 2
        (result,) = store.call("RunAggregationQuery", request).batch.aggregation_results
        found = {name: getattr(value, value.WhichOneof("value_type")) for name, value in
                 result.aggregate_properties.items()}  # fmt: skip
        assert found == expected

    def test_each_in_its_method(self, store: Talk) -> None:
        """An aggregation is no query."""
        refused(store, "SELECT COUNT(*) FROM Kind", literals=True)
