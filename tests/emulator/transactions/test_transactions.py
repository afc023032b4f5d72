"""Transactions beyond the contract: how long they last, what they cost, and snapshots over several groups."""

import pytest

from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values import messages
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import PROJECT, found_names, update, upsert

SECOND = 1000 * MS


class TestExpiry:
    """A transaction ends by itself."""

    @pytest.mark.parametrize(("step_s", "steps"), [(61, 1), (50, 6)])
    def test_after_60_s_idle_or_270_s_in_all(self, step_s: int, steps: int) -> None:
        """Used often enough it lasts longer than 60 s, but not for ever."""
        embedded = Embedded()
        talk = embedded.talk()
        transaction = talk.begin()
        for _ in range(steps - 1):
            embedded.now_ns += step_s * SECOND
            talk.lookup(talk.key("Kind", "a"), transaction=transaction)
        embedded.now_ns += step_s * SECOND
        with pytest.raises(ServiceError, match="no longer valid") as refusal:
            talk.lookup(talk.key("Kind", "a"), transaction=transaction)
        assert refusal.value.code is Code.INVALID_ARGUMENT

    def test_an_abandoned_one_keeps_no_history_for_ever(self) -> None:
        """The next one that begins after its time sends it away."""
        embedded = Embedded("megastore")
        talk = embedded.talk()
        talk.begin()
        talk.put("Kind", "a", x=1)
        talk.put("Kind", "a", x=2)
        engine = embedded.service._state.engine
        assert len(engine._unsettled) == 2
        embedded.now_ns += 271 * SECOND
        talk.rollback(talk.begin())
        talk.put("Kind", "b")
        assert not engine._unsettled

    def test_a_lock_of_an_abandoned_one_stands_in_nobodys_way(self) -> None:
        """60 s after its last use."""
        embedded = Embedded()
        talk = embedded.talk()
        transaction = talk.begin()
        talk.get("Kind", "a", transaction=transaction)
        with pytest.raises(ServiceError, match="contention"):
            talk.put("Kind", "a")
        embedded.now_ns += 61 * SECOND
        talk.put("Kind", "a")
        with pytest.raises(ServiceError, match="no longer valid"):
            talk.rollback(transaction)


class TestSnapshots:
    """What several groups look like together."""

    def test_read_only_sees_one_instant_of_all_groups(self) -> None:
        """That of its beginning, whichever it touches when."""
        talk = Embedded().talk()
        for name in "ab":
            talk.put("Kind", name, x=1)
        transaction = talk.begin(read_only=True)
        assert talk.get("Kind", "a", transaction=transaction) == {"x": 1}
        for name in "ab":
            talk.put("Kind", name, x=2)
        assert talk.get("Kind", "b", transaction=transaction) == {"x": 1}

    def test_read_write_never_mixes_instants(self) -> None:
        """Touching another group fails when an earlier one has moved since: ABORTED, not an impossible view."""
        talk = Embedded(concurrency="optimistic_with_entity_groups").talk()
        transaction = talk.begin()
        talk.get("Kind", "a", transaction=transaction)
        talk.put("Kind", "a", x=1)
        with pytest.raises(ServiceError) as refusal:
            talk.get("Kind", "b", transaction=transaction)
        assert refusal.value.code is Code.ABORTED

    def test_a_query_in_a_transaction_sees_old_rows_and_old_bodies(self) -> None:
        """Values changed since are found where they were."""
        talk = Embedded(concurrency="optimistic").talk()
        root = talk.key("Kind", "a")
        talk.put("Kind", "a", x=1)
        transaction = talk.begin()
        assert found_names(talk.query("Kind", ("x", "=", 1), ancestor=root, transaction=transaction)) == ["a"]
        talk.put("Kind", "a", x=2)
        assert found_names(talk.query("Kind", ("x", "=", 1), ancestor=root, transaction=transaction)) == ["a"]
        assert found_names(talk.query("Kind", ("x", "=", 2), ancestor=root, transaction=transaction)) == []

    def test_an_absence_that_was_read_is_guarded(self) -> None:
        """Also in a namespace where nothing was ever written."""
        talk = Embedded(concurrency="optimistic").talk("never-written")
        transaction = talk.begin()
        assert talk.get("Kind", "a", transaction=transaction) is None
        talk.put("Kind", "a", x=1)
        with pytest.raises(ServiceError, match="contention"):
            talk.commit(upsert(talk.key("Kind", "a"), x=2), transaction=transaction)


