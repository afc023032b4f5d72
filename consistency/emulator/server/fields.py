"""HPACK decoding (RFC 7541): a header block to its fields.

hpack keeps the table and knows Huffman's code; the walk along the block is written here, because hpack's takes 75 us
for a request of ten fields, most of which are one byte each. A client in Go, Java or Node sends another timeout with
every call, so that for it every block must be decoded.

The walk also sees whether the block changed the table. Only two of the five representations do: a literal with
incremental indexing (01......) and a new size of the table (001.....).
"""

from hpack import HPACKDecodingError, InvalidTableSizeError, OversizedHeaderListError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

LIST_MAX_BYTES = 65_536
_TABLE_MAX_BYTES = 4_096  # what a peer may use unless it is told otherwise, and we do not
_ENTRY_BYTES = 32  # what the limit of a list counts for each field beside its text
_SHIFT_MAX = 28

Field = tuple[bytes, bytes]


class FieldDecoder:
    """One connection's table of the fields that the client sent before."""

    def __init__(self) -> None:
        self._table = HeaderTable()

    def decode(self, block: bytes) -> tuple[list[Field], bool]:
        """The fields, and whether the table may have changed; HPACKError where the block cannot be decoded."""
        try:
            return self._walk(block)
        except IndexError:
            raise HPACKDecodingError("the header block is cut short") from None

    def _walk(self, block: bytes) -> tuple[list[Field], bool]:
        table, fields, changed, position, list_bytes = self._table, list[Field](), False, 0, 0
        while position < len(block):
            first = block[position]
            if first & 0x80:
                index, position = _read_integer(block, position, 0x7F)
                field = table.get_by_index(index)
            elif first & 0x40:
                field, position = self._read_literal(block, position, 0x3F)
                table.add(*field)
                changed = True
            elif first & 0x20:
                position = self._resize(block, position, late=bool(fields))
                changed = True
                continue
            else:
                field, position = self._read_literal(block, position, 0x0F)
            fields.append(field)
            list_bytes += len(field[0]) + len(field[1]) + _ENTRY_BYTES
            if list_bytes > LIST_MAX_BYTES:
                raise OversizedHeaderListError("the header list is too large")
        return fields, changed

    def _read_literal(self, block: bytes, position: int, mask: int) -> tuple[Field, int]:
        index, position = _read_integer(block, position, mask)
        if index:
            name = self._table.get_by_index(index)[0]
        else:
            name, position = _read_string(block, position)
        value, position = _read_string(block, position)
        return (name, value), position

    def _resize(self, block: bytes, position: int, *, late: bool) -> int:
        if late:
            raise HPACKDecodingError("a new size of the table after the first field")
        size, position = _read_integer(block, position, 0x1F)
        if size > _TABLE_MAX_BYTES:
            raise InvalidTableSizeError("the table is larger than allowed")
        self._table.maxsize = size
        return position


def _read_integer(block: bytes, position: int, mask: int) -> tuple[int, int]:
    """An integer whose first byte has these bits, and the position after it."""
    value = block[position] & mask
    position += 1
    if value < mask:
        return value, position
    for shift in range(0, _SHIFT_MAX + 1, 7):
        byte = block[position]
        position += 1
        value += (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise HPACKDecodingError("an integer is too long")


def _read_string(block: bytes, position: int) -> tuple[bytes, int]:
    coded = block[position] & 0x80
    length, position = _read_integer(block, position, 0x7F)
    end = position + length
    if end > len(block):
        raise HPACKDecodingError("a string is longer than its block")
    text = block[position:end]
    return decode_huffman(text) if coded else text, end
