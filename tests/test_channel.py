"""The channel: one contract for both kinds, and what is particular to the queue file."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency import clock
from consistency.channel import (
    QUEUE_BOUND,
    End,
    FileSender,
    Header,
    MemoryChannel,
    Receiver,
    Sender,
    follow,
    read_lines,
)
from consistency.clock import Clock
from consistency.errors import ConsistencyError
from consistency.operation import Announcement
from tests.disk import full_disk
from tests.fakes import MS, announce

LAST_NS = 10_000 * MS
SILENCE_NS = 500 * MS
HEADER = Header("first/now", "/runs/first/now", "0123456789ab", 0, 0, "boot", "127.0.0.1:1", LAST_NS)
THREE = [announce(name, place * MS) for place, name in enumerate(("a", "b", "ü"))]
Work = Callable[["Ends"], Awaitable[None]]


@dataclass
class Ends:
    """One channel: its sending end, and a way to make receiving ends."""

    clock: Clock
    sender: Sender
    receive: Callable[[], Receiver]


async def collect(receiver: Receiver) -> list[Announcement]:
    """All that a receiver gets."""
    return [announcement async for announcement in receiver]


def open_ends(kind: str, folder: Path) -> Ends:
    """A channel of `kind`; within a running loop."""
    ticking = Clock.starting_now()
    if kind == "memory":
        memory = MemoryChannel()
        return Ends(ticking, memory, memory.receive)
    path = folder / "queue.jsonl"
    return Ends(ticking, FileSender(path, HEADER), lambda: follow(path, ticking, LAST_NS, SILENCE_NS))


@pytest.fixture(params=["memory", "file"])
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Work], None]:
    """Runs a test's work over each kind of channel, on virtual time."""

    def run(work: Work) -> None:
        async def main() -> None:
            await work(open_ends(request.param, tmp_path))

        clock.run(main(), virtual=True)

    return run


class TestContract:
    def test_every_receiver_gets_all_in_order(self, channel: Callable[[Work], None]) -> None:
        """Nobody misses anything, nobody takes anything away from another."""

        async def work(ends: Ends) -> None:
            receivers = [asyncio.create_task(collect(ends.receive())) for _ in range(3)]
            for announcement in THREE:
                await ends.sender.send(announcement)
                await ends.clock.sleep_until_ns(ends.clock.now_ns() + 7 * MS)
            await ends.sender.close()
            assert await asyncio.gather(*receivers) == [THREE] * 3

        channel(work)

    def test_an_end_without_announcements(self, channel: Callable[[Work], None]) -> None:
        """A writer whose writes all failed still ends its readers."""

        async def work(ends: Ends) -> None:
            receiver = asyncio.create_task(collect(ends.receive()))
            await ends.sender.close()
            assert await receiver == []

        channel(work)

    def test_a_slow_receiver_holds_up_no_other(self, channel: Callable[[Work], None]) -> None:
        """Each has its own place."""

        async def work(ends: Ends) -> None:
            async def dawdle(receiver: Receiver) -> list[Announcement]:
                got = []
                async for announcement in receiver:
                    got.append(announcement)
                    await ends.clock.sleep_until_ns(ends.clock.now_ns() + 1_000 * MS)
                return got

            slow = asyncio.create_task(dawdle(ends.receive()))
            quick = asyncio.create_task(collect(ends.receive()))
            for announcement in THREE:
                await ends.sender.send(announcement)
            await ends.sender.close()
            assert await quick == THREE
            assert not slow.done()
            assert await slow == THREE

        channel(work)


class TestMemory:
    def test_a_full_receiver_makes_the_sender_wait(self) -> None:
        """The queue is bounded: memory does not grow without end where readers cannot keep up. Its end always has room:
        where the readers are gone, nobody would make some."""

        async def main() -> None:
            memory = MemoryChannel()
            receiver = memory.receive()
            for place in range(QUEUE_BOUND):
                await memory.send(announce(str(place)))
            waiting = asyncio.create_task(memory.send(announce("one too many")))
            await asyncio.sleep(1)
            assert not waiting.done()
            await memory.close()
            await anext(receiver)
            await waiting

        clock.run(main(), virtual=True)


def write_queue(path: Path, *, end: bool = True) -> bytes:
    """A whole queue file's bytes."""

    async def main() -> None:
        sender = FileSender(path, HEADER)
        for announcement in THREE:
            await sender.send(announcement)
        if end:
            await sender.close()
        else:
            sender._file.close()  # as the death of its process does

    clock.run(main(), virtual=True)
    return path.read_bytes()


