"""Counts, sums and averages."""

import pytest

from tests.contract.queries import fill
from tests.contract.targets import CallError
from tests.emulator.talk import Talk, leaf


class TestAggregations:
    """count, sum and avg."""

    def test_count(self, store: Talk) -> None:
        """Of all, of those that match, up to a bound, behind an offset, up to a limit."""
        fill(store, a=1, b=1, c=2, d=3)
        assert store.aggregate(("count",)) == {"property_1": 4}
        assert store.aggregate(("count", "", "n"), where=leaf(("p", "=", 1))) == {"n": 2}
        assert store.aggregate(("count", "3")) == {"property_1": 3}
        assert store.aggregate(("count", "0")) == {"property_1": 0}
        assert store.aggregate(("count",), limit=2) == {"property_1": 2}
        assert store.aggregate(("count",), offset=3, limit=2) == {"property_1": 1}

    def test_sum_and_average(self, store: Talk) -> None:
        """Integers stay integers until a double is among them; the average is a double."""
        fill(store, a=1, b=2)
        assert store.aggregate(("sum", "p"), ("avg", "p")) == {"property_1": 3, "property_2": 1.5}
        fill(store, c=0.5)
        assert store.aggregate(("sum", "p")) == {"property_1": 3.5}

    def test_of_nothing(self, store: Talk) -> None:
        """0 and null."""
        assert store.aggregate(("sum", "p", "s"), ("avg", "p", "a"), ("count", "", "n")) == {"s": 0, "a": None, "n": 0}

    def test_other_types_are_passed_over(self, store: Talk) -> None:
        """They count as results all the same."""
        fill(store, a=1, b="x", c=None)
        assert store.aggregate(("sum", "p", "s"), ("avg", "p", "a"), ("count", "", "n")) == {"s": 1, "a": 1.0, "n": 3}

    def test_results_have_every_summed_property(self, store: Talk) -> None:
        """Also those that are only counted."""
        store.put("Kind", "a", p=1, q=1)
        store.put("Kind", "b", p=2)
        assert store.aggregate(("sum", "p", "p"), ("sum", "q", "q"), ("count", "", "n")) == {"p": 1, "q": 1, "n": 1}

    def test_an_overflowing_sum_is_a_double(self, store: Talk) -> None:
        """As near as a double can be."""
        fill(store, a=2**63 - 1, b=1)
        assert store.aggregate(("sum", "p")) == {"property_1": 2.0**63}

    def test_rules_of_aggregations(self, store: Talk) -> None:
        """One to five of them, by different names, over properties, up to no negative bound."""
        for wrong in (
            [],
            [("count",)] * 6,
            [("count", "", "n"), ("sum", "p", "n")],
            [("count", "", "property_1"), ("count",)],
            [("sum", "__key__")],
            [("sum", "")],
            [("count", "-1")],
            [("count", "", "__n__")],
        ):
            with pytest.raises(CallError, match="INVALID_ARGUMENT"):
                store.aggregate(*wrong)

    def test_only_what_the_query_returns(self, store: Talk) -> None:
        """A projection has no other properties, and keys have none at all."""
        fill(store, a=1)
        assert store.aggregate(("sum", "p"), project=["p"]) == {"property_1": 1}
        for options in ({"project": ["q"]}, {"keys_only": True}):
            with pytest.raises(CallError, match="INVALID_ARGUMENT"):
                store.aggregate(("sum", "p"), **options)

    def test_gql(self, store: Talk) -> None:
        """Echoed as the query that it means."""
        fill(store, a=1, b=2)
        request = store.aggregation_request()
        request.ClearField("aggregation_query")
        request.gql_query.query_string = "SELECT COUNT(*) AS n, SUM(p) FROM Kind"
        reply = store.call("RunAggregationQuery", request)
        numbers = reply.batch.aggregation_results[0].aggregate_properties
        assert (numbers["n"].integer_value, numbers["property_1"].integer_value) == (2, 3)
        assert reply.query.nested_query.kind[0].name == "Kind"
