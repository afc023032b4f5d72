"""Entities by key: commit and lookup."""

import pytest

from consistency.emulator.values.messages import Entity, Message, Value
from tests.contract.targets import CallError
from tests.emulator.changes import based, masked, transformed
from tests.emulator.talk import Talk, delete, entity_of, found_names, insert, properties_of, unindexed, update, upsert


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

    def test_a_second_insert_in_one_transaction_is_refused(self, store: Talk) -> None:
        """The first one made it exist."""
        key = store.key("Kind", "a")
        with pytest.raises(CallError, match="ALREADY_EXISTS"):
            store.commit(insert(key, x=1), insert(key, x=2), transaction=store.begin())
        assert store.get("Kind", "a") is None


class TestMasks:
    """Property masks of lookups and of mutations."""

    def test_a_lookup_returns_what_is_listed(self, store: Talk) -> None:
        """Key, version and only those properties; what is not there is left out."""
        store.put("Kind", "a", x=1, y=2, z=3)
        (found,) = store.lookup(store.key("Kind", "a"), mask=["x", "z", "missing"]).found
        assert properties_of(found) == {"x": 1, "z": 3}
        assert found.entity.key == store.key("Kind", "a")

    def test_a_lookup_of_the_key_alone(self, store: Talk) -> None:
        """The entity is found, and has no properties."""
        store.put("Kind", "a", x=1)
        (found,) = store.lookup(store.key("Kind", "a"), mask=["__key__"]).found
        assert properties_of(found) == {}

    def test_a_lookup_into_an_embedded_entity(self, store: Talk) -> None:
        """A path with a dot."""
        store.put("Kind", "a", inner=unindexed(embedded(b=1, c=2)), x=1)
        (found,) = store.lookup(store.key("Kind", "a"), mask=["inner.b"]).found
        assert dict(properties_of(found)).keys() == {"inner"}
        assert found.entity.properties["inner"].entity_value.properties.keys() == {"b"}

    def test_a_write_changes_what_is_listed(self, store: Talk) -> None:
        """What is listed and not sent is removed, what is sent and not listed is left as it was."""
        store.put("Kind", "a", x=1, y=2, z=3)
        store.commit(masked(upsert(store.key("Kind", "a"), x=10, z=30), "x", "y"))
        assert store.get("Kind", "a") == {"x": 10, "z": 3}

    def test_a_masked_write_of_a_new_entity(self, store: Talk) -> None:
        """It has what is listed, and nothing else."""
        store.commit(masked(insert(store.key("Kind", "a"), x=1, y=2), "x"))
        assert store.get("Kind", "a") == {"x": 1}

    def test_a_masked_write_into_an_embedded_entity(self, store: Talk) -> None:
        """Its neighbours stay."""
        store.put("Kind", "a", inner=unindexed(embedded(b=1, c=2)))
        store.commit(masked(update(store.key("Kind", "a"), inner=unindexed(embedded(b=9))), "inner.b"))
        (found,) = store.lookup(store.key("Kind", "a")).found
        inner = found.entity.properties["inner"].entity_value.properties
        assert (inner["b"].integer_value, inner["c"].integer_value) == (9, 2)

    def test_a_name_with_a_dot_is_quoted(self, store: Talk) -> None:
        """In backquotes it is one name and no path."""
        mutation = masked(upsert(store.key("Kind", "a"), x=1), "`a.b`")
        mutation.upsert.properties["a.b"].integer_value = 2
        store.commit(mutation)
        assert store.get("Kind", "a") == {"a.b": 2}

    @pytest.mark.parametrize("path", ["__reserved__", "a..b", ""])
    def test_paths_that_cannot_be_meant(self, store: Talk, path: str) -> None:
        """INVALID_ARGUMENT."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(masked(upsert(store.key("Kind", "a"), x=1), path))


class TestTransforms:
    """What a commit computes."""

    @pytest.mark.parametrize(
        ("before", "kind", "operand", "expected"),
        [
            (5, "increment", 2, 7),
            (5, "increment", 0.5, 5.5),
            (0.5, "increment", 1, 1.5),
            (2**63 - 1, "increment", 1, 2**63 - 1),
            (-(2**63), "increment", -1, -(2**63)),
            ("text", "increment", 3, 3),
            (None, "increment", 3, 3),
            (3, "maximum", 3.0, 3),
            (3, "maximum", 3.5, 3.5),
            (3.5, "maximum", 3, 3.5),
            (3, "minimum", 2.5, 2.5),
            (2, "minimum", 2.5, 2),
            (0.0, "minimum", 0, 0.0),
            (1, "maximum", float("nan"), float("nan")),
            ([1, 2], "append_missing_elements", [2.0, 3, 3], [1, 2, 3]),
            ("text", "append_missing_elements", [1], [1]),
            (None, "append_missing_elements", [1, 1.0], [1]),
            ([1, None, 2, 1], "remove_all_from_array", [1.0, None], [2]),
            ("text", "remove_all_from_array", [1], []),
            (float("nan"), "minimum", 1, float("nan")),
        ],
    )
    def test_what_comes_out(self, store: Talk, before: object, kind: str, operand: object, expected: object) -> None:
        """Of each transform, in the type that it should have; stored and told."""
        store.put("Kind", "a", **({} if before is None else {"n": before}), other=1)
        mutation = masked(transformed(update(store.key("Kind", "a")), n=(kind, operand)))
        (told,) = store.commit(mutation).mutation_results[0].transform_results
        stored = store.get("Kind", "a") or {}
        assert stored["other"] == 1
        assert repr(stored["n"]) == repr(expected)
        if isinstance(expected, list):
            assert told.WhichOneof("value_type") == "null_value"
        else:
            assert repr(plain(told)) == repr(expected)

    def test_the_request_time_is_one(self, store: Talk) -> None:
        """The same for all of a commit, to the millisecond."""
        mutations = [
            transformed(
                upsert(store.key("Kind", name)), t=("set_to_server_value", None), u=("set_to_server_value", None)
            )
            for name in "ab"
        ]
        results = store.commit(*mutations, single_use=True).mutation_results
        times = {told.SerializeToString() for result in results for told in result.transform_results}
        assert len(times) == 1
        assert results[0].transform_results[0].timestamp_value.nanos % 1_000_000 == 0

    def test_they_apply_in_order(self, store: Talk) -> None:
        """Each to what the one before it made."""
        mutation = transformed(upsert(store.key("Kind", "a"), n=1), n=("increment", 2))
        transformed(mutation, n=("maximum", 10))
        results = store.commit(mutation).mutation_results[0].transform_results
        assert [plain(told) for told in results] == [3, 10]
        assert store.get("Kind", "a") == {"n": 10}

    @pytest.mark.parametrize("operand", ["text", None, True])
    def test_operands_that_are_no_numbers(self, store: Talk, operand: object) -> None:
        """INVALID_ARGUMENT, and nothing is written."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(transformed(upsert(store.key("Kind", "a")), n=("increment", operand)))
        assert store.get("Kind", "a") is None