class TestFile:
    def test_holds_header_announcements_and_end(self, tmp_path: Path) -> None:
        """One line each; the header is there as soon as the file is."""
        path = tmp_path / "deep" / "queue.jsonl"
        write_queue(path)
        assert read_lines(path) == [HEADER, *THREE, End()]
        assert list(path.parent.iterdir()) == [path]

    def test_a_file_that_is_not_there_has_no_lines(self, tmp_path: Path) -> None:
        """A reader may start before the writer."""
        assert read_lines(tmp_path / "none.jsonl") == []

    def test_a_header_without_its_newline_is_not_there_yet(self, tmp_path: Path) -> None:
        """Somebody copies the file: its beginning is not its header."""
        path = tmp_path / "queue.jsonl"
        path.write_bytes(write_queue(path).splitlines()[0])
        assert read_lines(path) == []

    def test_a_new_writer_replaces_an_old_queue(self, tmp_path: Path) -> None:
        """An older run's announcements never reach a new one's readers."""
        path = tmp_path / "queue.jsonl"
        write_queue(path)
        write_queue(path, end=False)
        assert read_lines(path) == [HEADER, *THREE]

    def test_a_late_receiver_gets_all(self, tmp_path: Path) -> None:
        """A reader that begins when the writer is done reads from the start."""
        path = tmp_path / "queue.jsonl"
        write_queue(path)

        async def main() -> list[Announcement]:
            ticking = Clock.starting_now()
            await ticking.sleep_until_ns(20 * LAST_NS)
            return await collect(follow(path, ticking, LAST_NS, SILENCE_NS))

        assert clock.run(main(), virtual=True) == THREE

    def test_a_dead_writer_ends_at_the_last_instant(self, tmp_path: Path) -> None:
        """Without an end line, following ends when its plan has nothing due any more."""
        path = tmp_path / "queue.jsonl"
        write_queue(path, end=False)

        async def main() -> int:
            ticking = Clock.starting_now()
            assert await collect(follow(path, ticking, LAST_NS, SILENCE_NS)) == THREE
            return ticking.now_ns()

        assert LAST_NS < clock.run(main(), virtual=True) <= LAST_NS + 2 * MS

    def test_a_late_writer_is_waited_for(self, tmp_path: Path) -> None:
        """A store that stalls makes the writer late beyond its plan: as long as lines come, they are followed."""

        async def main() -> tuple[list[Announcement], int]:
            ends = open_ends("file", tmp_path)
            receiver = asyncio.create_task(collect(ends.receive()))
            for place in range(20):
                await ends.clock.sleep_until_ns(LAST_NS + place * (SILENCE_NS - MS))
                await ends.sender.send(announce(str(place)))
            got, ended_ns = await receiver, ends.clock.now_ns()
            await ends.sender.close()
            return got, ended_ns

        got, ended_ns = clock.run(main(), virtual=True)
        assert [announcement.item.name for announcement in got] == [str(place) for place in range(20)]
        last_ns = LAST_NS + 19 * (SILENCE_NS - MS)
        assert last_ns + SILENCE_NS <= ended_ns <= last_ns + SILENCE_NS + 3 * MS

    @pytest.mark.parametrize("damage", [b"{}", b"", b"nonsense", b'{"line":"announce"}', b'{"line":"\xff"}', b"\xff"])
    def test_a_damaged_line_is_one_sentence(self, tmp_path: Path, damage: bytes) -> None:
        """It names the file and the line."""
        path = tmp_path / "queue.jsonl"
        lines = write_queue(path).splitlines()
        path.write_bytes(b"\n".join([*lines[:2], damage, *lines[2:], b""]))

        async def main() -> None:
            await collect(follow(path, Clock.starting_now(), LAST_NS, SILENCE_NS))

        with pytest.raises(ConsistencyError, match=r"queue.jsonl, line 3 is not a line of a queue file"):
            clock.run(main(), virtual=True)
        with pytest.raises(ConsistencyError, match="line 3 is not"):
            read_lines(path)

    def test_a_place_that_cannot_be_written_is_one_sentence(self, tmp_path: Path) -> None:
        """The queue's folder cannot be below a file."""
        (tmp_path / "file").write_text("")
        with pytest.raises(ConsistencyError, match=r"queue.jsonl cannot be written: .*[Cc]hoose another --queue"):
            FileSender(tmp_path / "file" / "queue.jsonl", HEADER)

    def test_a_full_disk_is_one_sentence(self, tmp_path: Path) -> None:
        """The announcement that did not fit is told, not lost in silence."""

        async def main() -> None:
            sender = FileSender(tmp_path / "queue.jsonl", HEADER)
            try:
                with full_disk(400):
                    for announcement in THREE:
                        await sender.send(announcement)
            finally:
                sender._file.close()

        with pytest.raises(ConsistencyError, match="Disk full"):
            clock.run(main(), virtual=True)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
    @given(st.data())
    def test_a_torn_line_waits_for_its_newline(self, tmp_path: Path, data: st.DataObject) -> None:
        """Cut at any bytes, and appended piece by piece while it is followed, the file reads as its whole lines."""
        path = tmp_path / "queue.jsonl"
        content = write_queue(path)
        first = len(content.splitlines()[0]) + 1
        cuts = sorted(data.draw(st.sets(st.integers(first, len(content) - 1), min_size=1, max_size=6)))

        async def main() -> list[Announcement]:
            ticking = Clock.starting_now()
            path.write_bytes(content[: cuts[0]])
            receiver = asyncio.create_task(collect(follow(path, ticking, LAST_NS, SILENCE_NS)))
            for begin, end in zip(cuts, [*cuts[1:], len(content)], strict=True):
                await ticking.sleep_until_ns(ticking.now_ns() + 3 * MS)
                assert read_lines(path) == [HEADER, *THREE][: content[:begin].count(b"\n")]
                with path.open("ab") as file:
                    file.write(content[begin:end])
            return await receiver

        assert clock.run(main(), virtual=True) == THREE
