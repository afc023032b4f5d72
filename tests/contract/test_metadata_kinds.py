"""Queries without a kind, and of the kinds that tell what there is."""

from tests.contract.queries import refused, rows
from tests.emulator.talk import Talk, found_names, unindexed


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
