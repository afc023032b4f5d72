"""The requests of the three founding experiments, and what their replies mean.

An Item comes in, a raw protobuf message goes out; a reply comes in, a Sighting goes out. Raw messages, not proto-plus
wrappers: those cost ten times as much, and one probe should cost little beside its call.

An entity is Kind01 with `myid` (its key name) and `timestamp`; it is a root, or lies under Kind00:'grandpa' /
Kind00:'father', neither of which exists as an entity.
"""

from typing import Any

from google.cloud.datastore_v1.types import datastore, query

from consistency.operation import Item
from consistency.plan import Ancestor
from consistency.schedule import GRANDPA
from consistency.store import Sighting

KIND = "Kind01"
ANCESTOR_KIND = "Kind00"
LookupRequest = datastore.LookupRequest.pb()
CommitRequest = datastore.CommitRequest.pb()
RunQueryRequest = datastore.RunQueryRequest.pb()
PropertyFilter = query.PropertyFilter.pb()
NON_TRANSACTIONAL = CommitRequest.Mode.Value("NON_TRANSACTIONAL")
NS_PER_US = 1_000


class Messages:
    """Builds requests for one run: its project, database and namespace are in every key."""

    def __init__(self, project: str, database: str, namespace: str) -> None:
        self._names = {"project_id": project, "database_id": database}
        self._partition = self._names | {"namespace_id": namespace}

    def insert(self, item: Item, wall_ns: int) -> Any:
        """A commit of one insert, outside a transaction."""
        request = CommitRequest(**self._names, mode=NON_TRANSACTIONAL)
        entity = request.mutations.add().insert
        self._fill_key(entity.key, item)
        entity.properties["myid"].string_value = item.name
        timestamp = entity.properties["timestamp"].timestamp_value
        timestamp.seconds, nanos = divmod(wall_ns, 1_000_000_000)
        timestamp.nanos = nanos // NS_PER_US * NS_PER_US  # the service keeps microseconds
        return request

    def lookup(self, item: Item) -> Any:
        """A get of one key."""
        request = LookupRequest(**self._names)
        self._fill_key(request.keys.add(), item)
        return request

    def query(self, item: Item, ancestor: str | None) -> Any:
        """Kind01 where myid = name, below `ancestor` where one is named."""
        request = RunQueryRequest(**self._names, partition_id=self._partition)
        request.query.kind.add().name = KIND
        named = request.query.filter
        if ancestor is not None:
            named.composite_filter.op = named.composite_filter.AND
            self._fill_ancestor(named.composite_filter.filters.add().property_filter, ancestor)
            named = named.composite_filter.filters.add()
        named.property_filter.property.name = "myid"
        named.property_filter.op = PropertyFilter.EQUAL
        named.property_filter.value.string_value = item.name
        return request

    def _fill_key(self, key: Any, item: Item) -> None:
        key.partition_id.project_id = self._partition["project_id"]
        key.partition_id.database_id = self._partition["database_id"]
        key.partition_id.namespace_id = self._partition["namespace_id"]
        if item.group != item.name:
            _add_ancestors(key, Ancestor.FATHER)
        key.path.add(kind=KIND, name=item.name)

    def _fill_ancestor(self, has_ancestor: Any, ancestor: str) -> None:
        has_ancestor.property.name = "__key__"
        has_ancestor.op = PropertyFilter.HAS_ANCESTOR
        key = has_ancestor.value.key_value
        key.partition_id.CopyFrom(RunQueryRequest(partition_id=self._partition).partition_id)
        _add_ancestors(key, ancestor)


def _add_ancestors(key: Any, last: str) -> None:
    key.path.add(kind=ANCESTOR_KIND, name=GRANDPA)
    if last == Ancestor.FATHER:
        key.path.add(kind=ANCESTOR_KIND, name=Ancestor.FATHER)


def read_insert(response: Any) -> int | None:
    """The update time of the one mutation (ns, epoch), or None."""
    result = response.mutation_results[0]
    return result.update_time.ToNanoseconds() if result.HasField("update_time") else None


def read_lookup(response: Any) -> Sighting:
    """Seen where the one key was found."""
    return Sighting(len(response.found), _stamp(response))


def read_query(response: Any) -> Sighting:
    """Seen where the batch holds a result; names are unique, so it holds one at most."""
    return Sighting(min(len(response.batch.entity_results), 1), _stamp(response.batch))


def _stamp(message: Any) -> int | None:
    return message.read_time.ToNanoseconds() if message.HasField("read_time") else None
