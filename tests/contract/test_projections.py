"""What of its entities a query gives: projections, groups, masks."""

import pytest

from consistency.emulator.values.messages import Value
from tests.contract.queries import fill, refused, rows
from tests.contract.targets import CallError
from tests.emulator.talk import NO_MORE, Talk, found_names, unindexed


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

    def test_keys_in_a_range_come_in_their_order(self, store: Talk) -> None:
        """Rows are in the order of keys first: an inequality comes before what is projected."""
        fill(store, a=[5, 1], b=3, c=0)
        batch = store.query("Kind", ("__key__", "<", store.key("Kind", "z")), project=["p"])
        assert rows(batch) == [("a", {"p": 1}), ("a", {"p": 5}), ("b", {"p": 3}), ("c", {"p": 0})]

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
