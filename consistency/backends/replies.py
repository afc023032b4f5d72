"""What replies mean: a raw protobuf message comes in, a Sighting goes out, or a StoreError where it says nothing."""

from typing import Any

from google.cloud.datastore_v1.types import query

from consistency.backends.keys import NS_PER_S, NS_PER_US, read_revision
from consistency.operation import Item
from consistency.store import LISTED, Sighting, StoreError

NOT_FINISHED = query.QueryResultBatch.pb().MoreResultsType.Value("NOT_FINISHED")
KEY_ONLY = query.EntityResult.pb().ResultType.Value("KEY_ONLY")


def read_commit(response: Any) -> int | None:
    """The update time of the one mutation (ns, epoch), or None."""
    result = response.mutation_results[0]
    return result.update_time.ToNanoseconds() if result.HasField("update_time") else None


def read_lookup(response: Any) -> Sighting:
    """The revision where the one key was found; StoreError where the service deferred it: it has not looked."""
    if response.deferred:
        raise StoreError("UNFINISHED", "the service deferred the key", definite=True)
    found = response.found
    return Sighting(read_revision(found[0].entity) if found else 0, _stamp(response))


def read_query(response: Any, revision: int = 1) -> Sighting:
    """The revision where the batch holds a result; names are unique, so it holds one at most.

    A key alone shows that the row of the `revision` asked for is there. StoreError for an empty batch that is not the
    last: the service ended it before it had looked everywhere.
    """
    batch = response.batch
    results = batch.entity_results
    if not results and batch.more_results == NOT_FINISHED:
        raise StoreError("UNFINISHED", "the service ended the batch before it had found anything", definite=True)
    if not results:
        return Sighting(0, _stamp(batch))
    key_only = batch.entity_result_type == KEY_ONLY
    return Sighting(revision if key_only else read_revision(results[0].entity), _stamp(batch))


def read_newest(response: Any, item: Item) -> Sighting:
    """The revision of the item where it is listed, and the stamps of all that are; StoreError as `read_query`."""
    batch = response.batch
    listed = [result.entity for result in batch.entity_results]
    own = [read_revision(entity) for entity in listed if entity.key.path[-1].name == item.name]
    if not own and len(listed) < LISTED and batch.more_results == NOT_FINISHED:
        raise StoreError("UNFINISHED", "the service ended the batch before it had listed enough", definite=True)
    stamps_ns = (entity.properties["timestamp"].timestamp_value.ToNanoseconds() for entity in listed)
    return Sighting(own[0] if own else 0, _stamp(batch), tuple(at_ns // NS_PER_US for at_ns in stamps_ns))


def read_count(response: Any, revision: int = 1) -> Sighting:
    """The `revision` asked for where anything was counted."""
    batch = response.batch
    (result,) = batch.aggregation_results
    counted = result.aggregate_properties["count"].integer_value
    return Sighting(revision if counted else 0, _stamp(batch))


def _stamp(message: Any) -> int | None:
    if not message.HasField("read_time"):
        return None
    time = message.read_time
    return int(time.seconds * NS_PER_S + time.nanos)
