"""The RPCs around transactions and ids: BeginTransaction, Rollback, AllocateIds, ReserveIds."""

from collections.abc import Mapping

from consistency.emulator.service.reading import begin, transaction_options
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid
from consistency.emulator.values.keys import describe_key, fill_partition, read_key
from consistency.emulator.values.messages import (
    AllocateIdsRequest,
    AllocateIdsResponse,
    BeginTransactionRequest,
    BeginTransactionResponse,
    ReserveIdsRequest,
    ReserveIdsResponse,
    RollbackRequest,
    RollbackResponse,
    parse_message,
)
from consistency.emulator.values.validation import check_place, check_written_key


def begin_transaction(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/BeginTransaction."""
    del metadata
    request = parse_message(BeginTransactionRequest, data)
    check_place(request.project_id, request.database_id)
    read_only, at_us = transaction_options(request.transaction_options)
    transaction = begin(state, read_only=read_only, at_us=at_us)
    reply: bytes = BeginTransactionResponse(transaction=transaction.name).SerializeToString()
    return reply


def rollback(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/Rollback: INVALID_ARGUMENT when the transaction has ended already."""
    del metadata
    request = parse_message(RollbackRequest, data)
    check_place(request.project_id, request.database_id)
    state.transactions.roll_back(request.transaction)
    reply: bytes = RollbackResponse().SerializeToString()
    return reply


def allocate_ids(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/AllocateIds: the request's incomplete keys, in their order, with ids."""
    del metadata
    request = parse_message(AllocateIdsRequest, data)
    check_place(request.project_id, request.database_id)
    if len(request.keys) > state.limits.allocated_keys:
        raise invalid(f"AllocateIds has at most {state.limits.allocated_keys} keys.")
    reply = AllocateIdsResponse()
    for key in request.keys:
        path = read_key(key, request.project_id, request.database_id)
        if path.complete:
            raise invalid(f"Key path is complete: [{describe_key(key)}]. Only incomplete keys are given ids.")
        check_written_key(key, state.limits)
        fill_partition(key, path.partition)
        partition = state.engine.find_partition(path.partition)
        state.ids.complete(key, partition, request.project_id, request.database_id)
        reply.keys.append(key)
    replied: bytes = reply.SerializeToString()
    return replied


def reserve_ids(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/ReserveIds: the request's complete keys are never allocated from now on."""
    del metadata
    request = parse_message(ReserveIdsRequest, data)
    check_place(request.project_id, request.database_id)
    paths = [read_key(key, request.project_id, request.database_id) for key in request.keys]
    for path, key in zip(paths, request.keys, strict=True):
        if not path.complete:
            raise invalid(f"Key path is incomplete: [{describe_key(key)}]")
        check_written_key(key, state.limits)
    for path in paths:
        state.ids.reserve(path)
    reply: bytes = ReserveIdsResponse().SerializeToString()
    return reply
