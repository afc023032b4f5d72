"""The channel: announcements from one writer to every reader. Two ends; in process, or through a queue file.

The writer sends and closes; each receiver iterates over every announcement, from the first one, until the end. In
process a receiver is a bounded queue. The queue file holds one JSON line for each announcement, behind a header that
tells a reader in another process all it needs, and an explicit end line; a reader follows it from the start and leaves
a last line without its newline for later, because the writer may be in the middle of it.

Following polls: 1 ms costs 2 % of a core and works on every file system, which inotify does not. It reads in pieces, so
that a reader which is far behind leaves what waits in the file, and stays as small as one that keeps up.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from errno import ENOSPC
from pathlib import Path
from typing import Protocol

import msgspec

from consistency.clock import Clock
from consistency.errors import ConsistencyError, DiskError
from consistency.line_file import LineFile
from consistency.operation import Announcement

QUEUE_BOUND = 10_000
RELAY_BOUND = 100  # of a receiver behind a queue file, which holds all the rest
PIECE_BYTES = 1 << 16
POLL_NS = 1_000_000


class Header(msgspec.Struct, frozen=True, tag="header", tag_field="line"):
    """The first line of a queue file. `last_ns`: the latest instant (run clock) at which a line may still come."""

    run: str
    folder: str
    plan_hash: str
    origin_ns: int
    origin_wall_ns: int
    boot_id: str
    address: str
    last_ns: int


class End(msgspec.Struct, frozen=True, tag="end", tag_field="line"):
    """The last line: nothing more will be announced."""


Line = Header | Announcement | End
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_encode = msgspec.json.Encoder().encode
Receiver = AsyncIterator[Announcement]
Queue = asyncio.Queue[Announcement | End]


class Sender(Protocol):
    """The writer's end."""

    async def send(self, announcement: Announcement) -> None:
        """Announce to every receiver; waits while a bounded one is full."""

    async def close(self) -> None:
        """Say that nothing more will come."""


class MemoryChannel:
    """Both ends in one process. Receivers are made before the first announcement is sent; each holds up to `bound`."""

    def __init__(self, bound: int = QUEUE_BOUND) -> None:
        self._bound = bound
        self._ends: list[tuple[Queue, asyncio.Semaphore]] = []

    async def send(self, announcement: Announcement) -> None:
        """Put the announcement into every receiver's queue, as soon as there is room."""
        for queue, room in self._ends:
            await room.acquire()
            queue.put_nowait(announcement)

    async def close(self) -> None:
        """Put the end into every receiver's queue. It needs no room: nobody may be left who would make some."""
        for queue, _ in self._ends:
            queue.put_nowait(End())

    def receive(self) -> Receiver:
        """A new receiver."""
        queue, room = Queue(), asyncio.Semaphore(self._bound)
        self._ends.append((queue, room))
        return _drain(queue, room)


async def _drain(queue: Queue, room: asyncio.Semaphore) -> Receiver:
    while isinstance(line := await queue.get(), Announcement):
        room.release()
        yield line


class FileSender:
    """The writer's end of a queue file. The file appears with its header in it, in place of an older one."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        if path.exists() and not path.is_file():  # a device would be gone for everybody
            raise ConsistencyError(f"{path} is no file, and would be replaced. Choose another --queue.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(_encode(header) + b"\n")
            self._file = LineFile(fresh)
            fresh.replace(path)
        except OSError as error:
            mend = "Free space, or choose" if error.errno == ENOSPC else "Choose"
            raise ConsistencyError(f"{path} cannot be written: {error.strerror}. {mend} another --queue.") from error

    async def send(self, announcement: Announcement) -> None:
        """Append the announcement's line, whole, in one write."""
        with self._explained():
            self._file.append(_encode(announcement) + b"\n")

    async def close(self) -> None:
        """Append the end line."""
        with self._explained():
            self._file.append(_encode(End()) + b"\n")
            self._file.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DiskError.at(self._path, error) from error


def read_lines(path: Path) -> list[Line]:
    """The whole lines that a queue file holds now; none where it is missing. A damaged one is one sentence."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConsistencyError(f"{path} cannot be read: {error.strerror}. Choose another --queue.") from error
    return [_parse(line, path, number) for number, line in enumerate(content.split(b"\n")[:-1], 1)]


async def follow(
    path: Path,
    clock: Clock,
    last_ns: int,
    silence_ns: int,
    tell_end: Callable[[], None] = lambda: None,
    recall: Callable[[], Iterable[Announcement]] = lambda: (),
) -> Receiver:
    """Every announcement in the queue file at `path`, then those that are appended, until its end line.

    A writer that dies leaves no end line. Then following ends at `last_ns`, after which its plan has nothing due, or
    after a silence of `silence_ns` where that is later: a store that stalls makes a living writer late without bound.
    `tell_end` is called for an end line alone; `recall` where the file has become shorter than what was read of it,
    for what it may have lost.
    """
    with contextlib.closing(_Tail(path, recall)) as tail:
        while True:
            lines = tail.read_lines()
            for line in lines:
                if isinstance(line, End):
                    tell_end()
                    return
                if isinstance(line, Announcement):
                    yield line
            if lines:
                last_ns = max(last_ns, clock.now_ns() + silence_ns)
            elif not tail.move():
                if clock.now_ns() > last_ns:
                    return
                await clock.sleep_until_ns(clock.now_ns() + POLL_NS)


class _Tail:
    """The growing end of a queue file, wherever it is.

    A file that was moved away is followed to where it went. One that has the same run's header and stands in its place
    comes after it: its writer was killed, and resumed. Of one that was truncated the rest is followed, behind what
    `recall` knows of what was cut off.
    """

    def __init__(self, path: Path, recall: Callable[[], Iterable[Announcement]]) -> None:
        self._path = path
        self._recall = recall
        self._recalled: list[Announcement] = []
        self._file = path.open("rb")
        self._number, self._rest = 0, b""
        self._run = ""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read_lines(self) -> list[Line]:
        """What was recalled; then the whole lines of the next piece that was appended; none where there is none."""
        if self._recalled:
            recalled, self._recalled = self._recalled, []
            return [*recalled]
        piece = self._file.read(PIECE_BYTES)
        *texts, self._rest = (self._rest + piece).split(b"\n")
        first = self._number + 1
        self._number += len(texts)
        lines = [_parse(text, self._path, number) for number, text in enumerate(texts, first)]
        if first == 1 and lines and isinstance(lines[0], Header):
            self._run = lines[0].run
        return lines

    def move(self) -> bool:
        """Go on where the lines go on, if that is elsewhere; False where it is here."""
        here = os.fstat(self._file.fileno())
        if here.st_size < self._file.tell():
            self._file.seek(0, os.SEEK_END)
            self._rest = b""
            self._recalled = [*self._recall()]
            return True
        try:
            if os.path.samestat(self._path.stat(), here) or not self._is_next():
                return False
        except FileNotFoundError:  # moved away, and nothing is in its place
            return False
        self._file.close()
        self._file = self._path.open("rb")
        self._number, self._rest = 0, b""
        return True

    def _is_next(self) -> bool:
        """Whether what stands at our path now is of our run; a file that is none of ours is none of our affair."""
        with self._path.open("rb") as file, contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            first = _decoder.decode(file.readline())
            return isinstance(first, Header) and first.run == self._run
        return False


def _parse(text: bytes, path: Path, number: int) -> Line:
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConsistencyError(f"{path}, line {number} is not a line of a queue file: {error}") from error
