"""What eventual reads of the legacy service may show, and what nothing may ever show."""

import pytest

from tests.contract.targets import CallError
from tests.emulator.talk import STRONG, Talk, found_names, update


class TestLateStore:
    """Nothing is applied by itself."""

    def test_strong_reads_are_never_stale(self, late_store: Talk) -> None:
        """Lookup and ancestor query see every commit at once."""
        for number in range(5):
            late_store.put("Kind00", "grandpa", "Kind01", f"e{number}", n=number)
            assert late_store.get("Kind00", "grandpa", "Kind01", f"e{number}") == {"n": number}
            batch = late_store.query("Kind01", ("n", "=", number), ancestor=late_store.key("Kind00", "grandpa"))
            assert found_names(batch) == [f"e{number}"]

    def test_a_global_query_may_miss_a_commit(self, late_store: Talk) -> None:
        """Again and again."""
        late_store.put("Kind", "a", n=1)
        for _ in range(3):
            assert found_names(late_store.query("Kind", ("n", "=", 1))) == []

    def test_a_strong_lookup_makes_it_visible_to_global_queries(self, late_store: Talk) -> None:
        """The interference that probes must avoid."""
        late_store.put("Kind", "a", n=1)
        late_store.get("Kind", "a")
        assert found_names(late_store.query("Kind", ("n", "=", 1))) == ["a"]

    def test_an_ancestor_query_makes_its_group_visible(self, late_store: Talk) -> None:
        """Its own group, no other."""
        late_store.put("Kind", "a", n=1)
        late_store.put("Kind", "b", n=1)
        late_store.query("Kind", ancestor=late_store.key("Kind", "a"))
        assert found_names(late_store.query("Kind", ("n", "=", 1))) == ["a"]

    def test_an_update_leaves_the_old_row(self, late_store: Talk) -> None:
        """The entity is found by its old value and not by its new one."""
        late_store.put("Kind", "a", n=1)
        late_store.get("Kind", "a")
        late_store.commit(update(late_store.key("Kind", "a"), n=2))
        assert found_names(late_store.query("Kind", ("n", "=", 1))) == ["a"]
        assert found_names(late_store.query("Kind", ("n", "=", 2))) == []


class TestRules:
    """Which reads may be what."""

    def test_a_global_query_cannot_be_strong(self, store: Talk) -> None:
        """It names no entity group that could be rolled forward."""
        with pytest.raises(CallError) as refusal:
            store.query("Kind", consistency=STRONG)
        assert refusal.value.code == "INVALID_ARGUMENT"

    def test_an_ancestor_query_can_be_strong(self, store: Talk) -> None:
        """As it is by default."""
        store.put("Kind", "a")
        batch = store.query("Kind", ancestor=store.key("Kind", "a"), consistency=STRONG)
        assert found_names(batch) == ["a"]
