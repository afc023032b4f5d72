"""Values as bytes whose plain order is Datastore's order, so that an index scan is a range of a sorted list.

A Value message comes in, bytes go out: a tag for the type's rank, then the value. The order of types is the legacy
service's: null < integer and timestamp (one number line, timestamps in microseconds) < boolean < string and blob
(bytewise) < double < geographical point < key.

Bytes rather than tuples with a comparison of their own: they compare in C, and an index row costs one object less.
"""

import struct
from collections.abc import Callable

from consistency.emulator.status import invalid
from consistency.emulator.values.keys import encode_key
from consistency.emulator.values.messages import Message

_NULL, _INTEGER, _BOOLEAN, _STRING, _DOUBLE, _POINT, _KEY = (bytes((tag,)) for tag in range(1, 8))
SIGN = 1 << 63
WHOLE = (1 << 64) - 1
_INVERSE = bytes(255 - byte for byte in range(256))


def encode_value(value: Message) -> bytes:
    """The sort bytes of one scalar Value; INVALID_ARGUMENT for arrays and entities, which have no order."""
    kind = value.WhichOneof("value_type")
    encode = ENCODERS.get(kind)
    if encode is None:
        raise invalid(f"A value of type {kind or 'none'} cannot be compared.")
    encoded: bytes = encode(value)
    return encoded


def reverse_order(encoded: bytes) -> bytes:
    """Bytes that sort as the reverse of `encoded`: terminated, so that no one is another's beginning, and inverted."""
    return (encoded.replace(b"\0", b"\0\xff") + b"\0\0").translate(_INVERSE)


def restore_order(reversed_order: bytes) -> bytes:
    """What `reverse_order` made these bytes from."""
    return reversed_order.translate(_INVERSE)[:-2].replace(b"\0\xff", b"\0")


def _encode_integer(number: int) -> bytes:
    return _INTEGER + (number + SIGN).to_bytes(8, "big")


def _encode_timestamp(value: Message) -> bytes:
    stamp = value.timestamp_value
    return _encode_integer(stamp.seconds * 1_000_000 + stamp.nanos // 1000)


def _encode_float(number: float) -> bytes:
    """IEEE 754 bits with the sign inverted for positive numbers and all bits inverted for negative ones."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))  # + 0.0 makes -0.0 equal to 0.0
    flipped: int = bits ^ (WHOLE if bits & SIGN else SIGN)
    return flipped.to_bytes(8, "big")


def _encode_point(value: Message) -> bytes:
    point = value.geo_point_value
    return _POINT + _encode_float(point.latitude) + _encode_float(point.longitude)


ENCODERS: dict[str, Callable[[Message], bytes]] = {  # by the type of the value
    "null_value": lambda _: _NULL,
    "integer_value": lambda value: _encode_integer(value.integer_value),
    "timestamp_value": _encode_timestamp,
    "boolean_value": lambda value: _BOOLEAN + (b"\1" if value.boolean_value else b"\0"),
    "string_value": lambda value: _STRING + value.string_value.encode(),
    "blob_value": lambda value: _STRING + value.blob_value,
    "double_value": lambda value: _DOUBLE + _encode_float(value.double_value),
    "geo_point_value": _encode_point,
    "key_value": lambda value: _KEY + encode_key(value.key_value),
}
