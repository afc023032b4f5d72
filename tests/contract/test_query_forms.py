"""The forms that queries take: alternatives, exclusions, several inequalities, projections, groups, metadata."""

from typing import Any

import pytest

from consistency.emulator.values.messages import Message, Value
from tests.contract.targets import CallError
from tests.contract.test_queries import fill
from tests.emulator.talk import NO_MORE, Talk, either, every, found_names, leaf, properties_of, unindexed


def rows(batch: Message) -> list[tuple[str | int, dict[str, object]]]:
    """Names and projected values."""
    return list(zip(found_names(batch), map(properties_of, batch.entity_results), strict=True))


def refused(store: Talk, kind: str | None = "Kind", *filters: Any, **options: Any) -> str:
    """The message with which a query is refused."""
    with pytest.raises(CallError) as refusal:
        store.query(kind, *filters, **options)
    assert refusal.value.code == "INVALID_ARGUMENT"
    return refusal.value.message


class TestAlternatives:
    """IN and OR."""

    def test_in(self, store: Talk) -> None:
        """Any of the values, in key order."""
        fill(store, a=1, b=2, c=3, d=None)
        assert found_names(store.query("Kind", ("p", "IN", [3, 1, 7]))) == ["a", "c"]
        assert found_names(store.query("Kind", ("p", "IN", [None, 1]))) == ["a", "d"]

    def test_in_under_an_order(self, store: Talk) -> None:
        """One order over all alternatives."""
        fill(store, a=3, b=2, c=1)
        assert found_names(store.query("Kind", ("p", "IN", [3, 1]), orders=["p"])) == ["c", "a"]
        assert found_names(store.query("Kind", ("p", "IN", [3, 1]), orders=["-p"])) == ["a", "c"]

    def test_or_of_different_properties(self, store: Talk) -> None:
        """An entity that fits twice comes once."""
        for name, (p, q) in {"a": (1, 1), "b": (1, 2), "c": (2, 1), "d": (2, 2)}.items():
            store.put("Kind", name, p=p, q=q)
        where = either(leaf(("p", "=", 1)), leaf(("q", "=", 1)))
        assert found_names(store.query("Kind", where=where)) == ["a", "b", "c"]
        assert found_names(store.query("Kind", where=where, orders=["q", "-p"]))[0] == "c"

    def test_and_over_or_is_distributed(self, store: Talk) -> None:
        """Each alternative must meet the rest."""
        for name, (p, q) in {"a": (1, 1), "b": (1, 2), "c": (2, 1), "d": (3, 2)}.items():
            store.put("Kind", name, p=p, q=q)
        where = every(either(leaf(("p", "=", 1)), leaf(("p", "=", 3))), leaf(("q", "=", 2)))
        assert found_names(store.query("Kind", where=where)) == ["b", "d"]

    def test_pages_of_alternatives(self, store: Talk) -> None:
        """A cursor stands in the merged order."""
        fill(store, a=3, b=2, c=1, d=2)
        where = either(leaf(("p", "=", 2)), leaf(("p", ">", 2)))
        found: list[str | int] = []
        cursor = b""
        for _ in range(4):
            batch = store.query("Kind", where=where, limit=1, start=cursor)
            found += found_names(batch)
            cursor = batch.end_cursor
        assert found == ["b", "d", "a"]

    def test_thirty_alternatives_at_most(self, store: Talk) -> None:
        """After normalisation."""
        store.query("Kind", ("p", "IN", list(range(15))), ("q", "IN", [1, 2]))
        assert "30" in refused(store, "Kind", ("p", "IN", list(range(16))), ("q", "IN", [1, 2]))
        assert "30" in refused(store, "Kind", ("p", "IN", list(range(31))))

    def test_in_needs_values(self, store: Talk) -> None:
        """A list, and not an empty one."""
        refused(store, "Kind", ("p", "IN", []))
        refused(store, "Kind", ("p", "IN", 1))

    def test_keys(self, store: Talk) -> None:
        """IN of keys finds those that exist."""
        fill(store, a=1, b=2, c=3)
        keys = [store.key("Kind", name) for name in ("c", "a", "x")]
        assert found_names(store.query("Kind", ("__key__", "IN", keys))) == ["a", "c"]
        assert found_names(store.query("Kind", ("__key__", "IN", keys), orders=["-p"])) == ["c", "a"]


