"""Parameters and their sites."""

from typing import Any

import pytest

from consistency.emulator.gql.translation import translate
from consistency.emulator.status import Code, ServiceError
from tests.emulator.gql.asking import GqlQuery, GqlQueryParameter, PartitionId, Value, ask


def values_of(text: str, *numbered: Any, **named: Any) -> list[int]:
    """The integers that the conditions of a conjunction compare with."""
    found = ask(text, *numbered, allow_literals=False, **named).query.filter.composite_filter.filters
    return [part.property_filter.value.integer_value for part in found]


def refusal(text: str, *numbered: Any, **named: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        ask(text, *numbered, **named)
    assert caught.value.code == Code.INVALID_ARGUMENT
    return caught.value.message


class TestSites:
    """@name and @1."""

    def test_named_and_numbered(self) -> None:
        """Side by side, each as often as one likes, and in any order."""
        text = "SELECT * WHERE a = @2 AND b = @x AND @1 < c AND d = @x"
        assert values_of(text, 10, 20, x=30) == [20, 30, 10, 30]

    def test_names_distinguish_case(self) -> None:
        """And may be words of the language."""
        text = "SELECT * WHERE a = @Select AND b = @select AND c = @$_9"
        assert values_of(text, Select=1, select=2, **{"$_9": 3}) == [1, 2, 3]

    def test_leftover_names_are_allowed(self) -> None:
        """A client may bind more than the text asks for, if by name."""
        assert ask("SELECT *", unused=1).query

    def test_values_are_taken_as_they_are(self) -> None:
        """Whatever their type and whatever else they say."""
        value = Value(exclude_from_indexes=True, meaning=9)
        value.geo_point_value.latitude = 3
        assert ask("SELECT * WHERE a = @v", v=value).query.filter.property_filter.value == value

    def test_counts_and_cursors(self) -> None:
        """What is bound decides which of both a limit or an offset is."""
        query = ask("SELECT * LIMIT FIRST(@1, @2) OFFSET @3 + @4", b"END", 5, b"START", 6).query
        assert (query.end_cursor, query.limit.value, query.start_cursor, query.offset) == (b"END", 5, b"START", 6)

    def test_the_same_text_with_other_values(self) -> None:
        """Nothing of one translation remains for the next."""
        text = "SELECT * WHERE a = @1 AND b = @x"
        assert values_of(text, 1, x=2) == [1, 2]
        assert values_of(text, 3, x=4) == [3, 4]
        assert "no binding of that name" in refusal(text, 5)

    def test_the_request_is_left_as_it_was(self) -> None:
        """Its parameters are copied."""
        gql = GqlQuery(query_string="SELECT * WHERE a = @1")
        gql.positional_bindings.add().value.integer_value = 1
        query = translate(gql, PartitionId(), "p", "").query
        query.filter.property_filter.value.integer_value = 2
        assert gql.positional_bindings[0].value.integer_value == 1


class TestPartitions:
    """What a written key does not say."""

    @pytest.mark.parametrize(
        ("own", "expected"),
        [({}, ("p", "d", "")), ({"project_id": "q", "database_id": "e", "namespace_id": "n"}, ("q", "e", "n"))],
    )
    def test_keys_are_of_the_partition_that_is_asked(self, own: dict[str, str], expected: tuple[str, str, str]) -> None:
        """Which has project and database from the request where it names none."""
        gql = GqlQuery(query_string="SELECT * WHERE a = KEY(k, 1)", allow_literals=True)
        query = translate(gql, PartitionId(**own), "p", "d").query
        found = query.filter.property_filter.value.key_value.partition_id
        assert (found.project_id, found.database_id, found.namespace_id) == expected


class TestRefusals:
    """Rules of bindings."""

    def test_site_without_binding(self) -> None:
        """By name, and by number: those count from 1."""
        message = "The binding site @x at line 1, column 20 has no binding of that name."
        assert refusal("SELECT * WHERE a = @x", y=1) == message
        assert refusal("SELECT * WHERE a = @X", x=1).endswith("has no binding of that name.")
        message = "The binding site @2 at line 1, column 20 has no binding: there are 1 positional ones."
        assert refusal("SELECT * WHERE a = @2", 1) == message
        assert "@0 at" in refusal("SELECT * WHERE a = @0", 1)
        assert "has no binding" in refusal("SELECT * WHERE a = @" + "9" * 6_000, 1)

    def test_number_without_site(self) -> None:
        """Each must be used."""
        message = "The positional binding 2 is not used: the query has no site @2."
        assert refusal("SELECT * WHERE a = @1 AND b = @3", 1, 2, 3) == message
        assert "binding 1 is not used" in refusal("SELECT COUNT(*)", 1)

    @pytest.mark.parametrize("name", ["", "1a", "a-b", "ä", "a b", "__x__", "____", "a\n"])
    def test_names_out_of_form(self, name: str) -> None:
        """Even when the text does not ask for them."""
        expected = f'The name "{name}" of a binding is not of the form [A-Za-z_$][A-Za-z_$0-9]*, or reserved.'
        assert refusal("SELECT *", **{name: 1}) == expected

    def test_reserved_site(self) -> None:
        """There cannot be a binding for it."""
        assert (
            refusal("SELECT * WHERE a = @__x__") == "The binding site @__x__ at line 1, column 20 has a reserved name."
        )

    def test_cursor_for_a_value(self) -> None:
        """And a value that is no integer for a count."""
        message = "The binding @1 at line 1, column 20 must be a value, not a cursor."
        assert refusal("SELECT * WHERE a = @1", b"C") == message
        message = "The binding @1 at line 1, column 16 must be an integer or a cursor."
        assert refusal("SELECT * LIMIT @1", "x") == message

    def test_count_out_of_range(self) -> None:
        """As if it had been written."""
        assert "@1 at line 1, column 17 is -1, not between" in refusal("SELECT * OFFSET @1", -1)
        assert "is 2147483648, not between" in refusal("SELECT * LIMIT @1", 1 << 31)

    def test_empty_parameter(self) -> None:
        """Neither value nor cursor."""
        message = "The binding @1 at line 1, column 16 has neither a value nor a cursor."
        assert refusal("SELECT * LIMIT @1", GqlQueryParameter()) == message
