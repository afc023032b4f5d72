"""The requests of transactions, and what their replies mean.

Items and values come in, raw protobuf messages go out, and back. The read begins the transaction, so a transaction is
two requests, as few as can be. Of Google's Firestore emulator such a read begins two, and the one that nobody knows
keeps the locks: there a request of its own begins it. A key holds a number or a list of numbers in the property
`value`; an entity that is not there holds nothing yet.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from google.cloud.datastore_v1.types import datastore

from consistency.backends.messages import CommitRequest, LookupRequest, Messages
from consistency.operation import Item
from consistency.store import Snapshot, StoreError, Value

BeginTransactionRequest = datastore.BeginTransactionRequest.pb()
RollbackRequest = datastore.RollbackRequest.pb()
TRANSACTIONAL = CommitRequest.Mode.Value("TRANSACTIONAL")


def ask_transaction(requests: Messages, *, read_only: bool) -> Any:
    """The request that begins a transaction and does nothing else."""
    request = BeginTransactionRequest(**requests.names)
    _choose_mode(request.transaction_options, read_only=read_only)
    return request


def ask_snapshot(requests: Messages, items: Sequence[Item], begun: bytes = b"", *, read_only: bool) -> Any:
    """A get of all items, in the transaction that was `begun` or in one that it begins."""
    request = LookupRequest(**requests.names)
    for item in items:
        requests.key(request.keys.add(), item)
    if begun:
        request.read_options.transaction = begun
    else:
        _choose_mode(request.read_options.new_transaction, read_only=read_only)
    return request


def _choose_mode(options: Any, *, read_only: bool) -> None:
    (options.read_only if read_only else options.read_write).SetInParent()


def read_snapshot(reply: Any, items: Sequence[Item], begun: bytes = b"") -> Snapshot:
    """The values in the order of the items, read in the transaction `begun` or in the reply's own; StoreError where the
    service has not looked at all of them."""
    if reply.deferred:
        raise StoreError("UNFINISHED", "the service deferred a key", definite=True)
    found = {result.entity.key.path[-1].name: _read_value(result.entity.properties["value"]) for result in reply.found}
    return Snapshot(tuple(found.get(item.name) for item in items), begun or reply.transaction)


def commit_writes(requests: Messages, handle: bytes, writes: Mapping[Item, Value]) -> Any:
    """The commit that ends the transaction."""
    request = CommitRequest(**requests.names, mode=TRANSACTIONAL, transaction=handle)
    for item, value in writes.items():
        written = request.mutations.add().upsert
        requests.key(written.key, item)
        _fill_value(written.properties["value"], value)
    return request


def roll_back(requests: Messages, handle: bytes) -> Any:
    """The request that ends it without writing."""
    return RollbackRequest(**requests.names, transaction=handle)


def read_commit_time(reply: Any) -> int | None:
    """When it was committed (ns, epoch), or None."""
    return reply.commit_time.ToNanoseconds() if reply.HasField("commit_time") else None


def _fill_value(field: Any, value: Value) -> None:
    if isinstance(value, tuple):
        field.array_value.SetInParent()
        for number in value:
            field.array_value.values.add(integer_value=number)
    elif value is not None:
        field.integer_value = value


def _read_value(field: Any) -> Value:
    if field.WhichOneof("value_type") == "array_value":
        return tuple(each.integer_value for each in field.array_value.values)
    return int(field.integer_value)
