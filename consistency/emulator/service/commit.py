"""Commit: judge every mutation first, then apply all of them or none.

Mutations come in; they become at most one Write per entity, since the later mutations of an entity in one commit see
what the earlier ones made of it. Only a commit that passed every check gets a version.
"""

from collections.abc import Mapping
from typing import Literal

from consistency.emulator.indexes.entries import list_entries
from consistency.emulator.indexes.writes import Write, apply_writes
from consistency.emulator.service.state import State
from consistency.emulator.status import Code, ServiceError, invalid, unimplemented
from consistency.emulator.transactions.transactions import Transaction
from consistency.emulator.values.framing import set_time
from consistency.emulator.values.keys import KeyPath, PartitionId, describe_key, fill_partition, read_key
from consistency.emulator.values.messages import CommitRequest, CommitResponse, Message, parse_message
from consistency.emulator.values.validation import ENTITY_LIMIT, check_properties, check_written_key

Operation = Literal["insert", "update", "upsert", "delete"]
_NON_TRANSACTIONAL = 2
_LEGACY_MUTATIONS, _LEGACY_GROUPS = 500, 25
Place = tuple[PartitionId, bytes]


def commit(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/Commit."""
    del metadata
    request = parse_message(CommitRequest, data)
    transactional = request.mode != _NON_TRANSACTIONAL
    transaction = _find_transaction(state, request, transactional=transactional)
    reply = CommitResponse()
    writes: dict[Place, Write] = {}
    judged: list[tuple[Place, Message]] = []
    for mutation in request.mutations:
        result = reply.mutation_results.add()
        place = _judge(state, request, mutation, writes, result)
        judged.append((place, result))
    _check_limits(state, request, writes, transaction)
    if not transactional and len(writes) < len(judged):
        raise invalid("A non-transactional commit may not name one entity twice.")
    if transaction is not None:
        state.transactions.end(transaction)
    version = state.engine.next_version()
    reply.index_updates = apply_writes(state.engine, list(writes.values()), version)
    for place, result in judged:
        _fill_result(result, writes[place], version)
    if transactional:
        set_time(reply.commit_time, version)
    replied: bytes = reply.SerializeToString()
    return replied


def _find_transaction(state: State, request: Message, *, transactional: bool) -> Transaction | None:
    """The open transaction that is to commit, which no other has overtaken; None for a single-use or no transaction."""
    if not request.project_id:
        raise invalid("The request names no project.")
    selector = request.WhichOneof("transaction_selector")
    if not transactional:
        if selector is not None:
            raise invalid("A non-transactional commit cannot have a transaction.")
        return None
    if selector is None:
        raise invalid("A transactional commit needs a transaction.")
    if selector == "single_use_transaction":
        if request.single_use_transaction.WhichOneof("mode") == "read_only":
            raise invalid("A read-only transaction cannot write.")
        return None
    transaction = state.transactions.find(request.transaction)
    if transaction.read_only and request.mutations:
        raise invalid("A read-only transaction cannot write.")
    state.transactions.check(transaction)
    return transaction


def _judge(state: State, request: Message, mutation: Message, writes: dict[Place, Write], result: Message) -> Place:
    """Turn a mutation into its Write, or refuse the whole commit."""
    operation: Operation | None = mutation.WhichOneof("operation")
    if operation is None:
        raise invalid("A mutation has no operation.")
    _refuse_unimplemented(mutation)
    key = mutation.delete if operation == "delete" else getattr(mutation, operation).key
    path = _read_written_key(state, request, key, operation, result)
    place = (path.partition, path.path)
    earlier = writes.get(place)
    partition = state.engine.open_partition(path.partition) if earlier is None else earlier.partition
    current = partition.entities.get(path.path) if earlier is None else earlier
    _check_existence(operation, key, exists=current is not None and current.body is not None)
    writes[place] = (
        Write(partition, path, None, {})
        if operation == "delete"
        else Write(partition, path, *_store_entity(getattr(mutation, operation), request.project_id))
    )
    return place


def _refuse_unimplemented(mutation: Message) -> None:
    if mutation.WhichOneof("conflict_detection_strategy") is not None:
        raise unimplemented("Conflict detection by base_version or update_time")
    if mutation.HasField("property_mask"):
        raise unimplemented("A property mask in a mutation")
    if mutation.property_transforms:
        raise unimplemented("A property transform")


def _read_written_key(state: State, request: Message, key: Message, operation: Operation, result: Message) -> KeyPath:
    """The path of a mutation's key, completed with an id where insert and upsert allow it; its message in full form."""
    if not key.path:
        raise invalid(f"The {operation} has no key.")
    path = read_key(key, request.project_id, request.database_id)
    check_written_key(key)
    fill_partition(key, path.partition)
    if not path.complete:
        if operation in {"update", "delete"}:
            raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
        partition = state.engine.find_partition(path.partition)
        path = state.ids.complete(key, partition, request.project_id, request.database_id)
        result.key.CopyFrom(key)
    return path


def _check_existence(operation: Operation, key: Message, *, exists: bool) -> None:
    if operation == "insert" and exists:
        raise ServiceError(Code.ALREADY_EXISTS, f"entity already exists: [{describe_key(key)}]")
    if operation == "update" and not exists:
        raise ServiceError(Code.NOT_FOUND, f"no entity to update: [{describe_key(key)}]")


def _store_entity(entity: Message, project: str) -> tuple[bytes, dict[tuple[str, bytes], None]]:
    """The bytes that are stored of an entity, the same for equal entities, and its index entries."""
    check_properties(entity, project)
    body: bytes = entity.SerializePartialToString(deterministic=True)
    if len(body) > ENTITY_LIMIT:
        raise invalid(f"The entity is larger than {ENTITY_LIMIT} bytes: [{describe_key(entity.key)}].")
    return body, list_entries(entity)


def _check_limits(state: State, request: Message, writes: dict[Place, Write], transaction: Transaction | None) -> None:
    """The legacy service's limits of a commit."""
    if not state.engine.model.legacy:
        return
    if len(request.mutations) > _LEGACY_MUTATIONS:
        raise invalid(f"A commit has at most {_LEGACY_MUTATIONS} mutations.")
    groups = {(write.key.partition, write.key.root) for write in writes.values()}
    if request.mode != _NON_TRANSACTIONAL and len(groups.union(transaction.touched if transaction else ())) > (
        _LEGACY_GROUPS
    ):
        raise invalid("operating on too many entity groups in a single transaction.")


def _fill_result(result: Message, write: Write, version: int) -> None:
    """Version and times; an entity written as it was keeps them. A deletion's version is the commit's."""
    result.version = version
    stored = write.partition.entities.get(write.key.path)
    if stored is not None and write.body is not None:
        result.version = stored.number
        set_time(result.update_time, stored.number)
        set_time(result.create_time, stored.created)
