"""Record files: LevelDB's log format, in which exports are kept.

    block of 32 KiB    | head | part of a record | head | part | ... | zeros where no head fits
    head of a part     | masked CRC-32C of kind and content, 4 bytes | length, 2 bytes | kind, 1 byte |
    kind               1 a whole record, 2 its first part, 3 one of the middle, 4 its last

Records of bytes come in and go out. A file that is damaged or cut short is refused whole, by the place of the damage:
entities that silently stay away would be worse than an import that fails.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from consistency.emulator.exports.checksums import masked_crc32c

_BLOCK_BYTES = 32 << 10
_HEAD = struct.Struct("<IHB")
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class RecordFile:
    """A file of records that is being written; `count` and `size_bytes` of what it has so far."""

    def __init__(self, path: Path) -> None:
        self.count = self.size_bytes = 0
        self._file = path.open("wb")

    def __enter__(self) -> "RecordFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, record: bytes) -> None:
        """One record more."""
        for part in _split(record, self.size_bytes):
            self.size_bytes += self._file.write(part)
        self.count += 1


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file in their order; ValueError in one sentence where it is damaged."""
    record, open_record = bytearray(), False
    for kind, content in _parts(path):
        if (kind in {_WHOLE, _FIRST}) == open_record:
            raise ValueError(f"{path} is damaged: parts of its records are missing")
        record += content
        open_record = kind in {_FIRST, _MIDDLE}
        if not open_record:
            yield bytes(record)
            record.clear()
    if open_record:
        raise ValueError(f"{path} is damaged: it ends within a record")


def _split(record: bytes, place: int) -> Iterator[bytes]:
    """The parts of a record that begins at `place` of its file, with their heads and the zeros between."""
    begun = False
    while True:
        room = _BLOCK_BYTES - place % _BLOCK_BYTES
        if room < _HEAD.size:
            yield bytes(room)
            place, room = place + room, _BLOCK_BYTES
        content, record = record[: room - _HEAD.size], record[room - _HEAD.size :]
        kind = (_MIDDLE if record else _LAST) if begun else (_FIRST if record else _WHOLE)
        yield _HEAD.pack(masked_crc32c(bytes((kind,)) + content), len(content), kind) + content
        if not record:
            return
        begun, place = True, place + _HEAD.size + len(content)


def _parts(path: Path) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each part; blocks that end in zeros are passed over."""
    with path.open("rb") as file:
        start = 0
        while block := file.read(_BLOCK_BYTES):
            place = 0
            while place + _HEAD.size <= len(block):
                checksum, length, kind = _HEAD.unpack_from(block, place)
                if (checksum, length, kind) == (0, 0, 0):
                    break  # room that was set aside and not used
                content = block[place + _HEAD.size : place + _HEAD.size + length]
                if len(content) < length or not _WHOLE <= kind <= _LAST:
                    raise ValueError(f"{path} is damaged at byte {start + place}: no record begins there")
                if masked_crc32c(bytes((kind,)) + content) != checksum:
                    raise ValueError(f"{path} is damaged at byte {start + place}: the checksum does not fit")
                yield kind, content
                place += _HEAD.size + length
            start += len(block)
