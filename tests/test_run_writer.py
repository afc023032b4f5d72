"""The writer's own command: how long it waits for readers in other processes."""

import asyncio
import contextlib
from pathlib import Path

from consistency import clock
from consistency.archive import create_run
from consistency.backends.opening import Opened, Order
from consistency.clock import Clock
from consistency.operation import Action, Item
from consistency.recorder import Recorder
from consistency.run import run_writer
from consistency.store import StoreError
from tests.fakes import MS, FakeStore
from tests.whole_runs import plan_of


class TestWriterAlone:
    """Five writes of 0.9 s that were due within 0.2 s: the last is acknowledged at about 4.6 s. A series may then be
    open for 4 s more (deadline, confirmation, one call)."""

    def end_s(
        self, folder: Path, reader_ends_s: float | None, reader_begins_s: float = 0, *, busy: bool = False
    ) -> float:
        """When the writer's command returns, with one reader that begins and ends then, or never ends. A `busy` one
        records an attempt each second."""
        plan = plan_of(
            virtual_time=False, entities=5, rate="20/s", call_timeout="1s", deadline="2s", probes={"key_get": {}}
        )
        run, archive = create_run(folder, "experiment")
        stall: dict[tuple[str, int], int | StoreError] = {("insert", place): 898 * MS for place in range(5)}
        opened = Opened("", "a fake", lambda ticking, _: FakeStore(ticking, plans=stall))

        async def read(ticking: Clock) -> None:
            await ticking.sleep_until_ns(round(reader_begins_s * 1e9))
            with contextlib.closing(Recorder(archive.history("reader-1"), "reader-1")) as recorder:
                while busy and ticking.now_ns() < round((reader_ends_s or 0) * 1e9):
                    recorder.invoke(Action.KEY_GET, Item("a", "a"), 0, ticking.now_ns(), 1)
                    await ticking.sleep_until_ns(ticking.now_ns() + 1_000 * MS)
                await ticking.sleep_until_ns(round((reader_ends_s or 0) * 1e9))
                if reader_ends_s is not None:
                    recorder.end(ticking.now_ns())

        async def main() -> float:
            ticking = Clock.starting_now()
            reading = asyncio.create_task(read(ticking))
            await run_writer(Order(plan, 5, run, archive), opened, "experiment", folder / "queue.jsonl", None)
            ended_ns = ticking.now_ns()
            await reading
            return ended_ns / 1e9

        return clock.run(main(), virtual=True)

    def test_waits_for_its_readers(self, tmp_path: Path) -> None:
        """They may end long after the plan's last instant, because the writer was late."""
        assert 7.5 <= self.end_s(tmp_path, 7.5) < 7.6

    def test_waits_for_one_that_has_not_begun(self, tmp_path: Path) -> None:
        """All that have begun are done, which is none: that is no reason to leave."""
        assert 7.5 <= self.end_s(tmp_path, 7.5, reader_begins_s=6) < 7.6

    def test_waits_for_one_that_is_far_behind(self, tmp_path: Path) -> None:
        """As long as it records it is at work, on a machine that is too slow for the plan."""
        assert 20 <= self.end_s(tmp_path, 20, busy=True) < 20.1

    def test_gives_up_when_no_series_can_be_open(self, tmp_path: Path) -> None:
        """A reader that was killed and never came back is not waited for without end."""
        assert 8.5 < self.end_s(tmp_path, None) < 8.8

    def test_ends_with_the_writing_where_readers_are_done(self, tmp_path: Path) -> None:
        """Nothing is left to wait for."""
        assert 4.6 <= self.end_s(tmp_path, 4.0) < 4.7
