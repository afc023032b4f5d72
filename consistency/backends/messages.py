"""The requests of the probes and of the writers.

An Item comes in, a raw protobuf message goes out. Raw messages, not proto-plus
wrappers: those cost ten times as much, and one probe should cost little beside its call. For the same reason each
request is a copy of a pattern with names filled in, which takes a third of building it anew.
"""

from typing import Any

from google.cloud.datastore_v1.types import datastore

from consistency.backends.keys import (
    KIND,
    PartitionId,
    PropertyFilter,
    PropertyOrder,
    add_ancestors,
    fill_entity,
    fill_key,
    fill_stamp,
    name_key,
    name_value,
)
from consistency.operation import Item
from consistency.probing import Ancestor
from consistency.store import LISTED, Shape

LookupRequest = datastore.LookupRequest.pb()
CommitRequest = datastore.CommitRequest.pb()
RunQueryRequest = datastore.RunQueryRequest.pb()
RunAggregationQueryRequest = datastore.RunAggregationQueryRequest.pb()
NON_TRANSACTIONAL = CommitRequest.Mode.Value("NON_TRANSACTIONAL")
EVENTUAL = datastore.ReadOptions.pb().ReadConsistency.Value("EVENTUAL")


class Messages:
    """Builds requests for one run: its project, database and namespace are in every key.

    `revisioned`: entities change, so they carry their revision and are found by it.
    """

    def __init__(self, project: str, database: str, namespace: str, *, revisioned: bool = False) -> None:
        self._names = {"project_id": project, "database_id": database}
        self._partition = self._names | {"namespace_id": namespace}
        self._revisioned = revisioned
        both = (False, True)
        self._inserts = {below: self._pattern_commit("insert", below=below) for below in both}
        self._updates = {below: self._pattern_commit("update", below=below) for below in both}
        self._lookups = {below: self._pattern_lookup(below=below) for below in both}
        self._queries = {
            (below, shape): self._pattern_query(below, shape) for below in (None, *Ancestor) for shape in Shape
        }

    @property
    def names(self) -> dict[str, str]:
        """The fields that every request has: project and database."""
        return self._names

    def key(self, key: Any, item: Item) -> None:
        """Make `key` the item's."""
        fill_key(key, self._partition, below=item.group != item.name)
        name_key(key, item)

    def insert(self, item: Item, wall_ns: int, revision: int = 1) -> Any:
        """A commit of one insert, outside a transaction."""
        request = _copy(self._inserts[item.group != item.name])
        fill_entity(request.mutations[0].insert, item, wall_ns, revision, revisioned=self._revisioned)
        return request

    def update(self, item: Item, wall_ns: int, revision: int) -> Any:
        """A commit of one update, outside a transaction."""
        request = _copy(self._updates[item.group != item.name])
        fill_entity(request.mutations[0].update, item, wall_ns, revision, revisioned=self._revisioned)
        return request

    def delete(self, item: Item) -> Any:
        """A commit of one delete, outside a transaction."""
        request = CommitRequest(**self._names, mode=NON_TRANSACTIONAL)
        self.key(request.mutations.add().delete, item)
        return request

    def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Any:
        """A get of one key."""
        request = _copy(self._lookups[item.group != item.name])
        name_key(request.keys[0], item)
        if eventual:
            request.read_options.read_consistency = EVENTUAL
        if read_ns is not None:
            fill_stamp(request.read_options.read_time, read_ns)
        return request

    def query(
        self, item: Item, ancestor: str | None = None, revision: int = 1, shape: Shape = Shape.ENTITIES
    ) -> tuple[str, Any]:
        """Which method to call, and Kind01 where myid = name, or value = that of the revision, below `ancestor`."""
        request = _copy(self._queries[ancestor, shape])
        wanted = name_value(item, revision) if self._revisioned else item.name
        if shape is Shape.GQL:
            request.gql_query.positional_bindings[0].value.string_value = wanted
            return "run_query", request
        of_count = shape is Shape.COUNT
        condition = (request.aggregation_query.nested_query if of_count else request.query).filter
        if ancestor is not None:
            has_ancestor, condition = condition.composite_filter.filters
            has_ancestor.property_filter.value.key_value.path[0].name = item.group
        condition.property_filter.value.string_value = wanted
        return "run_aggregation_query" if of_count else "run_query", request

    def list_newest(self, until_ns: int) -> Any:
        """A query for what was stamped last, up to a time; stamps have microseconds, and so has the bound."""
        request = RunQueryRequest(**self._names, partition_id=self._partition)
        asked = request.query
        asked.kind.add().name = KIND
        asked.limit.value = LISTED
        newest = asked.order.add(direction=PropertyOrder.DESCENDING)
        newest.property.name = asked.filter.property_filter.property.name = "timestamp"
        asked.filter.property_filter.op = PropertyFilter.LESS_THAN_OR_EQUAL
        fill_stamp(asked.filter.property_filter.value.timestamp_value, until_ns)
        return request

    @property
    def _property(self) -> str:
        return "value" if self._revisioned else "myid"

    def _pattern_commit(self, operation: str, *, below: bool) -> Any:
        request = CommitRequest(**self._names, mode=NON_TRANSACTIONAL)
        fill_key(getattr(request.mutations.add(), operation).key, self._partition, below=below)
        return request

    def _pattern_lookup(self, *, below: bool) -> Any:
        request = LookupRequest(**self._names)
        fill_key(request.keys.add(), self._partition, below=below)
        return request

    def _pattern_query(self, ancestor: str | None, shape: Shape) -> Any:
        if shape is Shape.GQL:
            return self._pattern_gql()
        if shape is Shape.COUNT:
            counting = RunAggregationQueryRequest(**self._names, partition_id=self._partition)
            aggregation = counting.aggregation_query.aggregations.add(alias="count")
            aggregation.count.SetInParent()
            self._fill_query(counting.aggregation_query.nested_query, ancestor)
            return counting
        request = RunQueryRequest(**self._names, partition_id=self._partition)
        self._fill_query(request.query, ancestor)
        if shape is Shape.KEYS:
            request.query.projection.add().property.name = "__key__"
        elif shape is Shape.PROJECTION:
            request.query.projection.add().property.name = "revision" if self._revisioned else "timestamp"
        elif shape is Shape.READ_ONLY:
            request.read_options.new_transaction.read_only.SetInParent()
        return request

    def _pattern_gql(self) -> Any:
        request = RunQueryRequest(**self._names, partition_id=self._partition)
        request.gql_query.query_string = f"SELECT * FROM {KIND} WHERE {self._property} = @1"  # noqa: S608 - no SQL: the value is bound
        request.gql_query.positional_bindings.add()
        return request

    def _fill_query(self, asked: Any, ancestor: str | None) -> None:
        asked.kind.add().name = KIND
        condition = asked.filter
        if ancestor is not None:
            condition.composite_filter.op = condition.composite_filter.AND
            self._fill_ancestor(condition.composite_filter.filters.add().property_filter, ancestor)
            condition = condition.composite_filter.filters.add()
        condition.property_filter.property.name = self._property
        condition.property_filter.op = PropertyFilter.EQUAL

    def _fill_ancestor(self, has_ancestor: Any, ancestor: str) -> None:
        has_ancestor.property.name = "__key__"
        has_ancestor.op = PropertyFilter.HAS_ANCESTOR
        has_ancestor.value.key_value.partition_id.CopyFrom(PartitionId(**self._partition))
        add_ancestors(has_ancestor.value.key_value, ancestor, "")


def _copy(pattern: Any) -> Any:
    request = type(pattern)()
    request.CopyFrom(pattern)
    return request
