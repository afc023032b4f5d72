"""RunQuery: one batch of a query's results.

A request is understood once (`preparation`): as a question for `query`, and as the piece of its results that is
wanted. GQL is translated first and echoed as the query that it means.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple

from consistency.emulator.engine.partitions import Columns, Partition
from consistency.emulator.engine.views import View
from consistency.emulator.indexes.needs import Need
from consistency.emulator.query.cursors import read_cursor
from consistency.emulator.query.question import Question
from consistency.emulator.query.results import find_results
from consistency.emulator.query.walks import list_composites
from consistency.emulator.service.batches import Batch, Piece, ResultType
from consistency.emulator.service.building import answer_when_built
from consistency.emulator.service.explanations import Statistics, explain
from consistency.emulator.service.needs import list_needs
from consistency.emulator.service.preparation import prepare_once
from consistency.emulator.service.questions import make_question
from consistency.emulator.service.reading import Options, Reading, read_options
from consistency.emulator.service.sources import open_source
from consistency.emulator.service.state import State
from consistency.emulator.service.targets import Explained, read_explained, read_partition, translate_gql
from consistency.emulator.service.vectors import read_nearest
from consistency.emulator.status import invalid
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
_QUERY = field_tag(RunQueryResponse, "query")
_NOT_FINISHED, _NO_MORE = 1, 3


class Asked(NamedTuple):
    """A RunQuery understood: what is asked, of which partition and entity group, and what part of it is wanted.

    `echo`: the Query that its GQL means.
    """

    options: Options
    partition: PartitionId
    question: Question
    root: bytes | None
    piece: Piece
    explained: Explained
    echo: bytes | None
    needs: tuple[Need, ...]
    composites: tuple[Columns, ...]


def run_query(state: State, metadata: Mapping[str, str], data: bytes) -> bytes | Awaitable[bytes]:
    """google.datastore.v1.Datastore/RunQuery."""
    asked = _PREPARE[state.engine.model.legacy](data)
    if asked.composites:
        return answer_when_built(state, asked, partial(_answer, state, metadata, asked))
    return _answer(state, metadata, asked)


def _answer(state: State, metadata: Mapping[str, str], asked: Asked) -> bytes:
    reading, source, view = open_source(state, metadata, asked)
    batch = Batch(source, view, asked.question, asked.piece)
    if asked.explained is not Explained.NOTHING:
        return _reply_explained(state, reading, asked, batch, source, view)
    message = batch.take(find_results(asked.question, source, view, asked.piece.start))
    state.engine.end_read()
    return _reply(reading, asked, message, batch.framed)


def read_piece(query: Message, question: Question, mask: Mask | None) -> Piece:
    """Which part of a Query message's results is wanted, and what of each."""
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
        read_nearest(query),
    )


def _prepare(data: bytes, *, legacy: bool) -> Asked:
    request = parse_message(RunQueryRequest, data)
    partition = read_partition(request)
    query, echo = request.query, None
    if request.WhichOneof("query_type") != "query":
        query = _read_gql(request)
        echo = query.SerializeToString()
    question, root = make_question(query, partition, legacy=legacy)
    mask = read_mask(request.property_mask) if request.HasField("property_mask") else None
    piece = read_piece(query, question, mask)
    return Asked(
        read_options(request.read_options),
        partition,
        question,
        root,
        piece,
        read_explained(request),
        echo,
        list_needs(question, legacy=legacy),
        list_composites(question),
    )


def _read_gql(request: Message) -> Message:
    if request.WhichOneof("query_type") is None:
        raise invalid("The request has no query.")
    translated = translate_gql(request)
    if translated.aggregation is not None:
        raise invalid("The GQL query is an aggregation: it is a query for RunAggregationQuery.")
    return translated.query


def _result_type(query: Message, question: Question) -> ResultType:
    if not query.projection:
        return ResultType.FULL
    return ResultType.KEY_ONLY if question.projected is None else ResultType.PROJECTION


def _reply_explained(
    state: State, reading: Reading, asked: Asked, batch: Batch, source: Partition, view: View
) -> bytes:
    """The plan, and unless that is all that is wanted, the results with it; statistics come with the last batch."""
    statistics = Statistics(state.engine.now_ns())
    message = QueryResultBatch(entity_result_type=asked.piece.result_type, more_results=_NO_MORE)
    if asked.explained is Explained.EVERYTHING:
        message = batch.take(statistics.counted(find_results(asked.question, source, view, asked.piece.start)))
        statistics.results = len(batch.framed)
        statistics.documents = statistics.results if asked.piece.result_type is ResultType.FULL else 0
    response = RunQueryResponse()
    finished = message.more_results != _NOT_FINISHED
    told = statistics if finished and asked.explained is Explained.EVERYTHING else None
    explain(response.explain_metrics, asked.question, told, state.engine.now_ns())
    state.engine.end_read()
    metrics: bytes = response.SerializeToString()
    return _reply(reading, asked, message, batch.framed) + metrics


def _reply(reading: Reading, asked: Asked, batch: Message, framed: list[bytes]) -> bytes:
    if not reading.eventual:
        batch.snapshot_version = reading.version()
        set_time(batch.read_time, batch.snapshot_version)
    content = b"".join([batch.SerializeToString(), *(frame_field(_RESULTS, result) for result in framed)])
    reply = frame_field(_BATCH, content)
    if asked.echo is not None:
        reply += frame_field(_QUERY, asked.echo)
    if reading.began is not None:
        reply += RunQueryResponse(transaction=reading.began.name).SerializeToString()
    return reply


_PREPARE: dict[bool, Callable[[bytes], Asked]] = {
    legacy: prepare_once(partial(_prepare, legacy=legacy)) for legacy in (False, True)
}
