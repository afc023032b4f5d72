"""The way in: methods, bytes, partitions, reset."""

import pytest

from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values import messages
from tests.emulator.embedded import EPOCH_NS, MS, PREFIX, Embedded
from tests.emulator.talk import NO_MORE, NOT_FINISHED, PROJECT, Talk, found_names, insert, time_us, update, upsert


def refusal_code(error: pytest.ExceptionInfo[ServiceError]) -> Code:
    return error.value.code


class TestMethods:
    """What can be called."""

    @pytest.mark.parametrize(
        "method",
        [
            "/google.datastore.admin.v1.DatastoreAdmin/MigrateDatabase",
        ],
    )
    def test_other_methods_are_named_and_refused(self, method: str) -> None:
        """UNIMPLEMENTED, with the method's name."""
        with pytest.raises(ServiceError, match=method.rpartition("/")[2]) as refusal:
            Embedded().service.call(method, {}, b"")
        assert refusal_code(refusal) is Code.UNIMPLEMENTED

    @pytest.mark.parametrize("method", ["Lookup", "RunQuery", "Commit", "BeginTransaction", "Rollback", "AllocateIds"])
    def test_bytes_that_are_no_message(self, method: str) -> None:
        """INVALID_ARGUMENT."""
        with pytest.raises(ServiceError) as refusal:
            Embedded().service.call(PREFIX + method, {}, b"\xff\xff\xff")
        assert refusal_code(refusal) is Code.INVALID_ARGUMENT

    def test_codes_are_grpcs(self) -> None:
        """By number and by name."""
        assert (Code.ABORTED, Code.ABORTED.name, Code(16).name) == (10, "ABORTED", "UNAUTHENTICATED")


class TestTimes:
    """Versions and times in replies, in microseconds of the wall clock."""

    def test_create_and_update_time(self) -> None:
        """The first stays, the second moves; both are in commit and lookup."""
        embedded = Embedded()
        talk = embedded.talk()
        talk.commit(insert(talk.key("Kind", "a"), x=1))
        embedded.now_ns = 5 * MS
        result = talk.commit(update(talk.key("Kind", "a"), x=2)).mutation_results[0]
        found = talk.lookup(talk.key("Kind", "a")).found[0]
        for told in (result, found):
            assert time_us(told.create_time) == EPOCH_NS // 1000
            assert time_us(told.update_time) == EPOCH_NS // 1000 + 5000 == told.version

    def test_commits_at_one_instant_have_different_times(self) -> None:
        """Strictly increasing, though the clock stands."""
        talk = Embedded().talk()
        versions = [talk.put("Kind", "a", x=number).mutation_results[0].version for number in range(5)]
        assert len(set(versions)) == 5
        assert versions == sorted(versions)

    def test_a_read_lies_between_the_commits_around_it(self) -> None:
        """Its time is behind what it saw and before what it did not."""
        talk = Embedded().talk()
        before = talk.put("Kind", "a").mutation_results[0].version
        read = talk.lookup(talk.key("Kind", "b"))
        after = talk.put("Kind", "b").mutation_results[0].version
        assert before <= read.missing[0].version == time_us(read.read_time) < after

    def test_commit_time_is_for_transactions(self) -> None:
        """With one of their own or a single-use one, and not without."""
        talk = Embedded().talk()
        key = talk.key("Kind", "a")
        assert not talk.commit(upsert(key)).HasField("commit_time")
        assert talk.commit(upsert(key, x=1), single_use=True).HasField("commit_time")
        reply = talk.commit(upsert(key, x=2), transaction=talk.begin())
        assert time_us(reply.commit_time) == reply.mutation_results[0].version

    def test_an_eventual_miss_has_no_version(self) -> None:
        """It is no statement about any snapshot."""
        talk = Embedded("megastore").talk()
        assert talk.lookup(talk.key("Kind", "a"), eventual=True).missing[0].version == 0


