"""RunQuery: one batch of a query's results.

A request is understood once (`preparation`): as a question for `query`, and as the piece of its results that is
wanted. GQL is translated first and echoed as the query that it means.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from consistency.emulator.query.cursors import read_cursor
from consistency.emulator.query.question import Question
from consistency.emulator.query.results import find_results
from consistency.emulator.service.batches import Batch, Piece, ResultType
from consistency.emulator.service.guards import guard_question
from consistency.emulator.service.preparation import prepare_once
from consistency.emulator.service.questions import make_question
from consistency.emulator.service.reading import Options, Reading, open_reading, read_options
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.values.framing import field_tag, frame_field, set_time
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.masks import Mask, read_mask
from consistency.emulator.values.messages import (
    Message,
    QueryResultBatch,
    RunQueryRequest,
    RunQueryResponse,
    parse_message,
)

_BATCH, _RESULTS = field_tag(RunQueryResponse, "batch"), field_tag(QueryResultBatch, "entity_results")


class Asked(NamedTuple):
    """A RunQuery understood: what is asked, of which partition and entity group, and what part of it is wanted."""

    options: Options
    partition: PartitionId
    question: Question
    root: bytes | None
    piece: Piece


def run_query(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/RunQuery."""
    asked = _PREPARE[state.engine.model.legacy](data)
    reading = open_reading(state, asked.options, metadata, of_groups=asked.root is not None)
    partition = state.engine.find_partition(asked.partition)
    view = reading.view_query(partition, asked.root, guard_question(asked.question))
    batch = Batch(partition, view, asked.question, asked.piece)
    message = batch.take(find_results(asked.question, partition, view, asked.piece.start))
    state.engine.settle()
    return _reply(reading, message, batch.framed)


def _prepare(data: bytes, *, legacy: bool) -> Asked:
    request = parse_message(RunQueryRequest, data)
    _check(request)
    query = request.query
    partition = PartitionId(request.project_id, request.database_id, request.partition_id.namespace_id)
    question, root = make_question(query, partition, legacy=legacy)
    mask = read_mask(request.property_mask) if request.HasField("property_mask") else None
    return Asked(read_options(request.read_options), partition, question, root, _read_piece(query, question, mask))


def _read_piece(query: Message, question: Question, mask: Mask | None) -> Piece:
    if query.offset < 0:
        raise invalid("Offset must be non-negative.")
    limit = query.limit.value if query.HasField("limit") else None
    if limit is not None and limit < 0:
        raise invalid("Limit must be non-negative.")
    result_type = _result_type(query, question)
    if mask is not None and result_type is not ResultType.FULL:
        raise invalid("property masks are not allowed on projection queries")
    return Piece(
        result_type,
        query.offset,
        limit,
        read_cursor(query.start_cursor, question),
        read_cursor(query.end_cursor, question) if query.end_cursor else None,
        mask,
    )


def _result_type(query: Message, question: Question) -> ResultType:
    if not query.projection:
        return ResultType.FULL
    return ResultType.KEY_ONLY if question.projected is None else ResultType.PROJECTION


def _check(request: Message) -> None:
    query_type = request.WhichOneof("query_type")
    if not request.project_id:
        raise invalid("The request names no project.")
    if query_type != "query":
        raise unimplemented("GQL") if query_type else invalid("The request has no query.")
    partition = request.partition_id
    if partition.project_id not in {"", request.project_id} or partition.database_id not in {"", request.database_id}:
        raise invalid("The partition's project or database is not the request's.")
    if request.HasField("explain_options"):
        raise unimplemented("explain_options")


def _reply(reading: Reading, batch: Message, framed: list[bytes]) -> bytes:
    if not reading.eventual:
        batch.snapshot_version = reading.version()
        set_time(batch.read_time, batch.snapshot_version)
    content = b"".join([batch.SerializeToString(), *(frame_field(_RESULTS, result) for result in framed)])
    reply = frame_field(_BATCH, content)
    if reading.began is not None:
        reply += RunQueryResponse(transaction=reading.began.name).SerializeToString()
    return reply


_PREPARE: dict[bool, Callable[[bytes], Asked]] = {
    legacy: prepare_once(partial(_prepare, legacy=legacy)) for legacy in (False, True)
}