class TestExclusions:
    """!= and NOT_IN."""

    def test_not_equal(self, store: Talk) -> None:
        """Everything indexed but the value, null among it, in the property's order."""
        fill(store, a=3, b=2, c=None, d=1, e="x")
        store.put("Kind", "lacking")
        assert found_names(store.query("Kind", ("p", "!=", 2))) == ["c", "d", "a", "e"]

    def test_not_in(self, store: Talk) -> None:
        """None of the values."""
        fill(store, a=3, b=2, c=None, d=1)
        assert found_names(store.query("Kind", ("p", "NOT_IN", [1, 3]))) == ["c", "b"]

    def test_of_keys(self, store: Talk) -> None:
        """The others, in key order."""
        fill(store, a=1, b=2, c=3)
        assert found_names(store.query("Kind", ("__key__", "!=", store.key("Kind", "b")))) == ["a", "c"]
        keys = [store.key("Kind", "a"), store.key("Kind", "c")]
        assert found_names(store.query("Kind", ("__key__", "NOT_IN", keys))) == ["b"]

    def test_beside_an_equality(self, store: Talk) -> None:
        """Of another property."""
        for name, (p, q) in {"a": (1, 1), "b": (1, 2), "c": (2, 1)}.items():
            store.put("Kind", name, p=p, q=q)
        assert found_names(store.query("Kind", ("q", "=", 1), ("p", "!=", 1))) == ["c"]

    def test_one_at_most(self, store: Talk) -> None:
        """Of both kinds together."""
        refused(store, "Kind", ("p", "!=", 1), ("p", "!=", 2))
        refused(store, "Kind", ("p", "!=", 1), ("q", "NOT_IN", [2]))

    def test_not_in_stands_alone(self, store: Talk) -> None:
        """Neither beside alternatives nor with more than ten values."""
        refused(store, "Kind", ("p", "NOT_IN", [1]), ("q", "IN", [1, 2]))
        refused(store, "Kind", where=either(leaf(("p", "NOT_IN", [2])), leaf(("q", "=", 1))))
        refused(store, "Kind", ("p", "NOT_IN", list(range(11))))

    def test_an_array_comes_once(self, store: Talk) -> None:
        """Though several of its elements differ from the value."""
        fill(store, a=[1, 2, 3], b=[2])
        assert found_names(store.query("Kind", ("p", "!=", 2))) == ["a"]


class TestSeveralInequalities:
    """On different properties: Datastore mode."""

    @staticmethod
    def grid(store: Talk) -> None:
        for p in (1, 2):
            for q in (1, 2):
                store.put("Kind", f"{p}{q}", p=p, q=q, r=1)

    def test_they_are_ordered_by_name(self, store: Talk) -> None:
        """Where the query gives no order."""
        self.grid(store)
        assert found_names(store.query("Kind", ("q", ">", 0), ("p", ">=", 1))) == ["11", "12", "21", "22"]
        assert found_names(store.query("Kind", ("q", ">", 1), ("p", ">", 1))) == ["22"]

    def test_any_order_may_come_first(self, store: Talk) -> None:
        """What is added follows its direction."""
        self.grid(store)
        assert found_names(store.query("Kind", ("p", ">", 0), orders=["-q"])) == ["22", "12", "21", "11"]
        assert found_names(store.query("Kind", ("p", ">", 0), orders=["-r"])) == ["22", "21", "12", "11"]
        assert found_names(store.query("Kind", ("p", ">", 0), ("q", ">", 0), orders=["q"])) == ["11", "21", "12", "22"]

    def test_beside_a_range_of_keys(self, store: Talk) -> None:
        """__key__ is one of the properties."""
        self.grid(store)
        assert found_names(store.query("Kind", ("p", ">", 0), ("__key__", ">", store.key("Kind", "12")))) == [
            "21",
            "22",
        ]

    def test_ten_at_most(self, store: Talk) -> None:
        """The message counts them."""
        assert "11" in refused(store, "Kind", *((f"p{number}", ">", 0) for number in range(11)))


