"""The channel: announcements from one writer to every reader. Two ends; in process, or through a queue file.

The writer sends and closes; each receiver iterates over every announcement, from the first one, until the end. In
process a receiver is a bounded queue. The queue file holds one JSON line for each announcement, behind a header that
tells a reader in another process all it needs, and an explicit end line; a reader follows it from the start and leaves
a last line without its newline for later, because the writer may be in the middle of it.

Following polls: 1 ms costs 2 % of a core and works on every file system, which inotify does not.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from consistency.clock import Clock
from consistency.errors import ConsistencyError, DiskError
from consistency.line_file import LineFile
from consistency.operation import Announcement

QUEUE_BOUND = 10_000
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


class Sender(Protocol):
    """The writer's end."""

    async def send(self, announcement: Announcement) -> None:
        """Announce to every receiver; waits while a bounded one is full."""

    async def close(self) -> None:
        """Say that nothing more will come."""


class MemoryChannel:
    """Both ends in one process. Receivers are made before the first announcement is sent."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[Announcement | End]] = []

    async def send(self, announcement: Announcement) -> None:
        """Put the announcement into every receiver's queue."""
        for queue in self._queues:
            await queue.put(announcement)

    async def close(self) -> None:
        """Put the end into every receiver's queue."""
        for queue in self._queues:
            await queue.put(End())

    def receive(self) -> Receiver:
        """A new receiver."""
        queue: asyncio.Queue[Announcement | End] = asyncio.Queue(QUEUE_BOUND)
        self._queues.append(queue)
        return _drain(queue)


async def _drain(queue: asyncio.Queue[Announcement | End]) -> Receiver:
    while isinstance(line := await queue.get(), Announcement):
        yield line


class FileSender:
    """The writer's end of a queue file. The file appears with its header in it, in place of an older one."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(_encode(header) + b"\n")
            self._file = LineFile(fresh)
            fresh.replace(path)
        except OSError as error:
            raise ConsistencyError(
                f"{path} cannot be written: {error.strerror}. Free space, or choose another --queue."
            ) from error

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


async def follow(path: Path, clock: Clock, last_ns: int, silence_ns: int) -> Receiver:
    """Every announcement in the queue file at `path`, then those that are appended, until its end line.

    A writer that dies leaves no end line. Then following ends at `last_ns`, after which its plan has nothing due, or
    after a silence of `silence_ns` where that is later: a store that stalls makes a living writer late without bound.
    """
    number, rest = 0, b""
    with path.open("rb") as file:
        while True:
            *lines, rest = (rest + file.read()).split(b"\n")
            for text in lines:
                number += 1
                line = _parse(text, path, number)
                if isinstance(line, End):
                    return
                if isinstance(line, Announcement):
                    yield line
            if lines:
                last_ns = max(last_ns, clock.now_ns() + silence_ns)
            else:
                if clock.now_ns() > last_ns:
                    return
                await clock.sleep_until_ns(clock.now_ns() + POLL_NS)


def _parse(text: bytes, path: Path, number: int) -> Line:
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConsistencyError(f"{path}, line {number} is not a line of a queue file: {error}") from error
