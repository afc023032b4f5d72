"""Queries of alternatives, of exclusions and of several inequalities."""

from tests.contract.queries import fill, refused
from tests.emulator.talk import Talk, either, every, found_names, leaf


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

    def test_one_ancestor_for_all(self, store: Talk) -> None:
        """Alternatives lie under the same ancestor or under none."""
        above = leaf(("__key__", "HAS_ANCESTOR", store.key("Kind", "a")))
        refused(store, "Kind", where=either(above, leaf(("p", "=", 1))))

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
        """Neither beside alternatives, be it a list of one, nor with more than ten values."""
        refused(store, "Kind", ("p", "NOT_IN", [1]), ("q", "IN", [1]))
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