class TestConflictDetection:
    """base_version and update_time."""

    def test_the_right_version_writes(self, store: Talk) -> None:
        """The one that was told."""
        version = store.put("Kind", "a", x=1).mutation_results[0].version
        (result,) = store.commit(based(update(store.key("Kind", "a"), x=2), version)).mutation_results
        assert not result.conflict_detected
        assert store.get("Kind", "a") == {"x": 2}

    def test_an_old_version_is_skipped(self, store: Talk) -> None:
        """The stored entity stays; its version is told. Other mutations of the commit are done."""
        old = store.put("Kind", "a", x=1).mutation_results[0].version
        new = store.put("Kind", "a", x=2).mutation_results[0].version
        results = store.commit(
            based(upsert(store.key("Kind", "a"), x=3), old), upsert(store.key("Kind", "b"), x=1)
        ).mutation_results
        assert [result.conflict_detected for result in results] == [True, False]
        assert results[0].version == new
        assert (store.get("Kind", "a"), store.get("Kind", "b")) == ({"x": 2}, {"x": 1})

    def test_a_conflict_may_fail_the_commit(self, store: Talk) -> None:
        """Strategy FAIL: FAILED_PRECONDITION, and nothing is done."""
        old = store.put("Kind", "a", x=1).mutation_results[0].version
        store.put("Kind", "a", x=2)
        with pytest.raises(CallError, match="FAILED_PRECONDITION"):
            store.commit(
                upsert(store.key("Kind", "b")), based(delete(store.key("Kind", "a")), old, fail=True), single_use=True
            )
        assert (store.get("Kind", "a"), store.get("Kind", "b")) == ({"x": 2}, None)

    def test_zero_means_absent(self, store: Talk) -> None:
        """It writes the first time and is a conflict the second."""
        key = store.key("Kind", "a")
        told = [
            store.commit(based(upsert(key, x=number), 0)).mutation_results[0].conflict_detected for number in range(2)
        ]
        assert told == [False, True]
        assert store.get("Kind", "a") == {"x": 0}

    def test_the_update_time_serves_as_well(self, store: Talk) -> None:
        """As lookup tells it."""
        store.put("Kind", "a", x=1)
        seen = store.lookup(store.key("Kind", "a")).found[0].update_time
        told = [store.commit(based(update(store.key("Kind", "a"), x=number), update_time=seen)) for number in (2, 3)]
        assert [reply.mutation_results[0].conflict_detected for reply in told] == [False, True]
        assert store.get("Kind", "a") == {"x": 2}

    @pytest.mark.parametrize("case", ["negative", "insert", "update", "different"])
    def test_versions_that_cannot_be_meant(self, store: Talk, case: str) -> None:
        """INVALID_ARGUMENT."""
        key = store.key("Kind", "a")
        version = store.put("Kind", "a", x=1).mutation_results[0].version
        mutations = {
            "negative": [based(upsert(key), -1)],
            "insert": [based(insert(key), 1)],
            "update": [based(update(key), 0)],
            "different": [based(update(key), version), based(delete(key), version - 1)],
        }[case]
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(*mutations, single_use=True)


