"""Entities by key: what is put comes back, and what a commit does to them."""

from typing import Any

import pytest

from consistency.emulator.values.messages import Entity, Message, Value
from tests.contract.targets import CallError
from tests.emulator.talk import Talk, delete, entity_of, insert, properties_of, unindexed, update, upsert


def values() -> dict[str, object]:
    """One value of each type."""
    moment, point, inner = Value(), Value(), Value()
    moment.timestamp_value.seconds, moment.timestamp_value.nanos = 1_700_000_000, 123_456_000
    point.geo_point_value.latitude, point.geo_point_value.longitude = 46.9, 7.4
    inner.entity_value.CopyFrom(entity_of(None, {"x": 1, "y": unindexed("long" * 1000)}))
    inner.exclude_from_indexes = True
    return {"null": None, "yes": True, "whole": -(2**63), "real": 2.5, "text": "ä\0b", "bytes": b"\xff\0",
            "many": [1, "a"], "moment": moment, "point": point, "inner": inner}  # fmt: skip


class TestRoundTrip:
    """What was put comes back."""

    def test_every_type_of_value(self, store: Talk) -> None:
        """Value by value, as it was sent."""
        sent = entity_of(store.key("Kind", "a"), values())
        mutation = upsert(sent.key)
        mutation.upsert.CopyFrom(sent)
        store.commit(mutation)
        (found,) = store.lookup(sent.key).found
        assert {name: stripped(value) for name, value in found.entity.properties.items()} == {
            name: stripped(value) for name, value in sent.properties.items()
        }

    def test_the_key_comes_back_in_full(self, store: Talk) -> None:
        """Partition and path, found or missing."""
        store.put("Kind", "a")
        reply = store.lookup(store.key("Kind", "a"), store.key("Kind", "b"))
        assert [result.entity.key for result in reply.found] == [store.key("Kind", "a")]
        assert [result.entity.key for result in reply.missing] == [store.key("Kind", "b")]

    def test_a_key_without_a_project_inherits_the_requests(self, store: Talk) -> None:
        """In commits and lookups alike."""
        key = store.key("Kind", "a")
        key.partition_id.project_id = ""
        store.commit(upsert(key, x=1))
        assert store.get("Kind", "a") == {"x": 1}
        assert store.lookup(key).found[0].entity.key == store.key("Kind", "a")

    def test_ancestors_need_not_exist(self, store: Talk) -> None:
        """A child of nobody is an entity like any other."""
        store.put("Kind00", "grandpa", "Kind00", "father", "Kind01", "child", x=1)
        assert store.get("Kind00", "grandpa", "Kind00", "father", "Kind01", "child") == {"x": 1}
        assert store.get("Kind00", "grandpa") is None

    def test_ids_and_names_and_kinds_are_different_keys(self, store: Talk) -> None:
        """1 is not "1", and a child is not its parent."""
        for path in (("K", 1), ("K", "1"), ("L", 1), ("K", 1, "K", 1)):
            store.put(*path, path="/".join(map(str, path)))
        assert [store.get(*path) for path in (("K", 1), ("K", "1"), ("L", 1), ("K", 1, "K", 1))] == [
            {"path": "K/1"}, {"path": "K/1"}, {"path": "L/1"}, {"path": "K/1/K/1"}]  # fmt: skip

    def test_namespaces_are_apart(self, store: Talk) -> None:
        """The same path elsewhere is another entity."""
        other = Talk(store.call, store.namespace + "-other")
        store.put("Kind", "a", x=1)
        assert other.get("Kind", "a") is None
        assert not other.query("Kind").entity_results


