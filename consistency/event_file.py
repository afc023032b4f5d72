"""Files of events, read back.

A file's path comes in, its events go out in the file's order, batch by batch, so that a history may be larger than the
memory. A last line that was torn is left out and told; a damaged line further up is an error, because nobody can say
what it held.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from consistency.errors import ConsistencyError
from consistency.operation import Event

_BATCH_BYTES: Final = 1 << 17  # stays in the processor's cache: larger batches are slower

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Reading(NamedTuple):
    """Events of one file, in its order. `torn`: its last line lacked its newline or could not be decoded."""

    events: list[Event]
    torn: bool


def read_events(path: Path) -> Reading:
    """All events of the file at `path`."""
    readings = list(read_batches(path))
    return Reading([event for reading in readings for event in reading.events], any(r.torn for r in readings))


def read_batches(path: Path) -> Iterator[Reading]:
    """The same in pieces, for files that are larger than the memory. Only the last piece can be torn.

    Raises ConsistencyError where the file cannot be read, and for a damaged line that is not the last.
    """
    try:
        with path.open("rb") as file:
            yield from _decode_batches(file, path)
    except OSError as error:
        raise ConsistencyError(f"{path} cannot be read: {error.strerror}.") from error


def find_last_ns(paths: Iterable[Path]) -> int:
    """When the last event of all these files was recorded; 0 where they hold none."""
    readings = (reading for path in paths for reading in read_batches(path))
    return max((event.at_ns for reading in readings for event in reading.events), default=0)


def _decode_batches(file: BinaryIO, path: Path) -> Iterator[Reading]:
    size, count, rest = os.fstat(file.fileno()).st_size, 0, b""
    while block := file.read(_BATCH_BYTES):
        begin = file.tell() - len(block) - len(rest)
        whole, _, rest = (rest + block).rpartition(b"\n")
        last = file.tell() >= size
        try:
            reading = Reading(_decoder.decode_lines(whole), torn=last and bool(rest))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            first_line = 1 + _count_lines(path, begin)
            reading = _decode_damaged(whole, path, first_line, count, ends_file=last and not rest)
        yield reading
        count += len(reading.events)


def _count_lines(path: Path, end: int) -> int:
    """How many lines end before byte `end`. Damaged files alone are asked: counting slows reading down."""
    with path.open("rb") as file:
        blocks = (file.read(min(_BATCH_BYTES, end - begin)) for begin in range(0, end, _BATCH_BYTES))
        return sum(block.count(b"\n") for block in blocks)


def _decode_damaged(whole: bytes, path: Path, first_line: int, count: int, ends_file: bool) -> Reading:
    """The events before a damaged last line of the file; ConsistencyError where the damaged line is another one."""
    events: list[Event] = []
    lines = whole.split(b"\n")
    for number, line in enumerate(lines):
        try:
            events += [_decoder.decode(line)] if line else []
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            if ends_file and number == len(lines) - 1:
                return Reading(events, torn=True)
            raise ConsistencyError(_explain_damage(path, first_line + number, count + len(events), error)) from error
    raise AssertionError("a batch that cannot be decoded has a line that cannot be decoded")


def _explain_damage(path: Path, line_number: int, count: int, error: Exception) -> str:
    return (
        f"{path}, line {line_number} is not an event ({error}); {count} events precede it. To judge those alone and "
        f"keep the rest: mv -n {path} {path}.damaged && head -n {line_number - 1} {path}.damaged > {path}"
    )
