"""Memory: what writer and reader keep of an entity when they are done with it. Counted in blocks of the interpreter's
allocator, because what the system says of a process moves with pages and pools."""

import asyncio
import gc
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from consistency import clock
from consistency.channel import FileSender, Header, MemoryChannel, follow
from consistency.cli.tally import Tally
from consistency.clock import Clock
from consistency.liveness import WatchedStore
from consistency.operation import Action
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.schedule import plan_streams
from consistency.store import Sighting
from consistency.workers.reader import Reader
from consistency.workers.writer import Writer
from tests.fakes import MS, FakeStore, announce
from tests.workers.running import plan_of

END_NS = 10**15
HEADER = Header("first/now", "/runs/first/now", "0123456789ab", 0, 0, "boot", "127.0.0.1:1", END_NS)
EVERY_NS = 10 * MS


@dataclass
class Forgetful(FakeStore):
    """Keeps nothing; of each three reads it answers one with a miss."""

    reads: int = 0

    async def insert(self, *_: object) -> int | None:
        """Every write is acknowledged."""
        await self.clock.sleep_until_ns(self.clock.now_ns() + MS)
        return None

    async def query(self, *_: object) -> Sighting:
        """Hit, hit, miss."""
        await self.clock.sleep_until_ns(self.clock.now_ns() + MS)
        self.reads += 1
        return Sighting(int(self.reads % 3 > 0), None)


def count_blocks() -> int:
    """What is held now."""
    gc.collect()
    return sys.getallocatedblocks()


async def count_at(ticking: Clock, *entities: int) -> list[int]:
    """What is held when so many entities have been written."""
    counts = []
    for count in entities:
        await ticking.sleep_until_ns(count * EVERY_NS)
        counts.append(count_blocks())
    return counts


async def run_long(plan: Plan, folder: Path, *entities: int) -> list[int]:
    """A writer, a queue file, a relay and a reader, with everybody who looks on."""
    ticking, tally = Clock.starting_now(), Tally(plan)
    store = WatchedStore(Forgetful(ticking), ticking)
    sender, memory = FileSender(folder / "queue.jsonl", HEADER), MemoryChannel(100)
    writing, reading = (Recorder(folder / name, name, 0, tally.observe) for name in ("writer", "reader"))
    writer = Writer(plan, 1, store, writing, ticking, sender, 0)
    reader = Reader(Action.GLOBAL_QUERY, plan, store, reading, ticking, Random(1))

    async def write() -> None:
        await writer.write_stream(plan_streams(plan)[0])
        await sender.close()

    async def relay() -> None:
        async for announcement in follow(folder / "queue.jsonl", ticking, END_NS, END_NS):
            await memory.send(announcement)
        await memory.close()

    parts = write(), relay(), reader.read_stream(memory.receive())
    counts, *_ = await asyncio.gather(count_at(ticking, *entities), *parts)
    writing.close()
    reading.close()
    return counts


class TestFinished:
    @pytest.mark.slow
    def test_nothing_is_kept_of_what_is_over(self, tmp_path: Path) -> None:
        """Of 1,300 entities, each written, announced through a file, searched, confirmed, recorded and tallied, once
        the tally has its newest 1,000."""
        probe = {"interval": "20ms", "confirm": 1, "confirm_for": "20ms"}
        plan = plan_of(probe, rate="100/s", entities=2_550, call_timeout="100ms")
        early, late = clock.run(run_long(plan, tmp_path, 1_200, 2_500), virtual=True)
        assert late - early < 130  # a tenth of a block for each: searches that happen to be open


class TestBacklog:
    def test_a_reader_that_is_behind_leaves_it_in_the_file(self, tmp_path: Path) -> None:
        """Of 20,000 announcements that wait, a piece is held."""
        path = tmp_path / "queue.jsonl"

        async def main() -> int:
            sender = FileSender(path, HEADER)
            for number in range(20_000):
                await sender.send(announce(str(number)))
            await sender.close()
            before = count_blocks()
            followed = follow(path, Clock.starting_now(), END_NS, END_NS)
            await anext(followed)
            return count_blocks() - before

        assert clock.run(main(), virtual=True) < 4_000