class TestReadTime:
    """Reads of the past."""

    def test_a_read_time_shows_the_past(self, store: Talk) -> None:
        """Lookups and queries, whatever was written, changed or deleted since."""
        store.put("Kind", "a", x=1)
        store.put("Kind", "b", x=1)
        then = store.lookup(store.key("Kind", "a")).read_time
        store.put("Kind", "a", x=2)
        store.put("Kind", "c", x=1)
        store.commit(delete(store.key("Kind", "b")))
        assert [store.get("Kind", name, at=then) for name in "abc"] == [{"x": 1}, {"x": 1}, None]
        assert found_names(store.query("Kind", ("x", "=", 1), at=then)) == ["a", "b"]
        assert found_names(store.query("Kind", ("x", "=", 1))) == ["c"]

    def test_a_read_only_transaction_in_the_past(self, store: Talk) -> None:
        """All that it reads is of that time."""
        store.put("Kind", "a", x=1)
        then = store.lookup(store.key("Kind", "a")).read_time
        store.put("Kind", "a", x=2)
        transaction = store.begin(read_only=True, at=then)
        assert store.get("Kind", "a", transaction=transaction) == {"x": 1}
        assert found_names(store.query("Kind", ("x", "=", 1), transaction=transaction)) == ["a"]

    def test_times_that_cannot_be_read(self, store: Talk) -> None:
        """Those in the future."""
        now = store.lookup(store.key("Kind", "a")).read_time
        now.seconds += 86_400
        with pytest.raises(CallError) as refusal:
            store.get("Kind", "a", at=now)
        assert refusal.value.code in {"INVALID_ARGUMENT", "FAILED_PRECONDITION"}


