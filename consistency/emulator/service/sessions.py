"""The RPCs around transactions and ids: BeginTransaction, Rollback, AllocateIds."""

from collections.abc import Mapping

from consistency.emulator.service.reading import is_read_only
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import describe_key, fill_partition, read_key
from consistency.emulator.values.messages import (
    AllocateIdsRequest,
    AllocateIdsResponse,
    BeginTransactionRequest,
    BeginTransactionResponse,
    RollbackRequest,
    RollbackResponse,
    parse_message,
)
from consistency.emulator.values.validation import check_written_key


def begin_transaction(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/BeginTransaction."""
    del metadata
    request = parse_message(BeginTransactionRequest, data)
    transaction = state.transactions.begin(read_only=is_read_only(request.transaction_options))
    reply: bytes = BeginTransactionResponse(transaction=transaction.name).SerializeToString()
    return reply


def rollback(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/Rollback: INVALID_ARGUMENT when the transaction has ended already."""
    del metadata
    request = parse_message(RollbackRequest, data)
    state.transactions.roll_back(request.transaction)
    reply: bytes = RollbackResponse().SerializeToString()
    return reply


def allocate_ids(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/AllocateIds: the request's incomplete keys, in their order, with ids."""
    del metadata
    request = parse_message(AllocateIdsRequest, data)
    reply = AllocateIdsResponse()
    for key in request.keys:
        path = read_key(key, request.project_id, request.database_id)
        if path.complete:
            raise invalid(f"Key path is complete: [{describe_key(key)}]. Only incomplete keys are given ids.")
        check_written_key(key)
        fill_partition(key, path.partition)
        partition = state.engine.find_partition(path.partition)
        state.ids.complete(key, partition, request.project_id, request.database_id)
        reply.keys.append(key)
    replied: bytes = reply.SerializeToString()
    return replied
