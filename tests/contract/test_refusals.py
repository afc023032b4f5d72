"""Keys and values that cannot be written, and ids."""

import pytest

from consistency.emulator.values.messages import CommitRequest, Key, LookupRequest, RunQueryRequest, Value
from tests.contract.targets import CallError
from tests.emulator.talk import Talk, delete, set_value, unindexed, update, upsert


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
        "value",
        ["x" * 1501, b"x" * 1501, [[1]], Value(), Key(path=[{"kind": "Kind"}])],
        ids=["long text", "long blob", "nested array", "no type", "incomplete key"],
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

    def test_the_default_database_has_no_name(self, store: Talk) -> None:
        """Its id is empty, so that nobody reads or writes beside it."""
        named = {"project_id": "p", "database_id": "(default)"}
        for method, request in (
            ("Lookup", LookupRequest(**named, keys=[{"path": [{"kind": "Kind", "name": "a"}]}])),
            ("RunQuery", RunQueryRequest(**named, query={"kind": [{"name": "Kind"}]})),
            ("Commit", CommitRequest(**named, mode=2)),
        ):
            with pytest.raises(CallError, match="INVALID_ARGUMENT"):
                store.call(method, request)

    def test_another_project_in_a_key(self, store: Talk) -> None:
        """A request stays in its project."""
        key = store.key("Kind", "a")
        key.partition_id.project_id = "another"
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(upsert(key))


class TestMeanings:
    """What a value stands for besides its type."""

    @pytest.mark.parametrize(
        ("value", "meanings"),
        [
            (None, ()),
            (True, ()),
            (1, (13, 29, 30)),
            (101, (29, 30)),
            (300_000_000_000_000_000, (7, 29, 30)),
            (1.5, ()),
            ("x", (1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 17)),
            (unindexed("x"), (1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 15, 17)),
            (b"x", (16,)),
            (unindexed(b"x"), (16, 22)),
            ([1], ()),
        ],
    )
    def test_each_with_each_type(self, store: Talk, value: object, meanings: tuple[int, ...]) -> None:
        """Those that the type has are stored, alone and in an array; all others are refused."""
        taken = [meaning for meaning in range(1, 31) if self.takes(store, value, meaning)]
        assert taken == list(meanings)

    @staticmethod
    def takes(store: Talk, value: object, meaning: int) -> bool:
        sent = Value()
        set_value(sent, value)
        sent.meaning = meaning
        try:
            store.put("Kind", "a", p=sent)
            if not isinstance(value, list):
                store.put("Kind", "b", p=[sent])
        except CallError as error:
            return error.code != "INVALID_ARGUMENT"
        return True


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