class TestRefusals:
    """Requests that are wrong in themselves: INVALID_ARGUMENT."""

    @pytest.mark.parametrize(
        "path",
        [("", "a"), ("Kind", 0), ("__kind__", "a"), ("Kind", "__a__"), ("Kind", None, "Child", "a"), ("K" * 1501, "a")],
        ids=["empty kind", "id 0", "reserved kind", "reserved name", "incomplete ancestor", "long kind"],
    )
    def test_keys_that_cannot_be_written(self, store: Talk, path: tuple[str | int | None, ...]) -> None:
        """Each is named in the refusal."""
        with pytest.raises(CallError) as refusal:
            store.put(*path)
        assert refusal.value.code == "INVALID_ARGUMENT"

    @pytest.mark.parametrize("operation", [update, delete])
    def test_update_and_delete_need_complete_keys(self, store: Talk, operation: object) -> None:
        """There is nothing that an incomplete key could name."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(operation(store.key("Kind")))  # type: ignore[operator]

    def test_a_lookup_needs_complete_keys(self, store: Talk) -> None:
        """Likewise."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.lookup(store.key("Kind"))

    def test_reserved_keys_may_be_read(self, store: Talk) -> None:
        """They are missing."""
        assert store.get("__reserved__", "a") is None

    @pytest.mark.parametrize(
        "value", ["x" * 1501, b"x" * 1501, [[1]], Value()], ids=["long text", "long blob", "nested array", "no type"]
    )
    def test_values_that_cannot_be_written(self, store: Talk, value: object) -> None:
        """Indexed text has a limit, arrays are flat."""
        with pytest.raises(CallError) as refusal:
            store.put("Kind", "a", x=value)
        assert refusal.value.code == "INVALID_ARGUMENT"

    def test_a_reserved_property_name(self, store: Talk) -> None:
        """Two underscores on both sides are the service's own."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.put("Kind", "a", __x__=1)

    def test_long_text_is_welcome_outside_indexes(self, store: Talk) -> None:
        """The limit is the index's."""
        store.put("Kind", "a", x=unindexed("x" * 100_000))
        assert store.get("Kind", "a") == {"x": "x" * 100_000}

    def test_a_non_transactional_commit_names_an_entity_once(self, store: Talk) -> None:
        """There is no order that could decide."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(upsert(store.key("Kind", "a"), x=1), upsert(store.key("Kind", "a"), x=2))

    def test_another_project_in_a_key(self, store: Talk) -> None:
        """A request stays in its project."""
        key = store.key("Kind", "a")
        key.partition_id.project_id = "another"
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(upsert(key))


class TestIds:
    """AllocateIds."""

    def test_ids_come_in_order_and_once(self, store: Talk) -> None:
        """One per key, with the key's path, never the same."""
        keys = [store.key("Kind"), store.key("Kind", "a", "Child"), store.key("Kind")]
        allocated = [key for _ in range(3) for key in store.allocate(*keys).keys]
        assert [[element.kind for element in key.path] for key in allocated[:3]] == [
            ["Kind"],
            ["Kind", "Child"],
            ["Kind"],
        ]
        roots = [key.path[0].id for key in allocated if len(key.path) == 1]
        assert len(set(roots)) == 6
        assert 0 not in roots

    def test_reserved_keys_are_not_allocated(self, store: Talk) -> None:
        """However many are asked for."""
        reserved = [store.key("Kind", number) for number in range(1, 50)]
        store.reserve(*reserved)
        allocated = {key.path[0].id for key in store.allocate(*[store.key("Kind")] * 100).keys}
        assert not allocated & set(range(1, 50))

    def test_complete_keys_are_refused(self, store: Talk) -> None:
        """They have what they could be given."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.allocate(store.key("Kind", "a"))


def stripped(value: Message) -> bytes:
    """A value's bytes with nothing left to the order of maps."""
    stripped_bytes: bytes = (value if isinstance(value, Value) else Entity()).SerializeToString(deterministic=True)
    return stripped_bytes


def embedded(**properties: object) -> Message:
    """An entity as a value."""
    value = Value()
    value.entity_value.CopyFrom(entity_of(None, properties))
    return value


def plain(value: Message) -> object:
    """What a Value holds."""
    return getattr(value, value.WhichOneof("value_type"))
