"""Transactions in every mode of concurrency: what all of them promise, and where they differ.

One client asks for one thing after the other here, so a pessimistic writer that meets a lock waits in vain and is
ABORTED, where an optimistic reader is ABORTED afterwards. That one of two in conflict wins, and only one, is what both
promise. Clients that run at the same time are in tests/emulator/transactions.
"""

import pytest

from consistency.emulator.values.messages import Message
from tests.contract.targets import CallError
from tests.emulator.talk import Talk, found_names, insert, update, upsert


def wins(store: Talk, *mutations: Message, transaction: bytes = b"") -> bool:
    """Whether the commit goes through or is ABORTED; nothing else may happen."""
    try:
        store.commit(*mutations, transaction=transaction)
    except CallError as error:
        if error.code != "ABORTED":
            raise
        return False
    return True


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
        """Entities, absences and ancestor queries of one group belong to one state, whatever others try."""
        store.put("Root", "r", x=1)
        transaction = store.begin()
        assert store.get("Root", "r", transaction=transaction) == {"x": 1}
        assert store.get("Root", "r", "Child", "c", transaction=transaction) is None
        wins(store, upsert(store.key("Root", "r"), x=2))
        wins(store, upsert(store.key("Root", "r", "Child", "c")))
        assert store.get("Root", "r", transaction=transaction) == {"x": 1}
        assert store.get("Root", "r", "Child", "c", transaction=transaction) is None
        batch = store.query(None, ancestor=store.key("Root", "r"), transaction=transaction)
        assert found_names(batch) == ["r"]

    def test_global_queries_are_refused_in_entity_groups(self, store: Talk) -> None:
        """A transaction is over entity groups, and a global query names none."""
        with pytest.raises(CallError) as refusal:
            store.query("Kind", transaction=store.begin())
        assert refusal.value.code == "INVALID_ARGUMENT"

    def test_a_global_query_belongs_to_the_transactions_state(self, store: Talk) -> None:
        """It sees what the transaction's other reads see."""
        store.put("Kind", "a", x=1)
        transaction = store.begin()
        assert found_names(store.query("Kind", ("x", "=", 1), transaction=transaction)) == ["a"]
        wins(store, upsert(store.key("Kind", "a"), x=2))
        wins(store, upsert(store.key("Kind", "b"), x=1))
        assert found_names(store.query("Kind", ("x", "=", 1), transaction=transaction)) == ["a"]
        assert store.get("Kind", "a", transaction=transaction) == {"x": 1}


class TestConflicts:
    """Two writers of one thing."""

    def test_of_two_lost_updates_one_wins(self, store: Talk) -> None:
        """Both read 0 and write; one commit fails, the other one stays."""
        store.put("Counter", "c", n=0)
        transactions = [store.begin(), store.begin()]
        for transaction in transactions:
            assert store.get("Counter", "c", transaction=transaction) == {"n": 0}
        won = [
            wins(store, update(store.key("Counter", "c"), n=number), transaction=transaction)
            for number, transaction in enumerate(transactions, 1)
        ]
        assert sorted(won) == [False, True]
        assert store.get("Counter", "c") == {"n": won.index(True) + 1}

    def test_a_writer_outside_transactions_or_the_reader_wins(self, store: Talk) -> None:
        """Never both, and never neither."""
        transaction = store.begin()
        store.get("Kind", "a", transaction=transaction)
        outside = wins(store, upsert(store.key("Kind", "a"), x=1))
        inside = wins(store, upsert(store.key("Kind", "a"), x=2), transaction=transaction)
        assert (outside, inside) in {(True, False), (False, True)}
        assert store.get("Kind", "a") == {"x": 1 if outside else 2}

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

    def test_of_a_write_skew_one_wins(self, store: Talk) -> None:
        """Both read both and each writes one: not serializable, so one fails."""
        for name in ("a", "b"):
            store.put("Root", "r", "Child", name, on=True)
        transactions = [store.begin(), store.begin()]
        keys = [store.key("Root", "r", "Child", name) for name in ("a", "b")]
        for transaction in transactions:
            assert len(store.lookup(*keys, transaction=transaction).found) == 2
        won = [
            wins(store, update(key, on=False), transaction=transaction)
            for key, transaction in zip(keys, transactions, strict=True)
        ]
        assert sorted(won) == [False, True]

    def test_of_two_phantoms_in_a_group_one_wins(self, store: Talk) -> None:
        """Both found nothing and each adds one: the other's query would have found it."""
        root = store.key("Root", "r")
        transactions = [store.begin(), store.begin()]
        for transaction in transactions:
            assert not store.query("Child", ancestor=root, transaction=transaction).entity_results
        won = [
            wins(store, insert(store.key("Root", "r", "Child", name)), transaction=transaction)
            for name, transaction in zip("ab", transactions, strict=True)
        ]
        assert sorted(won) == [False, True]

    def test_a_phantom_is_seen(self, store: Talk) -> None:
        """What comes into a global query's range, from another value or from nowhere, conflicts; what does not, not."""
        store.put("Kind", "elsewhere", x=9)
        for conflicts, write in (
            (True, upsert(store.key("Kind", "new"), x=1)),
            (True, update(store.key("Kind", "elsewhere"), x=1)),
            (False, upsert(store.key("Kind", "outside"), x=7)),
            (False, upsert(store.key("Stranger", "new"), x=1)),
        ):
            transaction = store.begin()
            store.query("Kind", ("x", "<", 5), transaction=transaction)
            outside = wins(store, write)
            inside = wins(store, upsert(store.key("Answer", "a"), y=1), transaction=transaction)
            assert outside != inside if conflicts else outside and inside, write
            store.commit(update(store.key("Kind", "elsewhere"), x=9))

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
        """The one of two in conflict that has lost."""
        transactions = [store.begin(), store.begin()]
        for transaction in transactions:
            store.get("Kind", "a", transaction=transaction)
        won = [
            wins(store, upsert(store.key("Kind", "a"), x=number), transaction=transaction)
            for number, transaction in enumerate(transactions)
        ]
        return transactions[won.index(False)]

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
