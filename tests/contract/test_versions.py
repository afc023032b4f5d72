"""Entities of a version or a time: conflict detection and reads of the past."""

import pytest

from tests.contract.targets import CallError
from tests.emulator.changes import based
from tests.emulator.talk import Talk, delete, found_names, insert, update, upsert


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
