"""Every construct of the language against the message that it stands for, and what lark has of both."""

import subprocess
import sys

import pytest

from consistency.emulator.gql.builder import PARTS
from consistency.emulator.gql.parser import _load_parser
from tests.emulator.gql.asking import Value, ask, filter_of, read_aggregation_query, read_query
from tests.emulator.gql.cases import AGGREGATIONS, COMPARISONS, ENDINGS, JUNCTIONS, QUALIFIED, SELECTIONS, VALUES


class TestQueries:
    """Text to Query."""

    @pytest.mark.parametrize(("text", "expected"), SELECTIONS + QUALIFIED)
    def test_what_is_selected(self, text: str, expected: str) -> None:
        """SELECT and FROM."""
        translated = ask(text)
        assert translated.query == read_query(expected)
        assert translated.aggregation is None

    @pytest.mark.parametrize(("text", "expected"), ENDINGS)
    def test_order_limit_and_offset(self, text: str, expected: str) -> None:
        """Counts and cursors, written and bound."""
        assert ask(f"SELECT * {text}", n=7, here=b"HERE", there=b"THERE").query == read_query(expected)

    @pytest.mark.parametrize(("text", "expected"), JUNCTIONS)
    def test_conditions_joined(self, text: str, expected: str) -> None:
        """AND binds closer than OR; parentheses stay."""
        assert ask(f"SELECT * WHERE {text}").query == read_query(f"filter {{ {expected} }}")

    @pytest.mark.parametrize(("text", "expected"), AGGREGATIONS)
    def test_aggregations(self, text: str, expected: str) -> None:
        """Both forms; the query is the aggregation's own."""
        translated = ask(text)
        assert translated.aggregation == read_aggregation_query(expected)
        assert translated.query == translated.aggregation.nested_query
        assert translated.aggregation.HasField("nested_query")


class TestConditions:
    """One comparison to one property filter."""

    @pytest.mark.parametrize(("text", "operator"), COMPARISONS)
    def test_comparisons(self, text: str, operator: str) -> None:
        """The value may stand on either side."""
        found = filter_of(text, one=1)
        assert (found.property.name, found.value.integer_value) == ("a", 1)
        assert found.op == type(found).Operator.Value(operator)

    @pytest.mark.parametrize("text", ["a IS NULL", "a = NULL", "NULL = a", "a contains null", "null in a"])
    def test_null(self, text: str) -> None:
        """A value like others, in many spellings."""
        found = filter_of(text)
        assert (found.op, found.value.WhichOneof("value_type")) == (found.EQUAL, "null_value")

    @pytest.mark.parametrize(("text", "operator"), [("IN", "IN"), ("NOT IN", "NOT_IN"), ("not\nin", "NOT_IN")])
    @pytest.mark.parametrize("values", ["ARRAY(1, 2)", "@both"])
    def test_sets(self, text: str, operator: str, values: str) -> None:
        """IN and NOT IN take an array, written or bound."""
        both = Value()
        both.array_value.values.extend([Value(integer_value=1), Value(integer_value=2)])
        found = filter_of(f"a {text} {values}", both=both)
        assert found.op == type(found).Operator.Value(operator)
        assert found.value == both

    @pytest.mark.parametrize(
        "text",
        ["__key__ HAS ANCESTOR KEY(P, 1)", "KEY(P, 1) has descendant __key__", "k.__key__ HAS ANCESTOR KEY(P, 1)"],
    )
    def test_ancestors(self, text: str) -> None:
        """From above and from below."""
        found = filter_of(text)
        assert (found.op, found.property.name) == (found.HAS_ANCESTOR, "__key__")
        assert found.value.key_value.path[0].kind == "P"

    @pytest.mark.parametrize(("text", "expected"), VALUES)
    def test_values(self, text: str, expected: str) -> None:
        """Every literal."""
        wanted = read_query(f"filter {{ property_filter {{ value {{ {expected} }} }} }}").filter.property_filter.value
        assert filter_of(f"a = {text}", one=1).value == wanted

    @pytest.mark.parametrize(
        "name", ["FIRST", "key", "Blob", "DATETIME", "array", "project", "database", "namespace", "over"]
    )
    def test_predefined_names_are_names_too(self, name: str) -> None:
        """Where no parenthesis follows."""
        assert filter_of(f"{name} = 1").property.name == name
        assert ask(f"SELECT {name} FROM {name} ORDER BY {name}").query.kind[0].name == name


class TestGrammar:
    """gql.lark and what is made of it."""

    def test_every_rule_has_its_part(self) -> None:
        """One without would leave a piece of lark's tree among the parts; one too many is dead."""
        rules = {rule.alias or str(rule.origin.name) for rule in _load_parser().rules}
        transparent = {"selection", "source", "where", "aggregator", "either", "both", "condition", "position", "value"}
        made = {rule for rule in rules if not rule.startswith("_") and rule not in transparent}
        assert made | {"either", "both"} == set(PARTS)

    @pytest.mark.slow
    def test_lark_waits_for_the_first_query(self) -> None:
        """Importing it would be felt at every start."""
        lines = "import sys, consistency.emulator.gql.translation\nassert 'lark' not in sys.modules"
        subprocess.run([sys.executable, "-c", lines], check=True)