class TestProjections:
    """Results from index rows."""

    def test_one_result_for_each_element(self, store: Talk) -> None:
        """In the property's order."""
        fill(store, a=[1, 3], b=2)
        batch = store.query("Kind", project=["p"])
        assert rows(batch) == [("a", {"p": 1}), ("b", {"p": 2}), ("a", {"p": 3})]
        assert batch.entity_result_type == 2

    def test_of_two_arrays_every_combination(self, store: Talk) -> None:
        """In the order of the names of the properties, however they are listed."""
        store.put("Kind", "a", p=[1, 2], q=["x", "y"])
        expected = [(1, "x"), (1, "y"), (2, "x"), (2, "y")]
        assert [(row["p"], row["q"]) for _, row in rows(store.query("Kind", project=["q", "p"]))] == expected

    def test_only_matching_elements(self, store: Talk) -> None:
        """Of the property with the inequality."""
        fill(store, a=[1, 3], b=2)
        assert rows(store.query("Kind", ("p", ">", 1), project=["p"])) == [("b", {"p": 2}), ("a", {"p": 3})]

    def test_entities_that_lack_it_are_missing(self, store: Talk) -> None:
        """So are those in which it is not indexed."""
        store.put("Kind", "lacking", q=1)
        store.put("Kind", "unindexed", p=unindexed(1), q=1)
        store.put("Kind", "held", p=1, q=1)
        assert rows(store.query("Kind", project=["p"])) == [("held", {"p": 1})]

    def test_values_come_as_the_index_has_them(self, store: Talk) -> None:
        """Timestamps as microseconds, blobs as strings, all with meaning 18."""
        moment = Value()
        moment.timestamp_value.seconds = 5
        fill(store, moment=moment, blob=b"xy", null=None, half=0.5, yes=True, key=store.key("Kind", "a"))
        results = store.query("Kind", project=["p"]).entity_results
        values = {result.entity.key.path[-1].name: result.entity.properties["p"] for result in results}
        assert {value.meaning for value in values.values()} == {18}
        assert (values["moment"].integer_value, values["blob"].string_value) == (5_000_000, "xy")
        assert (values["half"].double_value, values["yes"].boolean_value) == (0.5, True)
        assert values["null"].WhichOneof("value_type") == "null_value"
        assert values["key"].key_value.path[0].name == "a"

    def test_beside_an_equality_and_an_order(self, store: Talk) -> None:
        """On other properties."""
        for name, (p, q) in {"a": (1, 2), "b": (1, 1), "c": (2, 0)}.items():
            store.put("Kind", name, p=p, q=q, r=name)
        batch = store.query("Kind", ("p", "=", 1), orders=["q"], project=["r"])
        assert rows(batch) == [("b", {"r": "b"}), ("a", {"r": "a"})]

    def test_pages_of_rows(self, store: Talk) -> None:
        """A cursor stands between two elements of one entity."""
        fill(store, a=[1, 3], b=2)
        first = store.query("Kind", project=["p"], limit=2)
        rest = store.query("Kind", project=["p"], start=first.end_cursor)
        assert rows(first) + rows(rest) == [("a", {"p": 1}), ("b", {"p": 2}), ("a", {"p": 3})]
        assert rest.more_results in {NO_MORE, 2}

    def test_what_cannot_be_projected(self, store: Talk) -> None:
        """A property with an equality, one twice, or none."""
        refused(store, "Kind", ("p", "=", 1), project=["p"])
        refused(store, "Kind", project=["p", "p"])
        refused(store, "Kind", project=[""])

    def test_a_property_of_an_embedded_entity(self, store: Talk) -> None:
        """By its path, in filters and orders too."""
        inner = Value()
        inner.entity_value.properties["b"].integer_value = 5
        store.put("Kind", "a", e=inner)
        assert rows(store.query("Kind", project=["e.b"])) == [("a", {"e.b": 5})]
        assert found_names(store.query("Kind", ("e.b", "=", 5))) == ["a"]
        assert found_names(store.query("Kind", ("e.b", "<", 5))) == []
        assert found_names(store.query("Kind", orders=["e.b"])) == ["a"]