class TestPartitions:
    """Projects, databases and namespaces."""

    def test_databases_are_apart(self) -> None:
        """The same key in another database is another entity, and comes back with its database."""
        embedded = Embedded()
        request = messages.CommitRequest(project_id=PROJECT, database_id="second", mode=2)
        request.mutations.add().upsert.CopyFrom(messages.Entity(key=embedded.talk().key("Kind", "a")))
        embedded.call("Commit", request)
        assert embedded.talk().get("Kind", "a") is None
        lookup = messages.LookupRequest(project_id=PROJECT, database_id="second")
        lookup.keys.append(embedded.talk().key("Kind", "a"))
        (found,) = embedded.call("Lookup", lookup).found
        assert found.entity.key.partition_id.database_id == "second"


class TestReset:
    """Everything is gone, and begins as it began."""

    def test_entities_transactions_and_rows_are_gone(self) -> None:
        """An old transaction is not valid any more."""
        embedded = Embedded()
        talk = embedded.talk()
        talk.put("Kind", "a", x=1)
        transaction = talk.begin()
        embedded.service.reset()
        assert talk.get("Kind", "a") is None
        assert found_names(talk.query("Kind")) == []
        with pytest.raises(ServiceError, match="no longer valid"):
            talk.get("Kind", "a", transaction=transaction)

    def test_versions_and_truth_go_on(self) -> None:
        """No number is ever given out twice."""
        embedded = Embedded("megastore")
        talk = embedded.talk()
        before = talk.put("Kind", "a").mutation_results[0].version
        embedded.service.reset()
        assert talk.put("Kind", "a").mutation_results[0].version > before
        assert [record.commit for record in embedded.truth] == [1, 2]

    def test_the_seed_begins_anew(self) -> None:
        """The same commits get the same delays and ids as the first time."""
        embedded = Embedded("megastore", "uniform:0,1s", seed=5)
        runs = []
        for _ in range(2):
            ids = [embedded.talk().put("Kind", None).mutation_results[0].key.path[0].id for _ in range(5)]
            runs.append((ids, [record.rows_ns for record in embedded.truth[-5:]]))
            embedded.service.reset()
        assert runs[0] == runs[1]


class TestBatches:
    """Queries in several replies."""

    @pytest.mark.slow
    def test_many_results_come_in_batches(self) -> None:
        """NOT_FINISHED until the last one; going on at the end cursor gives each once."""
        talk = Embedded().talk()
        for start in range(0, 2100, 300):
            talk.commit(*(upsert(talk.key("Kind", number + 1)) for number in range(start, start + 300)))
        found: list[str | int] = []
        ends: list[int] = []
        cursor = b""
        while not ends or ends[-1] == NOT_FINISHED:
            batch = talk.query("Kind", start=cursor)
            found += found_names(batch)
            ends.append(batch.more_results)
            cursor = batch.end_cursor
        assert found == list(range(1, 2101))
        assert ends == [NOT_FINISHED, NOT_FINISHED, NO_MORE]

    def test_large_lookups_defer_keys(self) -> None:
        """The reply stays below 4 MiB; the rest is named and can be asked for."""
        talk = Embedded().talk()
        blob = messages.Value(exclude_from_indexes=True, blob_value=b"x" * 1_000_000)
        keys = [talk.key("Kind", number + 1) for number in range(6)]
        for key in keys:
            talk.commit(upsert(key, blob=blob))
        reply = talk.lookup(*keys)
        assert reply.ByteSize() < 4 << 20
        assert [found.entity.key for found in reply.found] + list(reply.deferred) == keys
        assert len(talk.lookup(*reply.deferred).found) == len(reply.deferred) > 0


class TestLegacyLimits:
    """What the legacy service refuses and today's does not."""

    def test_groups_of_a_transaction(self) -> None:
        """25 at most, read and written ones together."""
        for model, refused in (("megastore", True), ("strong", False)):
            talk = Embedded(model).talk()
            transaction = talk.begin()
            talk.get("Kind", "read", transaction=transaction)
            mutations = [upsert(talk.key("Kind", number + 1)) for number in range(25)]
            if refused:
                with pytest.raises(ServiceError, match="too many entity groups"):
                    talk.commit(*mutations, transaction=transaction)
            else:
                talk.commit(*mutations, transaction=transaction)

    def test_mutations_of_a_commit(self) -> None:
        """500."""
        talk: Talk = Embedded("megastore").talk()
        with pytest.raises(ServiceError, match="at most 500"):
            talk.commit(*(upsert(talk.key("Kind", "g", "Child", number + 1)) for number in range(501)))
