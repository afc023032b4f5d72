"""SQLite's write-ahead log, looked at before SQLite reads it.

    head | frame | frame | frame ...      each frame: a page, its checksum over all before it, and the log's salts

SQLite reads frames up to the first whose checksum is wrong and takes the rest for an older log's. A process that was
killed leaves such an end, and nothing of this log behind it. So a frame with this log's salts behind a wrong one says
that the file was damaged, and that commits which were acknowledged would silently be lost. The journal sees to it that
no other such frame is left: it empties the log when it opens one, and after a write that failed. (The layout and the
checksum are those of SQLite's file format, section 4.)
"""

import struct
from collections.abc import Iterator
from pathlib import Path

_HEAD = struct.Struct(">8I")  # magic, version, page size, checkpoint, salts, checksum
_FRAME = struct.Struct(">6I")  # page, pages after a commit, salts, checksum
_MAGIC = 0x377F0682  # the lowest bit tells the byte order of the words that are summed
_WORD = 0xFFFFFFFF

Sum = tuple[int, int]


def check_log(path: Path) -> None:
    """ValueError in one sentence where the log is damaged; an end that a kill may have left is none."""
    content = path.read_bytes()
    if len(content) < _HEAD.size:
        return
    magic, _, page_bytes, _, *salts, first, second = _HEAD.unpack_from(content)
    order = ">" if magic & 1 else "<"
    checksum = first, second
    if magic & ~1 != _MAGIC or _add((0, 0), content[: _HEAD.size - 8], order) != checksum:
        raise ValueError(f"the head of {path.name} is damaged")
    broken = None
    for place in range(_HEAD.size, len(content) - _FRAME.size - page_bytes + 1, _FRAME.size + page_bytes):
        _, _, *own_salts, first, second = _FRAME.unpack_from(content, place)
        if own_salts != salts:
            return  # an older log's, behind the end of this one
        if broken is not None:
            raise ValueError(f"{path.name} is damaged at byte {broken}, and commits lie behind it")
        checksum = _add(checksum, content[place : place + 8], order)
        start = place + _FRAME.size
        checksum = _add(checksum, content[start : start + page_bytes], order)
        if checksum != (first, second):
            broken = place


def _add(checksum: Sum, content: bytes, order: str) -> Sum:
    """The checksum with more content, which is a multiple of eight bytes."""
    first, second = checksum
    for one, other in _pairs(content, order):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second


def _pairs(content: bytes, order: str) -> Iterator[tuple[int, int]]:
    words = iter(struct.unpack(f"{order}{len(content) // 4}I", content))
    return zip(words, words, strict=True)
