"""One batch of a query's results: offset, limit, end cursor, and what fits below the 4 MiB that clients accept.

Results come in lazily, each as a position and a key path; out goes the QueryResultBatch with its results framed as
bytes beside it. Every result carries its cursor, and so does an empty batch.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import View
from consistency.emulator.query.cursors import write_cursor
from consistency.emulator.query.nearest import Nearest
from consistency.emulator.query.question import Position, Question
from consistency.emulator.query.walks import Result
from consistency.emulator.service.vectors import frame_nearest
from consistency.emulator.values.decoding import decode_value
from consistency.emulator.values.framing import frame_result, key_field, stamp_bytes
from consistency.emulator.values.masks import Mask, select_stored
from consistency.emulator.values.messages import Entity, Message, QueryResultBatch
from consistency.emulator.values.ordering import restore_order

_NOT_FINISHED, _AFTER_LIMIT, _NO_MORE, _AFTER_CURSOR = 1, 2, 3, 4
_BATCH_BYTES = 2 << 20
_BATCH_RESULTS = 1_000


class ResultType(IntEnum):
    """What results hold; the numbers are EntityResult.ResultType's."""

    FULL = 1
    PROJECTION = 2
    KEY_ONLY = 3


class Piece(NamedTuple):
    """Which part of the results is wanted, and what of each."""

    result_type: ResultType
    offset: int
    limit: int | None
    start: Position
    end: Position | None
    mask: Mask | None
    nearest: Nearest | None = None


class Batch:
    """The results of one batch: of each key, what the view sees of its entity."""

    def __init__(self, partition: Partition, view: View, question: Question, piece: Piece) -> None:
        self._partition = partition
        self._view = view
        self._piece = piece
        self._size = 0
        self._projected = _places(question) if question.projected is not None else []
        self.framed: list[bytes] = []

    def take(self, found: Iterator[Result]) -> Message:
        """Take results until something ends the batch; the batch's message without its results."""
        if self._piece.nearest is not None:
            self.framed = frame_nearest(self._piece.nearest, found, self._partition, self._view, self._piece.mask)
            return QueryResultBatch(entity_result_type=ResultType.FULL, more_results=_NO_MORE)
        offset, last, skipped = self._piece.offset, self._piece.start, 0
        batch = QueryResultBatch(entity_result_type=self._piece.result_type)
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
        piece, taken = self._piece, len(self.framed)
        if piece.end is not None and position > piece.end:
            return _AFTER_CURSOR
        if skipped == piece.offset and piece.limit is not None and taken >= piece.limit:
            return _AFTER_LIMIT
        if self._size > _BATCH_BYTES or taken >= _BATCH_RESULTS:
            return _NOT_FINISHED
        return 0

    def _frame(self, path: bytes, position: Position) -> bytes | None:
        """The result's content. A row whose body this view sees no more gives a key or a projection, but no entity."""
        partition, view = self._partition, self._view
        if self._piece.result_type is ResultType.FULL:
            version = partition.find_body(path, view)
        else:
            version = partition.find_indexed(path, view)
        if version is None or version.body is None:
            return None
        entity = self._entity(version.body, position)
        return frame_result(entity, stamp_bytes(version.number, version.created), write_cursor(position))

    def _entity(self, body: bytes, position: Position) -> bytes:
        if self._piece.result_type is ResultType.KEY_ONLY:
            return key_field(body)
        if self._piece.result_type is ResultType.PROJECTION:
            return _project(body, position, self._projected)
        return body if self._piece.mask is None else select_stored(body, self._piece.mask)


def _places(question: Question) -> list[tuple[str, int, bool]]:
    """Of each projected property: its name, its place in a position, and whether its item there is reversed."""
    assert question.projected is not None
    found = {order.name: (order.name, place, order.descending) for place, order in enumerate(question.orders)}
    return [found[name] for name in question.projected]


def _project(body: bytes, position: Position, places: list[tuple[str, int, bool]]) -> bytes:
    """The entity's key and its projected values, read off the index row."""
    entity = Entity.FromString(key_field(body))
    for name, place, descending in places:
        item = position[place]
        decode_value(restore_order(item) if descending else item, entity.properties[name])
    projected: bytes = entity.SerializeToString(deterministic=True)
    return projected
