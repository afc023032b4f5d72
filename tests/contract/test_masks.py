"""Property masks and property transforms."""

import pytest

from consistency.emulator.values.messages import Message, Value
from tests.contract.targets import CallError
from tests.emulator.changes import masked, transformed
from tests.emulator.talk import Talk, entity_of, insert, properties_of, unindexed, update, upsert


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


def embedded(**properties: object) -> Message:
    """An entity as a value."""
    value = Value()
    value.entity_value.CopyFrom(entity_of(None, properties))
    return value


def plain(value: Message) -> object:
    """What a Value holds."""
    return getattr(value, value.WhichOneof("value_type"))
