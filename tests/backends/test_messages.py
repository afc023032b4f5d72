"""Requests: what a real service would get; replies: what they mean."""

from typing import Any

import pytest
from google.cloud.datastore_v1.types import datastore, query

from consistency.backends.messages import Messages, read_insert, read_lookup, read_query
from consistency.operation import Item
from consistency.store import Sighting, StoreError

REQUESTS = Messages("project", "db", "run-1")
ROOT, CHILD = Item("n", "n"), Item("grandpa", "n")
STAMP_NS = 1_700_000_000_123_456_000
LookupResponse = datastore.LookupResponse.pb()
RunQueryResponse = datastore.RunQueryResponse.pb()
CommitResponse = datastore.CommitResponse.pb()
Results = query.QueryResultBatch.MoreResultsType


def path_of(key: Any) -> list[tuple[str, str]]:
    """Kind and name of each step."""
    return [(step.kind, step.name) for step in key.path]


def partition_of(key: Any) -> tuple[str, str, str]:
    """Where the key lies."""
    return key.partition_id.project_id, key.partition_id.database_id, key.partition_id.namespace_id


class TestInsert:
    def test_is_one_insert_outside_a_transaction(self) -> None:
        """Never an upsert: an entity that exists is a polluted store."""
        request = REQUESTS.insert(ROOT, STAMP_NS)
        (mutation,) = request.mutations
        assert mutation.WhichOneof("operation") == "insert"
        assert (request.project_id, request.database_id) == ("project", "db")
        assert request.mode == request.NON_TRANSACTIONAL

    def test_carries_the_founding_properties(self) -> None:
        """Kind01 with myid (the key's name, indexed) and timestamp, to the microsecond."""
        entity = REQUESTS.insert(ROOT, STAMP_NS + 789).mutations[0].insert
        assert path_of(entity.key) == [("Kind01", "n")]
        assert partition_of(entity.key) == ("project", "db", "run-1")
        assert set(entity.properties) == {"myid", "timestamp"}
        assert entity.properties["myid"].string_value == "n"
        assert not entity.properties["myid"].exclude_from_indexes
        assert entity.properties["timestamp"].timestamp_value.ToNanoseconds() == STAMP_NS

    def test_an_entity_of_a_group_lies_below_both_ancestors(self) -> None:
        """grandpa and father are in the key; neither is written."""
        (mutation,) = REQUESTS.insert(CHILD, STAMP_NS).mutations
        assert path_of(mutation.insert.key) == [("Kind00", "grandpa"), ("Kind00", "father"), ("Kind01", "n")]

    def test_requests_do_not_share_their_content(self) -> None:
        """Each is a copy of a pattern; the next must not change the last."""
        first = REQUESTS.insert(ROOT, STAMP_NS)
        REQUESTS.insert(Item("other", "other"), 0)
        assert path_of(first.mutations[0].insert.key) == [("Kind01", "n")]
        assert first.mutations[0].insert.properties["myid"].string_value == "n"


class TestReads:
    @pytest.mark.parametrize("item", [ROOT, CHILD])
    def test_lookup_asks_for_the_key_that_was_written(self, item: Item) -> None:
        """One key, the very same."""
        (key,) = REQUESTS.lookup(item).keys
        assert key == REQUESTS.insert(item, 0).mutations[0].insert.key

    def test_lookup_is_strong(self) -> None:
        """No read options: the service's default."""
        assert not REQUESTS.lookup(ROOT).HasField("read_options")

    def test_global_query_filters_the_indexed_property(self) -> None:
        """Kind01 where myid = name, in the run's namespace, with no ancestor."""
        request = REQUESTS.query(ROOT, None)
        assert [kind.name for kind in request.query.kind] == ["Kind01"]
        condition = request.query.filter.property_filter
        assert (condition.property.name, condition.op) == ("myid", condition.EQUAL)
        assert condition.value.string_value == "n"
        assert request.partition_id.namespace_id == "run-1"
        assert request.partition_id.database_id == request.database_id == "db"

    @pytest.mark.parametrize(
        ("ancestor", "expected"),
        [("grandpa", [("Kind00", "grandpa")]), ("father", [("Kind00", "grandpa"), ("Kind00", "father")])],
    )
    def test_ancestor_query_names_the_whole_path(self, ancestor: str, expected: list[tuple[str, str]]) -> None:
        """The ancestor's key is complete, and the property's filter stands beside it."""
        has_ancestor, equal = REQUESTS.query(CHILD, ancestor).query.filter.composite_filter.filters
        key = has_ancestor.property_filter.value.key_value
        assert has_ancestor.property_filter.op == has_ancestor.property_filter.HAS_ANCESTOR
        assert has_ancestor.property_filter.property.name == "__key__"
        assert path_of(key) == expected
        assert partition_of(key) == ("project", "db", "run-1")
        assert equal.property_filter.value.string_value == "n"


class TestReplies:
    def test_insert_gives_the_services_stamp(self) -> None:
        """The update time, where there is one."""
        reply = CommitResponse()
        result = reply.mutation_results.add()
        assert read_insert(reply) is None
        result.update_time.FromNanoseconds(STAMP_NS)
        assert read_insert(reply) == STAMP_NS

    def test_lookup_tells_found_from_missing(self) -> None:
        """With the read time, where there is one."""
        found, missing = LookupResponse(), LookupResponse()
        found.found.add()
        found.read_time.FromNanoseconds(STAMP_NS)
        missing.missing.add()
        assert read_lookup(found) == Sighting(1, STAMP_NS)
        assert read_lookup(missing) == Sighting(0, None)

    def test_a_deferred_key_is_not_absent(self) -> None:
        """The service did not look; to take it for a miss would be to invent one."""
        reply = LookupResponse()
        reply.deferred.add()
        with pytest.raises(StoreError, match="UNFINISHED") as raised:
            read_lookup(reply)
        assert raised.value.code == "UNFINISHED"

    def test_query_tells_a_result_from_none(self) -> None:
        """With the batch's read time."""
        some, none = RunQueryResponse(), RunQueryResponse()
        some.batch.entity_results.add()
        some.batch.read_time.FromNanoseconds(STAMP_NS)
        none.batch.more_results = Results.NO_MORE_RESULTS
        assert read_query(some) == Sighting(1, STAMP_NS)
        assert read_query(none) == Sighting(0, None)

    def test_an_empty_batch_that_is_not_the_last_is_no_miss(self) -> None:
        """The service may end a batch before it has found anything: it has not looked to the end."""
        reply = RunQueryResponse()
        reply.batch.more_results = Results.NOT_FINISHED
        with pytest.raises(StoreError, match="UNFINISHED"):
            read_query(reply)
