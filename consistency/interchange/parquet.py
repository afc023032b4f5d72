"""Parquet: a table as a file of that format, in its plainest form.

Columns come in, bytes go out: one row group, one page for each column, values written plainly and uncompressed; numbers
are INT64, all else UTF8. Every value may be missing.

Written here because the package that others use weighs 100 MB, changes how pandas holds text wherever it is installed,
and would serve this one file.
"""

import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from consistency.interchange.thrift import Long, encode_struct, encode_varint

_MAGIC: Final = b"PAR1"
_INT64, _BYTE_ARRAY = 2, 6
_OPTIONAL, _UTF8 = 1, 0
_PLAIN, _RLE = 0, 3
_UNCOMPRESSED, _DATA_PAGE = 0, 0
Value = int | str | None


def encode_table(columns: Mapping[str, Sequence[Value]], numbers: Collection[str]) -> bytes:
    """The file with these columns, all of one length; those in `numbers` hold integers."""
    rows = len(next(iter(columns.values()), ()))
    body, chunks = _MAGIC, []
    for name, values in columns.items():
        page = _encode_page(values)
        chunks.append(_describe_chunk(name, values, name in numbers, len(body), len(page)))
        body += page
    group = {1: chunks, 2: Long(len(body) - len(_MAGIC)), 3: Long(rows)}
    schema = [{4: "history", 5: len(columns)}, *(_describe_column(name, name in numbers) for name in columns)]
    footer = encode_struct({1: 1, 2: schema, 3: Long(rows), 4: [group], 6: "datastore-consistency"})
    return body + footer + struct.pack("<I", len(footer)) + _MAGIC


def _encode_page(values: Sequence[Value]) -> bytes:
    """Header, which values there are, and the values."""
    levels = _encode_levels(values)
    content = struct.pack("<I", len(levels)) + levels + b"".join(map(_encode_value, values))
    told = {1: len(values), 2: _PLAIN, 3: _RLE, 4: _RLE}
    return encode_struct({1: _DATA_PAGE, 2: len(content), 3: len(content), 5: told}) + content


def _encode_levels(values: Sequence[Value]) -> bytes:
    """One bit for each value, 0 where it is missing, in groups of eight (bit-packed)."""
    groups = -(-len(values) // 8)
    bits = sum((value is not None) << place for place, value in enumerate(values))
    return encode_varint(groups << 1 | 1) + bits.to_bytes(groups, "little")


def _encode_value(value: Value) -> bytes:
    if value is None:
        return b""
    if isinstance(value, int):
        return struct.pack("<q", value)
    return struct.pack("<I", len(value.encode())) + value.encode()


def _describe_column(name: str, is_number: bool) -> dict[int, Any]:
    told: dict[int, Any] = {1: _INT64 if is_number else _BYTE_ARRAY, 3: _OPTIONAL, 4: name}
    return told if is_number else told | {6: _UTF8}


def _describe_chunk(name: str, values: Sequence[Value], is_number: bool, offset: int, size: int) -> dict[int, Any]:
    told = {
        1: _INT64 if is_number else _BYTE_ARRAY,
        2: [_PLAIN, _RLE],
        3: [name],
        4: _UNCOMPRESSED,
        5: Long(len(values)),
        6: Long(size),
        7: Long(size),
        9: Long(offset),
    }
    return {2: Long(offset), 3: told}