class TestGroups:
    """distinct_on."""

    @staticmethod
    def several(store: Talk) -> None:
        for name, (p, q) in {"a": (1, 1), "b": (1, 2), "c": (2, 1), "d": (2, 3)}.items():
            store.put("Kind", name, p=p, q=q)

    def test_the_first_of_each(self, store: Talk) -> None:
        """By key, or by the orders behind the groups."""
        self.several(store)
        assert found_names(store.query("Kind", distinct=["p"])) == ["a", "c"]
        assert found_names(store.query("Kind", distinct=["p"], orders=["p", "-q"])) == ["b", "d"]
        assert found_names(store.query("Kind", distinct=["p"], orders=["-p", "q"])) == ["c", "a"]

    def test_projected(self, store: Talk) -> None:
        """Only the groups' own values, or others too."""
        self.several(store)
        assert rows(store.query("Kind", distinct=["p"], project=["p"])) == [("a", {"p": 1}), ("c", {"p": 2})]
        assert rows(store.query("Kind", distinct=["p"], project=["q"])) == [("a", {"q": 1}), ("c", {"q": 1})]

    def test_pages_of_groups(self, store: Talk) -> None:
        """A group is not begun again behind a cursor."""
        self.several(store)
        first = store.query("Kind", distinct=["p"], limit=1)
        assert found_names(store.query("Kind", distinct=["p"], start=first.end_cursor)) == ["c"]

    def test_rules_of_groups(self, store: Talk) -> None:
        """Groups come first in the order, and are neither the key, nor repeated, nor filtered by equality."""
        refused(store, "Kind", distinct=["q"], orders=["p"])
        refused(store, "Kind", distinct=["__key__"])
        refused(store, "Kind", distinct=["p", "p"])
        refused(store, "Kind", ("p", "=", 1), distinct=["p"], project=["q"])


class TestMasks:
    """property_mask in RunQuery."""

    def test_only_masked_properties_come(self, store: Talk) -> None:
        """With the key, whether the entity has them or not."""
        store.put("Kind", "a", p=1, q=2)
        store.put("Kind", "b", p=1)
        request = store.query_request("Kind")
        request.property_mask.paths.append("q")
        assert rows(store.call("RunQuery", request).batch) == [("a", {"q": 2}), ("b", {})]

    def test_not_with_a_projection(self, store: Talk) -> None:
        """It would say the same twice."""
        request = store.query_request("Kind", project=["q"])
        request.property_mask.paths.append("q")
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.call("RunQuery", request)


class TestKindless:
    """Queries without a kind."""

    def test_only_by_key(self, store: Talk) -> None:
        """Nothing else is common to all kinds."""
        refused(store, None, ("p", "=", 1))
        refused(store, None, orders=["-__key__"])
        refused(store, None, orders=["p"])


class TestMetadata:
    """The kinds that describe the others."""

    def test_kinds(self, store: Talk) -> None:
        """Those of the namespace that have entities."""
        for kind in ("B", "A", "C"):
            store.put(kind, "a")
        assert found_names(store.query("__kind__")) == ["A", "B", "C"]
        above = ("__key__", ">", store.key("__kind__", "A"))
        assert found_names(store.query("__kind__", above, limit=1)) == ["B"]

    def test_namespaces(self, store: Talk) -> None:
        """All that have entities."""
        store.put("Kind", "a")
        own = ("__key__", "=", store.key("__namespace__", store.namespace))
        assert found_names(store.query("__namespace__", own)) == [store.namespace]

    def test_properties(self, store: Talk) -> None:
        """Each indexed one below its kind, with the types that its values have."""
        store.put("Kind", "a", p=1, q="x", hidden=unindexed(1))
        store.put("Kind", "b", p=None)
        store.put("Other", "a", r=0.5)
        expected = [
            ("p", {"property_representation": ["INT64", "NULL"]}),
            ("q", {"property_representation": ["STRING"]}),
        ]
        kind = store.key("__kind__", "Kind")
        assert rows(store.query("__property__", ancestor=kind)) == expected
        assert found_names(store.query("__property__", keys_only=True)) == ["p", "q", "r"]


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


class TestGql:
    """Queries as text."""

    def test_a_query_with_bindings(self, store: Talk) -> None:
        """It finds what its messages would, and is echoed as them."""
        fill(store, a=1, b=2, c=3)
        request = store.query_request()
        request.ClearField("query")
        request.gql_query.query_string = "SELECT * FROM Kind WHERE p >= @low ORDER BY p DESC LIMIT @1"
        request.gql_query.named_bindings["low"].value.integer_value = 2
        request.gql_query.positional_bindings.add().value.integer_value = 1
        reply = store.call("RunQuery", request)
        assert found_names(reply.batch) == ["c"]
        assert (reply.query.kind[0].name, reply.query.limit.value) == ("Kind", 1)
