"""A queue file that somebody moves, cuts, or puts another one in the place of, while it is followed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from consistency import clock
from consistency.channel import End, FileSender, Header, follow
from consistency.clock import Clock
from consistency.errors import ConsistencyError, DiskError
from consistency.operation import Announcement
from tests.disk import small_disk
from tests.fakes import MS, announce

LAST_NS, SILENCE_NS = 1_000 * MS, 100 * MS
HEADER = Header("first/now", "/runs/first/now", "0123456789ab", 0, 0, "boot", "127.0.0.1:1", LAST_NS)
OTHER = structs.replace(HEADER, run="first/later")


def lines_of(*lines: Header | Announcement | End) -> bytes:
    """Their lines."""
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def follow_through(path: Path, first: bytes, *steps: Callable[[Path], object]) -> tuple[list[str], bool]:
    """The names that a follower hears of, where the queue begins as `first` and a step is done every 10 ms; and whether
    it came to an end line."""
    path.write_bytes(first)
    heard, ended = list[str](), asyncio.Event()

    async def listen(ticking: Clock) -> None:
        async for announcement in follow(path, ticking, LAST_NS, SILENCE_NS, ended.set):
            heard.append(announcement.item.name)

    async def main() -> None:
        ticking = Clock.starting_now()
        listening = asyncio.create_task(listen(ticking))
        for step in steps:
            await ticking.sleep_until_ns(ticking.now_ns() + 10 * MS)
            step(path)
        await listening

    clock.run(main(), virtual=True)
    return heard, ended.is_set()


def append(*lines: Announcement | End) -> Callable[[Path], object]:
    """Appends lines to the file that is there, wherever it was moved."""

    def step(path: Path) -> None:
        moved = path.with_name("queue.jsonl.1")
        with (moved if moved.exists() else path).open("ab") as file:
            file.write(lines_of(*lines))

    return step


def rotate(path: Path) -> None:
    """As logrotate does."""
    path.replace(path.with_name("queue.jsonl.1"))


def put(*lines: Header | Announcement | End) -> Callable[[Path], object]:
    """Puts another file in the place of the queue, as a new writer does."""

    def step(path: Path) -> None:
        fresh = path.with_name("fresh")
        fresh.write_bytes(lines_of(*lines))
        fresh.replace(path)

    return step


class TestMoved:
    def test_is_followed_to_where_it_went(self, tmp_path: Path) -> None:
        """The writer goes on in the same file, whatever it is called now."""
        steps = rotate, append(announce("b")), append(announce("c"), End())
        assert follow_through(tmp_path / "queue.jsonl", lines_of(HEADER, announce("a")), *steps) == (
            ["a", "b", "c"],
            True,
        )

    def test_a_resumed_writer_s_comes_next(self, tmp_path: Path) -> None:
        """What the old one had announced is not announced again."""
        steps = append(announce("b")), put(HEADER, announce("c")), append(announce("d"), End())
        got = follow_through(tmp_path / "queue.jsonl", lines_of(HEADER, announce("a")), *steps)
        assert got == (["a", "b", "c", "d"], True)

    @pytest.mark.parametrize("foreign", [lines_of(OTHER, announce("x"), End()), b"", b"nonsense\n", b"\xff\n"])
    def test_what_is_not_ours_is_left_alone(self, foreign: bytes, tmp_path: Path) -> None:
        """Another run's readers follow it; ours waits for its own writer, and ends without an end line."""

        def put_foreign(path: Path) -> None:
            rotate(path)
            path.write_bytes(foreign)

        got = follow_through(
            tmp_path / "queue.jsonl", lines_of(HEADER, announce("a")), put_foreign, append(announce("b"))
        )
        assert got == (["a", "b"], False)


class TestCut:
    @pytest.mark.parametrize("left", [0, 5, 1_000])
    def test_the_rest_is_followed(self, left: int, tmp_path: Path) -> None:
        """Cut to nothing, in the middle of a line, or not at all."""

        def cut(path: Path) -> None:
            path.write_bytes(path.read_bytes()[:left])

        steps = cut, append(announce("b")), append(End())
        got = follow_through(tmp_path / "queue.jsonl", lines_of(HEADER, announce("a")), *steps)
        assert got == (["a", "b"], True)

    @pytest.mark.parametrize(("left", "told"), [(0, ["a", "lost"]), (1_000, ["a"])])
    def test_what_it_may_have_lost_is_recalled(self, left: int, told: list[str], tmp_path: Path) -> None:
        """Once, by whoever follows; nothing is recalled of a file that only grows."""
        path, heard = tmp_path / "queue.jsonl", list[str]()
        path.write_bytes(lines_of(HEADER, announce("a")))

        async def main() -> None:
            ticking, recall = Clock.starting_now(), lambda: [announce("lost")]
            async for announcement in follow(path, ticking, LAST_NS, SILENCE_NS, recall=recall):
                heard.append(announcement.item.name)
                path.write_bytes(path.read_bytes()[:left])

        clock.run(main(), virtual=True)
        assert heard == told


class TestFull:
    def test_a_queue_on_a_full_disk_of_its_own(self, tmp_path: Path) -> None:
        """The run's folder may be elsewhere, with room; what was announced stays whole."""
        path = tmp_path / "small" / "queue.jsonl"
        path.parent.mkdir()

        async def fill() -> None:
            sender = FileSender(path, HEADER)
            try:
                for number in range(1_000):
                    await sender.send(announce(str(number)))
            finally:
                sender._file.close()

        with small_disk(path.parent, 32):
            with pytest.raises(DiskError, match="Disk full"):
                clock.run(fill(), virtual=True)
            assert path.read_bytes().endswith(b"\n")


class TestReadOnly:
    def test_a_queue_on_a_read_only_disk(self, tmp_path: Path) -> None:
        """Nothing is begun, and what to type is told."""
        with (
            small_disk(tmp_path, 32, "ro"),
            pytest.raises(ConsistencyError, match=r"system\. Choose another --queue\.$"),
        ):
            FileSender(tmp_path / "queue.jsonl", HEADER)
