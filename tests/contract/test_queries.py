"""Queries: what is found, and in which order."""

import pytest

from consistency.emulator.values.messages import Value
from tests.contract.queries import fill
from tests.contract.targets import CallError
from tests.emulator.talk import Talk, found_names, unindexed, upsert


class TestFilters:
    """What matches."""

    def test_a_kind_alone(self, store: Talk) -> None:
        """All its entities by key, none of another kind."""
        fill(store, b=1, a=2)
        store.put("Other", "c")
        store.put("Kind", 7)
        assert found_names(store.query("Kind")) == [7, "a", "b"]

    def test_a_kind_that_nobody_wrote(self, store: Talk) -> None:
        """Empty, not an error."""
        assert found_names(store.query("Nobody")) == []

    @pytest.mark.parametrize(
        ("operator", "expected"), [("=", ["b"]), ("<", ["a"]), ("<=", ["a", "b"]), (">", ["c"]), (">=", ["b", "c"])]
    )
    def test_operators(self, store: Talk, operator: str, expected: list[str]) -> None:
        """Each on integers, in the property's order."""
        fill(store, a=1, b=2, c=3)
        assert found_names(store.query("Kind", ("p", operator, 2))) == expected

    def test_both_ends(self, store: Talk) -> None:
        """Two inequalities on one property make a range."""
        fill(store, a=1, b=2, c=3, d=4)
        assert found_names(store.query("Kind", ("p", ">", 1), ("p", "<=", 3))) == ["b", "c"]

    def test_equalities_are_joined(self, store: Talk) -> None:
        """An entity must meet all of them."""
        store.commit(*(upsert(store.key("Kind", f"e{n:02}"), two=n % 2, three=n % 3, five=n % 5) for n in range(30)))
        assert found_names(store.query("Kind", ("two", "=", 1), ("three", "=", 1))) == [
            "e01",
            "e07",
            "e13",
            "e19",
            "e25",
        ]
        assert found_names(store.query("Kind", ("two", "=", 1), ("three", "=", 2), ("five", "=", 0))) == ["e05"]

    def test_lacking_or_unindexed_properties_match_nothing(self, store: Talk) -> None:
        """Not even an order: without an index row there is no place to stand."""
        store.put("Kind", "lacking")
        store.put("Kind", "unindexed", p=unindexed(1))
        store.put("Kind", "null", p=None)
        store.put("Kind", "one", p=1)
        assert found_names(store.query("Kind", ("p", "=", 1))) == ["one"]
        assert found_names(store.query("Kind", orders=["p"])) == ["null", "one"]

    def test_an_array_matches_by_any_element(self, store: Talk) -> None:
        """Equalities by different elements, inequalities by one and the same."""
        fill(store, a=[1, 9], b=[5])
        assert found_names(store.query("Kind", ("p", "=", 1), ("p", "=", 9))) == ["a"]
        assert found_names(store.query("Kind", ("p", ">", 2), ("p", "<", 8))) == ["b"]

    def test_an_array_stands_once(self, store: Talk) -> None:
        """At its smallest matching element, or at its largest when descending."""
        fill(store, a=[1, 9], b=5, c=[])
        assert found_names(store.query("Kind", orders=["p"])) == ["a", "b"]
        assert found_names(store.query("Kind", orders=["-p"])) == ["a", "b"]
        assert found_names(store.query("Kind", ("p", ">", 1))) == ["b", "a"]

    def test_changes_move_rows(self, store: Talk) -> None:
        """Old values find nothing any more."""
        fill(store, a=1)
        fill(store, a=2)
        assert found_names(store.query("Kind", ("p", "=", 1))) == []
        assert found_names(store.query("Kind", ("p", "=", 2))) == ["a"]

    def test_an_empty_composite_filter_is_refused(self, store: Talk) -> None:
        """It says nothing."""
        request = store.query_request("Kind")
        request.query.filter.composite_filter.op = 1
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.call("RunQuery", request)


class TestAncestors:
    """HAS_ANCESTOR."""

    @staticmethod
    def family(store: Talk) -> None:
        store.put("Kind00", "grandpa", "Kind00", "father", "Kind01", "child", p=1)
        store.put("Kind00", "grandpa", "Kind01", "uncle", p=1)
        store.put("Kind00", "grandpa2", "Kind01", "stranger", p=1)
        store.put("Kind01", "orphan", p=1)

    def test_at_any_distance(self, store: Talk) -> None:
        """Below father, and below grandpa, neither of whom exists."""
        self.family(store)
        father = store.key("Kind00", "grandpa", "Kind00", "father")
        assert found_names(store.query("Kind01", ancestor=father)) == ["child"]
        assert found_names(store.query("Kind01", ancestor=store.key("Kind00", "grandpa"))) == ["child", "uncle"]
        filtered = store.query("Kind01", ("p", "=", 1), ancestor=store.key("Kind00", "grandpa"))
        assert found_names(filtered) == ["child", "uncle"]

    def test_the_ancestor_itself_is_included(self, store: Talk) -> None:
        """An entity is its own ancestor."""
        store.put("Kind", "a", p=1)
        store.put("Kind", "a", "Kind", "b", p=1)
        assert found_names(store.query("Kind", ancestor=store.key("Kind", "a"))) == ["a", "b"]

    def test_without_a_kind(self, store: Talk) -> None:
        """The whole family, kinds mixed, in key order."""
        self.family(store)
        assert found_names(store.query(None, ancestor=store.key("Kind00", "grandpa"))) == ["child", "uncle"]


