"""RunQuery: one batch of a query's results.

The results come lazily from `query`; this module cuts them: offset, limit, end cursor, and a batch that stays far
enough below the 4 MiB that clients accept. Every result carries its cursor, and so does an empty batch.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import View
from consistency.emulator.query.cursors import read_cursor, write_cursor
from consistency.emulator.query.question import Position, Question
from consistency.emulator.query.results import Result, find_results
from consistency.emulator.service.preparation import prepare_once
from consistency.emulator.service.questions import make_question
from consistency.emulator.service.reading import Options, Reading, open_reading, read_options
from consistency.emulator.service.state import State
from consistency.emulator.status import invalid, unimplemented
from consistency.emulator.values.framing import field_tag, frame_field, frame_result, key_field, set_time, stamp_bytes
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.messages import (
    Message,
    QueryResultBatch,
    RunQueryRequest,
    RunQueryResponse,
    parse_message,
)

_BATCH, _RESULTS = field_tag(RunQueryResponse, "batch"), field_tag(QueryResultBatch, "entity_results")
_FULL, _KEY_ONLY = 1, 3
_NOT_FINISHED, _AFTER_LIMIT, _NO_MORE, _AFTER_CURSOR = 1, 2, 3, 4
_BATCH_BYTES = 2 << 20
_BATCH_RESULTS = 1_000


class Asked(NamedTuple):
    """A RunQuery understood: what is asked, of which partition and entity group, and what part of it is wanted."""

    options: Options
    partition: PartitionId
    question: Question
    root: bytes | None
    keys_only: bool
    offset: int
    limit: int | None
    start: Position
    end: Position | None


def run_query(state: State, metadata: Mapping[str, str], data: bytes) -> bytes:
    """google.datastore.v1.Datastore/RunQuery."""
    asked = _prepare(data)
    reading = open_reading(state, asked.options, metadata, of_groups=asked.root is not None)
    partition = state.engine.find_partition(asked.partition)
    view = reading.global_view() if asked.root is None else reading.view(partition, asked.root)
    results = _Results(partition, view, asked)
    batch = results.take(find_results(asked.question, partition, view, asked.start))
    state.engine.settle()
    return _reply(state, reading, batch, results.framed)


@prepare_once
def _prepare(data: bytes) -> Asked:
    request = parse_message(RunQueryRequest, data)
    _check(request)
    query = request.query
    partition = PartitionId(request.project_id, request.database_id, request.partition_id.namespace_id)
    question, root = make_question(query, partition)
    return Asked(
        read_options(request.read_options),
        partition,
        question,
        root,
        bool(query.projection),
        query.offset,
        query.limit.value if query.HasField("limit") else None,
        read_cursor(query.start_cursor, question),
        read_cursor(query.end_cursor, question) if query.end_cursor else None,
    )


def _check(request: Message) -> None:
    query_type = request.WhichOneof("query_type")
    if not request.project_id:
        raise invalid("The request names no project.")
    if query_type != "query":
        raise unimplemented("GQL") if query_type else invalid("The request has no query.")
    partition = request.partition_id
    if partition.project_id not in {"", request.project_id} or partition.database_id not in {"", request.database_id}:
        raise invalid("The partition's project or database is not the request's.")
    if request.HasField("property_mask"):
        raise unimplemented("A property mask in RunQuery")
    if request.HasField("explain_options"):
        raise unimplemented("explain_options")
    if request.query.offset < 0 or request.query.limit.value < 0:
        raise invalid("Offset and limit cannot be negative.")


class _Results:
    """The results of one batch: of each key, what the view sees of its entity."""

    def __init__(self, partition: Partition, view: View, asked: Asked) -> None:
        self._partition = partition
        self._view = view
        self._asked = asked
        self._size = 0
        self.framed: list[bytes] = []

    def take(self, found: Iterator[Result]) -> Message:
        """Take results until something ends the batch; the batch's message without its results."""
        offset, last, skipped = self._asked.offset, self._asked.start, 0
        batch = QueryResultBatch(entity_result_type=_KEY_ONLY if self._asked.keys_only else _FULL)
        for position, path in found:
            content = self._frame(path, position)
            if content is None:
                continue
            if ended := self._end(position, skipped):
                batch.more_results = ended
                break
            last = position
            if skipped < offset:
                skipped += 1
                batch.skipped_cursor = write_cursor(position)
            else:
                self.framed.append(content)
                self._size += len(content)
        else:
            batch.more_results = _NO_MORE
        batch.skipped_results = skipped
        batch.end_cursor = write_cursor(last)
        return batch

    def _end(self, position: Position, skipped: int) -> int:
        """Why the batch ends before the result at `position`, 0 when it does not."""
        asked, taken = self._asked, len(self.framed)
        if asked.end is not None and position > asked.end:
            return _AFTER_CURSOR
        if skipped == asked.offset and asked.limit is not None and taken >= asked.limit:
            return _AFTER_LIMIT
        if self._size > _BATCH_BYTES or taken >= _BATCH_RESULTS:
            return _NOT_FINISHED
        return 0

    def _frame(self, path: bytes, position: Position) -> bytes | None:
        """The result's content. A row whose body this view no longer sees gives a key, but no entity."""
        partition, view = self._partition, self._view
        version = partition.find_indexed(path, view) if self._asked.keys_only else partition.find_body(path, view)
        if version is None or version.body is None:
            return None
        entity = key_field(version.body) if self._asked.keys_only else version.body
        return frame_result(entity, stamp_bytes(version.number, version.created), write_cursor(position))


def _reply(state: State, reading: Reading, batch: Message, framed: list[bytes]) -> bytes:
    if not reading.eventual:
        batch.snapshot_version = state.engine.read_version()
        set_time(batch.read_time, batch.snapshot_version)
    content = b"".join([batch.SerializeToString(), *(frame_field(_RESULTS, result) for result in framed)])
    reply = frame_field(_BATCH, content)
    if reading.began is not None:
        reply += RunQueryResponse(transaction=reading.began.name).SerializeToString()
    return reply
