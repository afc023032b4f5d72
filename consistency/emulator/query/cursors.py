"""Cursors: positions as opaque bytes.

A cursor holds the sort items of the result that it stands behind, not a count and not a row: so it stays right when
rows before it come and go, and the one before all results exists as well.
"""

import msgspec

from consistency.emulator.query.question import Position, Question
from consistency.emulator.status import invalid

_BEFORE_ALL = b"\x90"  # an empty list
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[bytes, ...])


def write_cursor(position: Position) -> bytes:
    """The cursor behind the result at `position`; the empty position gives the one before all."""
    return _encoder.encode(position)


def read_cursor(cursor: bytes, question: Question) -> Position:
    """The position of a cursor that a query of the same shape gave; no bytes mean before all."""
    if not cursor or cursor == _BEFORE_ALL:
        return ()
    try:
        position = _decoder.decode(cursor)
    except msgspec.DecodeError as error:
        raise invalid("The cursor is not one that this emulator gave.") from error
    if len(position) != len(question.orders) + 1:
        raise invalid("The cursor belongs to a query with other sort orders.")
    return position
