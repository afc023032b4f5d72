"""Values back from their sort bytes, as the service gives them in projections: what index rows hold, and no more.

An index does not tell a timestamp from an integer, nor a blob from a string. So a projected timestamp is an integer of
microseconds, a projected blob is a string where it is UTF-8, and every projected value carries meaning 18, which says
that it came from an index. (Both of Google's emulators answer so.)
"""

import struct
from collections.abc import Callable

from consistency.emulator.values.keys import decode_key
from consistency.emulator.values.messages import Message
from consistency.emulator.values.ordering import SIGN, WHOLE

_FROM_INDEX = 18


def decode_value(encoded: bytes, value: Message) -> None:
    """Set a Value message to what these sort bytes stand for."""
    _DECODERS[encoded[0]](encoded[1:], value)
    value.meaning = _FROM_INDEX


def decode_number(encoded: bytes) -> int | float | None:
    """The number that these sort bytes stand for, None for anything else. A timestamp is its microseconds."""
    if encoded[0] == _INTEGER:
        return _decode_integer(encoded[1:])
    return _decode_float(encoded[1:]) if encoded[0] == _DOUBLE else None


def _decode_integer(content: bytes) -> int:
    return int.from_bytes(content, "big") - SIGN


def _decode_float(content: bytes) -> float:
    bits = int.from_bytes(content, "big")
    number: float = struct.unpack(">d", (bits ^ (SIGN if bits & SIGN else WHOLE)).to_bytes(8, "big"))[0]
    return number


def _set_null(_content: bytes, value: Message) -> None:
    value.null_value = 0


def _set_integer(content: bytes, value: Message) -> None:
    value.integer_value = _decode_integer(content)


def _set_boolean(content: bytes, value: Message) -> None:
    value.boolean_value = content == b"\1"


def _set_text(content: bytes, value: Message) -> None:
    try:
        value.string_value = content.decode()
    except UnicodeDecodeError:
        value.blob_value = content


def _set_double(content: bytes, value: Message) -> None:
    value.double_value = _decode_float(content)


def _set_point(content: bytes, value: Message) -> None:
    value.geo_point_value.latitude = _decode_float(content[:8])
    value.geo_point_value.longitude = _decode_float(content[8:])


def _set_key(content: bytes, value: Message) -> None:
    value.key_value.CopyFrom(decode_key(content))


_INTEGER, _DOUBLE = 2, 5
_DECODERS: dict[int, Callable[[bytes, Message], None]] = {  # by the tag of the type's rank, see `ordering`
    1: _set_null,
    _INTEGER: _set_integer,
    3: _set_boolean,
    4: _set_text,
    _DOUBLE: _set_double,
    6: _set_point,
    7: _set_key,
}
