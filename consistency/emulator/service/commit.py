"""Commit: judge every mutation first, then apply all of them or none.

Mutations come in; they become at most one Write per entity, since the later mutations of an entity in one commit see
what the earlier ones made of it. Only a commit that passed every check, and that nobody's lock forbids, gets a version.

A commit that must wait for a lock is judged anew when it is free: what it was judged against may have changed.
"""

from collections.abc import Awaitable, Mapping, Set

from consistency.emulator.indexes.writes import Write, apply_writes
from consistency.emulator.service.mutations import Judging, Place, judge_mutation
from consistency.emulator.service.state import State
from consistency.emulator.service.waiting import wait_for_locks
from consistency.emulator.status import ServiceError, invalid
from consistency.emulator.transactions.transaction import Blocked, Transaction
from consistency.emulator.values.framing import set_time
from consistency.emulator.values.limits import too_much
from consistency.emulator.values.messages import CommitRequest, CommitResponse, Message, parse_message
from consistency.emulator.values.validation import check_written_place

_NON_TRANSACTIONAL = 2


def commit(state: State, metadata: Mapping[str, str], data: bytes) -> bytes | Awaitable[bytes]:
    """google.datastore.v1.Datastore/Commit: a reply at once, or one to wait for where others hold locks."""
    if len(data) > state.limits.request_bytes:
        raise too_much("The commit", state.limits.request_bytes, "bytes")
    try:
        return _commit(state, metadata, parse_message(CommitRequest, data))
    except Blocked as blocked:
        ahead = blocked.ahead

        def attempt() -> bytes:
            return _commit(state, metadata, parse_message(CommitRequest, data), ahead)

        return wait_for_locks(state, attempt, blocked.waiting)


def _commit(
    state: State, metadata: Mapping[str, str], request: Message, ahead: Set[Transaction] | None = None
) -> bytes:
    check_written_place(request.project_id, request.database_id)
    transactional = request.mode != _NON_TRANSACTIONAL
    transaction = _find_transaction(state, request, transactional=transactional)
    judging = Judging(state, request.project_id, request.database_id)
    reply = CommitResponse()
    results = reply.mutation_results
    judged = [(result := results.add(), *judge_mutation(judging, mutation, result)) for mutation in request.mutations]
    writes = list(judging.writes.values())
    _check_limits(state, request, writes, transaction)
    if not transactional and len({place for _, place, _ in judged}) < len(judged):
        raise invalid("A non-transactional commit may not name one entity twice.")
    state.engine.begin_commit()
    state.transactions.check(transaction, writes, ahead)
    if state.write_rates.limited:
        _take_rates(state, writes, transaction)
    if transaction is not None:
        state.transactions.end(transaction)
    version = state.engine.next_version()
    reply.index_updates = apply_writes(state.engine, writes, version)
    state.engine.end_commit(metadata)
    for result, place, effective in judged:
        _fill_result(state, result, judging.writes.get(place), place, version, effective=effective)
    if transactional:
        set_time(reply.commit_time, version)
    replied: bytes = reply.SerializeToString()
    return replied


def _take_rates(state: State, writes: list[Write], transaction: Transaction | None) -> None:
    try:
        state.write_rates.take({(write.key.partition, write.key.root) for write in writes}, state.engine.now_ns())
    except ServiceError:
        if transaction is not None:
            state.transactions.abort(transaction)
        raise


def _find_transaction(state: State, request: Message, *, transactional: bool) -> Transaction | None:
    """The open transaction that is to commit; None for a single-use or no transaction."""
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
    state.transactions.check(transaction, ())  # whoever lost is told so before its mutations are judged
    return transaction


def _check_limits(state: State, request: Message, writes: list[Write], transaction: Transaction | None) -> None:
    """The limits of a commit as a whole."""
    limits = state.limits
    if len(request.mutations) > limits.mutations:
        raise invalid(f"A commit has at most {limits.mutations} mutations.")
    if request.mode == _NON_TRANSACTIONAL or len(writes) + (len(transaction.groups) if transaction else 0) <= (
        limits.groups
    ):
        return
    groups = {(write.key.partition, write.key.root) for write in writes}
    if len(groups.union(transaction.groups if transaction else ())) > limits.groups:
        raise invalid("operating on too many entity groups in a single transaction.")


def _fill_result(
    state: State, result: Message, write: Write | None, place: Place, version: int, *, effective: bool
) -> None:
    """Version and times; an entity written as it was, or kept in a conflict, has its own, a deletion the commit's."""
    result.version = version
    if not effective:
        result.conflict_detected = True
    partition = state.engine.find_partition(place[0]) if write is None else write.partition
    stored = partition.entities.get(place[1])
    if stored is not None and stored.body is not None:
        result.version = stored.number
        set_time(result.update_time, stored.number)
        set_time(result.create_time, stored.created)
