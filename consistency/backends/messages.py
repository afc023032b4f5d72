"""The requests of the three founding experiments, and what their replies mean.

An Item comes in, a raw protobuf message goes out; a reply comes in, a Sighting goes out. Raw messages, not proto-plus
wrappers: those cost ten times as much, and one probe should cost little beside its call.

An entity is Kind01 with `myid` (its key name) and `timestamp`; it is a root, or lies under Kind00:'grandpa' /
Kind00:'father', neither of which exists as an entity.
"""

from typing import Any

from google.cloud.datastore_v1.types import datastore, entity, query

from consistency.operation import Item
from consistency.plan import Ancestor
from consistency.schedule import GRANDPA
from consistency.store import Sighting, StoreError

KIND = "Kind01"
ANCESTOR_KIND = "Kind00"
LookupRequest = datastore.LookupRequest.pb()
CommitRequest = datastore.CommitRequest.pb()
RunQueryRequest = datastore.RunQueryRequest.pb()
PropertyFilter = query.PropertyFilter.pb()
PartitionId = entity.PartitionId.pb()
NOT_FINISHED = query.QueryResultBatch.pb().MoreResultsType.Value("NOT_FINISHED")
NON_TRANSACTIONAL = CommitRequest.Mode.Value("NON_TRANSACTIONAL")
NS_PER_US, NS_PER_S = 1_000, 1_000_000_000


class Messages:
    """Builds requests for one run: its project, database and namespace are in every key.

    Each request is a copy of a pattern with the item's name filled in, which takes a third of building it anew.
    """

    def __init__(self, project: str, database: str, namespace: str) -> None:
        self._names = {"project_id": project, "database_id": database}
        self._partition = self._names | {"namespace_id": namespace}
        self._inserts = {below: self._pattern_insert(below=below) for below in (False, True)}
        self._lookups = {below: self._pattern_lookup(below=below) for below in (False, True)}
        self._queries = {ancestor: self._pattern_query(ancestor) for ancestor in (None, *Ancestor)}

    def insert(self, item: Item, wall_ns: int) -> Any:
        """A commit of one insert, outside a transaction."""
        request = _copy(self._inserts[item.group != item.name])
        written = request.mutations[0].insert
        written.key.path[-1].name = item.name
        written.properties["myid"].string_value = item.name
        timestamp = written.properties["timestamp"].timestamp_value
        timestamp.seconds, nanos = divmod(wall_ns, NS_PER_S)
        timestamp.nanos = nanos // NS_PER_US * NS_PER_US  # the service keeps microseconds
        return request

    def lookup(self, item: Item) -> Any:
        """A get of one key."""
        request = _copy(self._lookups[item.group != item.name])
        request.keys[0].path[-1].name = item.name
        return request

    def query(self, item: Item, ancestor: str | None) -> Any:
        """Kind01 where myid = name, below `ancestor` where one is named."""
        request = _copy(self._queries[ancestor])
        condition = request.query.filter
        if ancestor is not None:
            condition = condition.composite_filter.filters[1]
        condition.property_filter.value.string_value = item.name
        return request

    def _pattern_insert(self, *, below: bool) -> Any:
        request = CommitRequest(**self._names, mode=NON_TRANSACTIONAL)
        self._fill_key(request.mutations.add().insert.key, below=below)
        return request

    def _pattern_lookup(self, *, below: bool) -> Any:
        request = LookupRequest(**self._names)
        self._fill_key(request.keys.add(), below=below)
        return request

    def _pattern_query(self, ancestor: str | None) -> Any:
        request = RunQueryRequest(**self._names, partition_id=self._partition)
        request.query.kind.add().name = KIND
        condition = request.query.filter
        if ancestor is not None:
            condition.composite_filter.op = condition.composite_filter.AND
            self._fill_ancestor(condition.composite_filter.filters.add().property_filter, ancestor)
            condition = condition.composite_filter.filters.add()
        condition.property_filter.property.name = "myid"
        condition.property_filter.op = PropertyFilter.EQUAL
        return request

    def _fill_key(self, key: Any, *, below: bool) -> None:
        key.partition_id.CopyFrom(PartitionId(**self._partition))
        if below:
            _add_ancestors(key, Ancestor.FATHER)
        key.path.add(kind=KIND)

    def _fill_ancestor(self, has_ancestor: Any, ancestor: str) -> None:
        has_ancestor.property.name = "__key__"
        has_ancestor.op = PropertyFilter.HAS_ANCESTOR
        has_ancestor.value.key_value.partition_id.CopyFrom(PartitionId(**self._partition))
        _add_ancestors(has_ancestor.value.key_value, ancestor)


def _copy(pattern: Any) -> Any:
    request = type(pattern)()
    request.CopyFrom(pattern)
    return request


def _add_ancestors(key: Any, last: str) -> None:
    key.path.add(kind=ANCESTOR_KIND, name=GRANDPA)
    if last == Ancestor.FATHER:
        key.path.add(kind=ANCESTOR_KIND, name=Ancestor.FATHER)


def read_insert(response: Any) -> int | None:
    """The update time of the one mutation (ns, epoch), or None."""
    result = response.mutation_results[0]
    return result.update_time.ToNanoseconds() if result.HasField("update_time") else None


def read_lookup(response: Any) -> Sighting:
    """Seen where the one key was found; StoreError where the service deferred it, for then it has not looked."""
    if response.deferred:
        raise StoreError("UNFINISHED", "the service deferred the key", definite=True)
    return Sighting(len(response.found), _stamp(response))


def read_query(response: Any) -> Sighting:
    """Seen where the batch holds a result; names are unique, so it holds one at most.

    StoreError for an empty batch that is not the last: the service ended it before it had looked everywhere.
    """
    batch = response.batch
    if not batch.entity_results and batch.more_results == NOT_FINISHED:
        raise StoreError("UNFINISHED", "the service ended the batch before it had found anything", definite=True)
    return Sighting(min(len(batch.entity_results), 1), _stamp(batch))


def _stamp(message: Any) -> int | None:
    if not message.HasField("read_time"):
        return None
    time = message.read_time
    return int(time.seconds * NS_PER_S + time.nanos)
