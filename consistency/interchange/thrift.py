"""Thrift: the compact protocol, as far as the footer of a Parquet file needs it.

Fields of a struct come in with their numbers, bytes go out. A value is an int (i32 or i64: both are written alike, but
their types differ, so an i64 is a Long), text, a list, or a struct (a dict by field number).
"""

from typing import Any, Final

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
SHORT_LIST_MAX: Final = 14


class Long(int):
    """An i64."""


def encode_struct(fields: dict[int, Any]) -> bytes:
    """The fields in the order of their numbers, and the end mark."""
    encoded, last = b"", 0
    for number, value in sorted(fields.items()):
        assert 0 < number - last < 16, "the short form of field headers holds such steps only"
        encoded += bytes([(number - last) << 4 | _type_of(value)]) + _encode(value)
        last = number
    return encoded + b"\0"


def encode_varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _encode(value: Any) -> bytes:
    if isinstance(value, int):
        return encode_varint(value << 1 ^ value >> 63)
    if isinstance(value, str):
        return encode_varint(len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return encode_struct(value)
    size, kind = len(value), _type_of(value[0]) if value else _STRUCT
    header = bytes([size << 4 | kind]) if size <= SHORT_LIST_MAX else bytes([0xF0 | kind]) + encode_varint(size)
    return header + b"".join(map(_encode, value))


def _type_of(value: Any) -> int:
    if isinstance(value, Long):
        return _I64
    return next(
        kind
        for types, kind in ((int, _I32), (str, _BINARY), (dict, _STRUCT), (list, _LIST))
        if isinstance(value, types)
    )
