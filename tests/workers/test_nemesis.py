"""The nemesis and the queue's faults: when they act, and what is recorded."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from consistency import clock
from consistency.clock import Clock
from consistency.event_file import read_events
from consistency.fault import Side
from consistency.operation import Ended, FaultChange
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.schedule import Change, plan_changes
from consistency.workers.late_sender import LateSender
from consistency.workers.nemesis import Nemesis
from tests.fakes import MS, FakeSender, announce

START_NS = 100 * MS


def changes_of(*faults: dict[str, Any]) -> list[Change]:
    """What a plan with these faults makes happen."""
    return plan_changes(Plan.model_validate({"probes": {"key_get": {}}, "faults": faults}), START_NS)


TWO = changes_of(
    {"at": "1s", "for": "2s", "kind": "aborted"}, {"at": "2s", "for": "1s", "kind": "queue_delay", "delay": "1s"}
)


class TestNemesis:
    def test_switches_each_side_when_it_is_due(self, tmp_path: Path) -> None:
        """A fault's recorded span holds all that it can have done."""
        turned: list[tuple[float, str, bool]] = []

        async def main() -> None:
            ticking = Clock.starting_now()

            async def turn(change: Change) -> None:
                turned.append((ticking.now_ns() / MS, change.planned.name, change.active))

            recorder = Recorder(tmp_path / "nemesis", "nemesis")
            await Nemesis(TWO, dict.fromkeys(Side, turn), ticking, recorder).work()
            recorder.close()

        clock.run(main(), virtual=True)
        *told, end = read_events(tmp_path / "nemesis").events
        assert turned == [
            (1_100, "aborted-1", True), (2_100, "queue_delay-2", True),
            (3_100, "aborted-1", False), (3_100, "queue_delay-2", False),
        ]  # fmt: skip
        assert [(e.at_ns / MS, e.fault, e.active) for e in told if isinstance(e, FaultChange)] == turned
        assert end == Ended("nemesis", 3_100 * MS)

    def test_ends_what_is_active_when_it_is_cut_short(self, tmp_path: Path) -> None:
        """A stopped run has no band without an end."""

        async def main() -> None:
            ticking = Clock.starting_now()

            async def turn(change: Change) -> None:
                """Nothing happens."""

            recorder = Recorder(tmp_path / "nemesis", "nemesis")
            work = asyncio.create_task(Nemesis(TWO, dict.fromkeys(Side, turn), ticking, recorder).work())
            await ticking.sleep_until_ns(1_500 * MS)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            recorder.close()

        clock.run(main(), virtual=True)
        assert read_events(tmp_path / "nemesis").events == [
            FaultChange("nemesis", 1_100 * MS, "aborted-1", active=True),
            FaultChange("nemesis", 1_500 * MS, "aborted-1", active=False),
            Ended("nemesis", 1_500 * MS),
        ]


class TestLateSender:
    @pytest.mark.parametrize(("delay", "expected_ms"), [("300ms", 1_400), ("9s", 2_000)])
    def test_delays_until_the_faults_end_at_most(self, delay: str, expected_ms: int) -> None:
        """What is held back arrives; before and after the fault nothing waits."""
        begin, end = changes_of({"at": "1s", "for": "900ms", "kind": "queue_delay", "delay": delay})
        arrived: list[tuple[str, float]] = []

        async def main() -> None:
            ticking = Clock.starting_now()

            class Noting(FakeSender):
                async def send(self, announcement: Any) -> None:
                    arrived.append((announcement.item.name, ticking.now_ns() / MS))

            late = LateSender(Noting(), ticking, 7)
            await late.send(announce("before"))
            await ticking.sleep_until_ns(begin.at_ns)
            await late.turn(begin)
            await late.send(announce("during"))
            await late.close()
            assert ticking.now_ns() == expected_ms * MS
            await late.turn(end)
            await late.send(announce("after"))

        clock.run(main(), virtual=True)
        assert arrived == [("before", 0), ("during", expected_ms), ("after", expected_ms)]