class TestKeyFilters:
    """__key__."""

    def test_ranges_of_keys(self, store: Talk) -> None:
        """Ids before names, both ends as asked."""
        for name in (1, 10, "a", "b"):
            store.put("Kind", name)
        assert found_names(store.query("Kind", ("__key__", ">", store.key("Kind", 1)))) == [10, "a", "b"]
        assert found_names(store.query("Kind", ("__key__", "<=", store.key("Kind", "a")))) == [1, 10, "a"]
        assert found_names(store.query("Kind", ("__key__", "=", store.key("Kind", 10)))) == [10]

    def test_kindless(self, store: Talk) -> None:
        """Across kinds, by key."""
        for kind in "CAB":
            store.put(kind, "x")
        keys = [result.entity.key.path[0].kind for result in store.query(None).entity_results]
        assert keys == ["A", "B", "C"]
        batch = store.query(None, ("__key__", ">", store.key("A", "x")))
        assert [result.entity.key.path[0].kind for result in batch.entity_results] == ["B", "C"]

    def test_kindless_filters_of_properties_are_refused(self, store: Talk) -> None:
        """There is no index of a property over all kinds."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.query(None, ("p", "=", 1))

    def test_keys_only(self, store: Talk) -> None:
        """Keys in full, no properties."""
        fill(store, a=1, b=1)
        batch = store.query("Kind", ("p", "=", 1), keys_only=True)
        assert [result.entity.key for result in batch.entity_results] == [
            store.key("Kind", "a"),
            store.key("Kind", "b"),
        ]
        assert not any(result.entity.properties for result in batch.entity_results)
        assert batch.entity_result_type == 3


class TestOrder:
    """Sorting."""

    def test_by_one_property_and_then_by_key(self, store: Talk) -> None:
        """Equal values stand by key upwards."""
        fill(store, d=1, a=2, c=2, b=3)
        assert found_names(store.query("Kind", orders=["p"])) == ["d", "a", "c", "b"]
        assert found_names(store.query("Kind", orders=["-p", "__key__"])) == ["b", "a", "c", "d"]

    def test_the_key_goes_upwards_under_a_descending_order(self, store: Talk) -> None:
        """Unless the query says how."""
        fill(store, d=1, a=2, c=2, b=3)
        assert found_names(store.query("Kind", orders=["-p"])) == ["b", "a", "c", "d"]

    def test_the_key_follows_a_descending_order(self, store: Talk) -> None:
        """Unless the query says how."""
        fill(store, d=1, a=2, c=2, b=3)
        assert found_names(store.query("Kind", orders=["-p"])) == ["b", "c", "a", "d"]

    def test_by_key_downwards(self, store: Talk) -> None:
        """The one order that a kind has by itself, reversed."""
        fill(store, a=1, b=1, c=1)
        assert found_names(store.query("Kind", orders=["-__key__"])) == ["c", "b", "a"]

    def test_by_two_properties(self, store: Talk) -> None:
        """The second decides among equals of the first."""
        for name, (p, q) in {"a": (1, 1), "b": (1, 2), "c": (0, 1), "d": (0, 2)}.items():
            store.put("Kind", name, p=p, q=q)
        assert found_names(store.query("Kind", orders=["p", "-q"])) == ["d", "c", "b", "a"]
        assert found_names(store.query("Kind", orders=["-p", "q"])) == ["a", "b", "c", "d"]

    def test_types_have_ranks(self, store: Talk) -> None:
        """Null, integers with timestamps, booleans, text with blobs, doubles, points, keys."""
        moment, point = Value(), Value()
        moment.timestamp_value.seconds = 1
        point.geo_point_value.latitude = 1.0
        fill(store, null=None, small=-5, large=2_000_000, moment=moment, no=False, yes=True, text="b", blob=b"a",
             double=-1.5, point=point, key=store.key("Kind", "a"))  # fmt: skip
        assert found_names(store.query("Kind", orders=["p"])) == [
            "null", "small", "moment", "large", "no", "yes", "blob", "text", "double", "point", "key"]  # fmt: skip

    def test_an_inequality_must_come_first_among_orders(self, store: Talk) -> None:
        """The rows that it picks are in its own order."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.query("Kind", ("p", ">", 1), orders=["q"])