class TestPast:
    """How far back reads at a time may go."""

    def test_an_hour_is_kept_and_no_more(self) -> None:
        """Before the first commit everything is empty; what is older than an hour is refused."""
        embedded = Embedded()
        talk = embedded.talk()
        embedded.now_ns = 7200 * SECOND
        start = talk.lookup(talk.key("Kind", "a")).read_time
        embedded.now_ns += SECOND
        talk.put("Kind", "a", x=1)
        assert talk.get("Kind", "a", at=start) is None
        embedded.now_ns += 3598 * SECOND
        talk.put("Kind", "a", x=2)
        assert talk.get("Kind", "a", at=start) is None
        embedded.now_ns += 2 * SECOND
        with pytest.raises(ServiceError, match="too old") as refusal:
            talk.get("Kind", "a", at=start)
        assert refusal.value.code is Code.FAILED_PRECONDITION

    def test_memory_is_the_other_bound(self) -> None:
        """History goes when it grows too large, oldest first, and reads of it are refused rather than wrong."""
        embedded = Embedded()
        talk = embedded.talk()
        engine = embedded.service._state.engine
        engine._kept_bytes = 20_000
        talk.put("Kind", "a", x=0)
        then = talk.lookup(talk.key("Kind", "a")).read_time
        for number in range(1, 200):
            embedded.now_ns += MS
            talk.put("Kind", "a", x=number)
        assert engine._weight < 25_000
        assert len(engine._unsettled) < 30
        with pytest.raises(ServiceError, match="too old"):
            talk.get("Kind", "a", at=then)


class TestBlindWrites:
    """Optimistic transactions that write what they have not read."""

    def test_what_is_written_has_not_changed_either(self) -> None:
        """A commit behind the snapshot wins."""
        talk = Embedded(concurrency="optimistic").talk()
        transaction = talk.begin()
        talk.put("Kind", "a", x=1)
        with pytest.raises(ServiceError, match="contention"):
            talk.commit(upsert(talk.key("Kind", "a"), x=2), transaction=transaction)


class TestNewTransaction:
    """Read options that begin a transaction."""

    def test_a_lookup_begins_one(self) -> None:
        """Its id is in the reply, and it has touched what was read."""
        embedded = Embedded(concurrency="optimistic")
        talk = embedded.talk()
        request = messages.LookupRequest(project_id=PROJECT)
        request.keys.append(talk.key("Kind", "a"))
        request.read_options.new_transaction.SetInParent()
        transaction = embedded.call("Lookup", request).transaction
        talk.put("Kind", "a", x=1)
        with pytest.raises(ServiceError, match="contention"):
            talk.commit(update(talk.key("Kind", "a"), x=2), transaction=transaction)

    def test_an_ancestor_query_begins_one(self) -> None:
        """Likewise."""
        embedded = Embedded()
        talk = embedded.talk()
        request = talk.query_request("Kind", ancestor=talk.key("Kind", "a"))
        request.read_options.new_transaction.SetInParent()
        talk.rollback(embedded.call("RunQuery", request).transaction)


class TestCost:
    """Open transactions and writes."""

    def test_a_write_under_many_open_transactions_does_no_more(self) -> None:
        """History is shared: one older version and one entry, however many look at it."""
        embedded = Embedded()
        talk = embedded.talk()
        for _ in range(100):
            talk.begin()
        for number in range(3):
            talk.put("Kind", "a", x=number)
        engine = embedded.service._state.engine
        assert len(engine._unsettled) == len(engine._due) == 3
