"""What a reader expects that is told of nothing, on simulated time."""

from dataclasses import dataclass
from pathlib import Path

from consistency import clock
from consistency.clock import Clock
from consistency.durations import NS_PER_S
from consistency.event_file import read_events
from consistency.operation import Announcement, Item, Sounding
from consistency.recorder import Recorder
from consistency.store import Sighting
from consistency.workers.expectation import choose_lead_ns, expect, sound
from tests.fakes import FakeStore
from tests.whole_runs import plan_of

START_NS = 5 * NS_PER_S


class TestExpect:
    def test_what_the_writer_would_announce(self) -> None:
        """Every entity of every stream, by its writer's name, a lead before it is due; the last revision of a life."""

        async def main() -> list[tuple[int, Announcement]]:
            ticking = Clock.starting_now()
            lead_ns = choose_lead_ns(None)
            return [(ticking.now_ns(), each) async for each in expect(plan, 5, ticking, START_NS, lead_ns)]

        plan = plan_of(entities=3, rate="1/s", workload="update", age="2s")
        told = clock.run(main(), virtual=True)
        assert len({each.item for _, each in told}) == len(told) == 9
        assert {each.revision for _, each in told} == {2}
        assert all(at_ns == each.acknowledged_ns for at_ns, each in told)
        first_ns = START_NS + 2 * NS_PER_S - NS_PER_S // 5
        assert [at_ns for at_ns, each in told if each.stream == "global_query"] == [
            first_ns,
            first_ns + NS_PER_S,
            first_ns + 2 * NS_PER_S,
        ]

    def test_the_lead_covers_both_clocks(self) -> None:
        """Twice this host's bound, where that is more than a fifth of a second."""
        assert [choose_lead_ns(bound_ns) for bound_ns in (None, 0, NS_PER_S)] == [NS_PER_S // 5] * 2 + [2 * NS_PER_S]


@dataclass
class Stamped(FakeStore):
    """A store whose gets carry `stamp_ns`, and count."""

    stamp_ns: int | None = None
    asked: int = 0

    async def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Sighting:
        """One more."""
        self.asked += 1
        return Sighting(0, self.stamp_ns)


class TestSound:
    def hear(self, stamp_ns: int | None, path: Path) -> tuple[list[int], int]:
        """When soundings were recorded from 1 s to 6 s, and how many gets were made."""

        async def main() -> int:
            ticking, recorder = Clock.starting_now(), Recorder(path, "reader-us-1")
            store = Stamped(ticking, stamp_ns=stamp_ns)
            await sound(store, recorder, ticking, NS_PER_S, 6 * NS_PER_S)
            recorder.close()
            return store.asked

        asked = clock.run(main(), virtual=True)
        return [event.at_ns for event in read_events(path).events if isinstance(event, Sounding)], asked

    def test_every_two_seconds(self, tmp_path: Path) -> None:
        """From the beginning to the end."""
        assert self.hear(7, tmp_path / "x") == ([1 * NS_PER_S, 3 * NS_PER_S, 5 * NS_PER_S], 3)

    def test_a_service_without_stamps_is_asked_once(self, tmp_path: Path) -> None:
        """It never gives one."""
        assert self.hear(None, tmp_path / "x") == ([], 1)
