"""Requests: what a real service would get; replies: what they mean."""

from typing import Any

import pytest
from google.cloud.datastore_v1.types import datastore, query

from consistency.backends.messages import Messages
from consistency.backends.replies import read_commit, read_lookup, read_query
from consistency.operation import Item
from consistency.store import Shape, Sighting, StoreError

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
        _, request = REQUESTS.query(ROOT, None)
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
        _, request = REQUESTS.query(CHILD, ancestor)
        has_ancestor, equal = request.query.filter.composite_filter.filters
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
        assert read_commit(reply) is None
        result.update_time.FromNanoseconds(STAMP_NS)
        assert read_commit(reply) == STAMP_NS

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


class TestShapes:
    """One question in several forms."""

    def test_keys_only_and_projections_name_their_property(self) -> None:
        """`__key__` alone, or what the index holds beside the filter."""
        for shape, expected in ((Shape.KEYS, "__key__"), (Shape.PROJECTION, "timestamp")):
            method, request = REQUESTS.query(ROOT, shape=shape)
            assert (method, [each.property.name for each in request.query.projection]) == ("run_query", [expected])

    def test_a_count_is_an_aggregation_of_the_same_query(self) -> None:
        """Over the equality filter."""
        method, request = REQUESTS.query(ROOT, shape=Shape.COUNT)
        (aggregation,) = request.aggregation_query.aggregations
        assert (method, aggregation.WhichOneof("operator")) == ("run_aggregation_query", "count")
        assert request.aggregation_query.nested_query == REQUESTS.query(ROOT)[1].query

    def test_a_read_only_query_begins_its_transaction(self) -> None:
        """One request, not two."""
        _, request = REQUESTS.query(CHILD, "father", shape=Shape.READ_ONLY)
        assert request.read_options.new_transaction.WhichOneof("mode") == "read_only"

    def test_gql_binds_the_value(self) -> None:
        """No value stands in the text."""
        _, request = REQUESTS.query(ROOT, shape=Shape.GQL)
        assert request.gql_query.query_string == "SELECT * FROM Kind01 WHERE myid = @1"
        assert request.gql_query.positional_bindings[0].value.string_value == "n"

    def test_a_lookup_may_be_eventual_or_of_a_time(self) -> None:
        """Never both; strong is what is not said."""
        assert REQUESTS.lookup(ROOT).read_options.WhichOneof("consistency_type") is None
        eventual = REQUESTS.lookup(ROOT, eventual=True).read_options
        assert eventual.read_consistency == eventual.EVENTUAL
        past = REQUESTS.lookup(ROOT, read_ns=STAMP_NS + 789).read_options
        assert past.read_time.ToNanoseconds() == STAMP_NS

    def test_the_ancestor_is_the_items_own(self) -> None:
        """Entities may lie in several groups."""
        item = Item("uncle", "n")
        assert path_of(REQUESTS.lookup(item).keys[0])[0] == ("Kind00", "uncle")
        _, request = REQUESTS.query(item, "grandpa")
        key = request.query.filter.composite_filter.filters[0].property_filter.value.key_value
        assert path_of(key) == [("Kind00", "uncle")]


class TestRevisions:
    """Entities that change carry their revision, and are found by its value."""

    CHANGING = Messages("project", "db", "run-1", revisioned=True)

    def test_are_written(self) -> None:
        """As a number, and as a value that no other revision of any entity has."""
        updated = self.CHANGING.update(ROOT, STAMP_NS, 2).mutations[0].update
        assert updated.properties["revision"].integer_value == 2
        assert updated.properties["value"].string_value == "n#2"

    def test_are_asked_for(self) -> None:
        """By the value; a projection is of the number."""
        _, request = self.CHANGING.query(ROOT, revision=2, shape=Shape.PROJECTION)
        condition = request.query.filter.property_filter
        assert (condition.property.name, condition.value.string_value) == ("value", "n#2")
        assert request.query.projection[0].property.name == "revision"

    def test_a_delete_names_the_key_alone(self) -> None:
        """Whether it is there or not."""
        (mutation,) = self.CHANGING.delete(CHILD).mutations
        assert mutation.WhichOneof("operation") == "delete"
        assert path_of(mutation.delete)[-1] == ("Kind01", "n")