class TestMutations:
    """insert, update, upsert, delete."""

    def test_insert_needs_absence(self, store: Talk) -> None:
        """ALREADY_EXISTS, and the entity stays as it was."""
        store.commit(insert(store.key("Kind", "a"), x=1))
        with pytest.raises(CallError) as refusal:
            store.commit(insert(store.key("Kind", "a"), x=2))
        assert refusal.value.code == "ALREADY_EXISTS"
        assert store.get("Kind", "a") == {"x": 1}

    def test_update_needs_presence(self, store: Talk) -> None:
        """NOT_FOUND, and nothing is made."""
        with pytest.raises(CallError) as refusal:
            store.commit(update(store.key("Kind", "a"), x=1))
        assert refusal.value.code == "NOT_FOUND"
        assert store.get("Kind", "a") is None

    def test_an_upsert_replaces_the_whole_entity(self, store: Talk) -> None:
        """Properties that it does not name are gone."""
        store.put("Kind", "a", x=1, y=1)
        store.put("Kind", "a", x=2)
        assert store.get("Kind", "a") == {"x": 2}

    def test_delete_and_insert_again(self, store: Talk) -> None:
        """A deleted entity is absent, and deleting it again succeeds."""
        store.put("Kind", "a", x=1)
        store.commit(delete(store.key("Kind", "a")))
        assert store.get("Kind", "a") is None
        store.commit(delete(store.key("Kind", "a")))
        store.commit(insert(store.key("Kind", "a"), x=2))
        assert store.get("Kind", "a") == {"x": 2}

    def test_versions_grow(self, store: Talk) -> None:
        """From commit to commit; lookup tells the version that commit told."""
        first = store.put("Kind", "a", x=1).mutation_results[0].version
        second = store.put("Kind", "a", x=2).mutation_results[0].version
        assert second > first
        assert store.lookup(store.key("Kind", "a")).found[0].version == second

    def test_writing_the_same_entity_keeps_its_version(self, store: Talk) -> None:
        """Nothing changed, so nothing new is told."""
        first = store.put("Kind", "a", x=1, y="b").mutation_results[0].version
        assert store.put("Kind", "a", x=1, y="b").mutation_results[0].version == first
        assert store.put("Kind", "a", x=1, y="c").mutation_results[0].version > first

    def test_results_come_in_the_order_of_mutations(self, store: Talk) -> None:
        """A key is told where it was allocated, and only there."""
        reply = store.commit(upsert(store.key("Kind", "a")), insert(store.key("Kind")), delete(store.key("Kind", "b")))
        assert [result.HasField("key") for result in reply.mutation_results] == [False, True, False]
        assert reply.mutation_results[1].key.path[0].id != 0

    def test_allocated_ids_differ(self, store: Talk) -> None:
        """Each incomplete key becomes an entity of its own."""
        reply = store.commit(*(insert(store.key("Kind", "a", "Child"), n=n) for n in range(20)))
        keys = [result.key for result in reply.mutation_results]
        assert len({key.path[-1].id for key in keys}) == 20
        assert [properties_of(found)["n"] for key in keys for found in store.lookup(key).found] == list(range(20))

    def test_a_refused_transactional_commit_leaves_nothing(self, store: Talk) -> None:
        """All or none."""
        store.put("Kind", "b")
        with pytest.raises(CallError, match="ALREADY_EXISTS"):
            store.commit(upsert(store.key("Kind", "a")), insert(store.key("Kind", "b")), transaction=store.begin())
        assert store.get("Kind", "a") is None

    def test_later_mutations_of_a_transaction_see_earlier_ones(self, store: Talk) -> None:
        """insert, update, delete, insert of one entity, in order."""
        key = store.key("Kind", "a")
        store.commit(insert(key, x=1), update(key, x=2), delete(key), insert(key, x=3), transaction=store.begin())
        assert store.get("Kind", "a") == {"x": 3}

    @pytest.mark.parametrize("operations", [(insert, insert), (upsert, insert), (delete, update)])
    def test_sequences_that_are_not_permitted(self, store: Talk, operations: tuple[Any, Any]) -> None:
        """One commit neither inserts what it has written nor updates what it has deleted."""
        key = store.key("Kind", "a")
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(*(operation(key) for operation in operations), transaction=store.begin())
        assert store.get("Kind", "a") is None


def stripped(value: Message) -> bytes:
    """A value's bytes with nothing left to the order of maps."""
    stripped_bytes: bytes = (value if isinstance(value, Value) else Entity()).SerializeToString(deterministic=True)
    return stripped_bytes
