"""Transactions with entity groups, optimistic: what the legacy service documents."""

import pytest

from tests.contract.targets import CallError
from tests.emulator.talk import Talk, found_names, update, upsert


class TestReading:
    """What a transaction sees."""

    def test_its_own_writes_are_not_seen(self, store: Talk) -> None:
        """Writes travel with the commit, so there is nothing to see before it."""
        store.put("Kind", "a", x=1)
        transaction = store.begin()
        assert store.get("Kind", "a", transaction=transaction) == {"x": 1}
        store.commit(update(store.key("Kind", "a"), x=2), transaction=transaction)
        assert store.get("Kind", "a") == {"x": 2}

    def test_a_group_is_read_as_it_was_when_first_touched(self, store: Talk) -> None:
        """Entities, absences and ancestor queries of one group belong to one snapshot."""
        store.put("Root", "r", x=1)
        transaction = store.begin()
        assert store.get("Root", "r", transaction=transaction) == {"x": 1}
        store.put("Root", "r", x=2)
        store.put("Root", "r", "Child", "c")
        assert store.get("Root", "r", transaction=transaction) == {"x": 1}
        assert store.get("Root", "r", "Child", "c", transaction=transaction) is None
        batch = store.query(None, ancestor=store.key("Root", "r"), transaction=transaction)
        assert found_names(batch) == ["r"]

    def test_global_queries_are_refused(self, store: Talk) -> None:
        """A transaction is over entity groups, and a global query names none."""
        with pytest.raises(CallError) as refusal:
            store.query("Kind", transaction=store.begin())
        assert refusal.value.code == "INVALID_ARGUMENT"


class TestConflicts:
    """Two writers of one group."""

    def test_a_lost_update_is_aborted_and_the_other_wins(self, store: Talk) -> None:
        """Both read 0 and write; the second commit fails, the first one stays."""
        store.put("Counter", "c", n=0)
        first, second = store.begin(), store.begin()
        for transaction in (first, second):
            assert store.get("Counter", "c", transaction=transaction) == {"n": 0}
        store.commit(update(store.key("Counter", "c"), n=1), transaction=first)
        with pytest.raises(CallError) as refusal:
            store.commit(update(store.key("Counter", "c"), n=100), transaction=second)
        assert refusal.value.code == "ABORTED"
        assert store.get("Counter", "c") == {"n": 1}

    def test_a_writer_outside_transactions_wins_too(self, store: Talk) -> None:
        """It does not ask, so the reader's snapshot is old."""
        transaction = store.begin()
        store.get("Kind", "a", transaction=transaction)
        store.put("Kind", "a", x=1)
        with pytest.raises(CallError, match="ABORTED"):
            store.commit(upsert(store.key("Kind", "a"), x=2), transaction=transaction)

    def test_the_group_is_the_unit(self, store: Talk) -> None:
        """A write to a relative conflicts, though it is another entity."""
        transaction = store.begin()
        store.get("Root", "r", "Child", "a", transaction=transaction)
        store.put("Root", "r", "Child", "b")
        with pytest.raises(CallError, match="ABORTED"):
            store.commit(upsert(store.key("Root", "r", "Child", "a")), transaction=transaction)

    def test_another_group_does_not_conflict(self, store: Talk) -> None:
        """Roots are strangers to one another."""
        transaction = store.begin()
        store.get("Kind", "a", transaction=transaction)
        store.put("Kind", "b")
        store.commit(upsert(store.key("Kind", "a"), x=1), transaction=transaction)
        assert store.get("Kind", "a") == {"x": 1}

    def test_write_skew_inside_a_group_is_aborted(self, store: Talk) -> None:
        """Both read both and each writes one: not serializable, so one fails."""
        for name in ("a", "b"):
            store.put("Root", "r", "Child", name, on=True)
        transactions = [store.begin(), store.begin()]
        keys = [store.key("Root", "r", "Child", name) for name in ("a", "b")]
        for transaction in transactions:
            assert len(store.lookup(*keys, transaction=transaction).found) == 2
        store.commit(update(keys[0], on=False), transaction=transactions[0])
        with pytest.raises(CallError, match="ABORTED"):
            store.commit(update(keys[1], on=False), transaction=transactions[1])

    def test_a_transaction_over_two_groups_is_atomic(self, store: Talk) -> None:
        """Money moved between accounts is neither lost nor made."""
        store.put("Account", "a", money=10)
        store.put("Account", "b", money=0)
        transaction = store.begin()
        store.lookup(store.key("Account", "a"), store.key("Account", "b"), transaction=transaction)
        store.commit(
            update(store.key("Account", "a"), money=3),
            update(store.key("Account", "b"), money=7),
            transaction=transaction,
        )
        assert [store.get("Account", name) for name in "ab"] == [{"money": 3}, {"money": 7}]


class TestEnds:
    """After its end a transaction is gone."""

    @pytest.mark.parametrize("end", ["commit", "rollback"])
    def test_everything_that_names_it_is_refused(self, store: Talk, end: str) -> None:
        """INVALID_ARGUMENT, for reads, commits and rollbacks alike."""
        transaction = store.begin()
        if end == "commit":
            store.commit(transaction=transaction)
        else:
            store.rollback(transaction)
        for attempt in (
            lambda: store.get("Kind", "a", transaction=transaction),
            lambda: store.commit(transaction=transaction),
            lambda: store.rollback(transaction),
        ):
            with pytest.raises(CallError) as refusal:
                attempt()
            assert refusal.value.code == "INVALID_ARGUMENT"

    @staticmethod
    def aborted(store: Talk) -> bytes:
        transaction = store.begin()
        store.get("Kind", "a", transaction=transaction)
        store.put("Kind", "a")
        with pytest.raises(CallError, match="ABORTED"):
            store.commit(upsert(store.key("Kind", "a"), x=1), transaction=transaction)
        return transaction

    def test_an_aborted_transaction_is_gone(self, store: Talk) -> None:
        """It cannot be tried again."""
        transaction = self.aborted(store)
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.get("Kind", "a", transaction=transaction)
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(transaction=transaction)

    def test_an_aborted_transaction_can_be_rolled_back_once(self, store: Talk) -> None:
        """As clients do before they try again with a new one."""
        transaction = self.aborted(store)
        store.rollback(transaction)
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.rollback(transaction)

    def test_a_transactional_commit_needs_a_transaction(self, store: Talk) -> None:
        """And a non-transactional one must not have any."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(transaction=b"never begun")

    def test_a_refused_mutation_does_not_end_it(self, store: Talk) -> None:
        """The commit failed, the transaction can still be rolled back."""
        store.put("Kind", "a")
        transaction = store.begin()
        with pytest.raises(CallError, match="NOT_FOUND"):
            store.commit(update(store.key("Kind", "b")), transaction=transaction)
        store.rollback(transaction)


class TestReadOnly:
    """Read-only transactions."""

    def test_writing_is_refused(self, store: Talk) -> None:
        """INVALID_ARGUMENT."""
        with pytest.raises(CallError, match="INVALID_ARGUMENT"):
            store.commit(upsert(store.key("Kind", "a")), transaction=store.begin(read_only=True))

    def test_one_snapshot_of_a_group_and_no_conflict(self, store: Talk) -> None:
        """A later write is neither seen nor in the way."""
        store.put("Kind", "a", x=1)
        transaction = store.begin(read_only=True)
        assert store.get("Kind", "a", transaction=transaction) == {"x": 1}
        store.put("Kind", "a", x=2)
        assert store.get("Kind", "a", transaction=transaction) == {"x": 1}
        store.commit(transaction=transaction)
