"""A worker on virtual time: its clock, its fake store, its history."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from consistency import clock
from consistency.channel import Receiver
from consistency.clock import Clock
from consistency.event_file import read_events
from consistency.operation import Action, Announcement, Completion, Event, Invocation, Outcome
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.workers.reader import ProgressByItem, Reader
from tests.fakes import MS, FakeStore, Lag, no_lag


def plan_of(probe: dict[str, Any] | None = None, **chosen: Any) -> Plan:
    """A plan with one global query that is neither dithered nor confirmed, unless asked for."""
    train = {"interval": "100ms", "dither": False, "confirm": 0} | (probe or {})
    return Plan.model_validate({"deadline": "1s", "probes": {"global_query": train}} | chosen)


@dataclass
class Bench:
    """What a worker stands on."""

    clock: Clock
    store: FakeStore
    recorder: Recorder


@dataclass(frozen=True)
class Call:
    """One recorded call, in milliseconds to the microsecond: due, begun, ended (None: never), and what it told."""

    name: str
    due_ms: float
    begun_ms: float
    ended_ms: float | None
    told: str


def stand_up(path: Path, work: Callable[[Bench], Awaitable[None]], *, first_op: int = 0, lag: Lag = no_lag) -> None:
    """Run `work` on virtual time over a fake store; its events go to `path`."""

    async def main() -> None:
        ticking = Clock.starting_now()
        recorder = Recorder(path, "reader", first_op)
        try:
            await work(Bench(ticking, FakeStore(ticking, lag), recorder))
        finally:
            recorder.close()

    clock.run(main(), virtual=True)


async def feed(clock: Clock, announcements: Iterable[Announcement]) -> Receiver:
    """A receiver that gets each announcement when it was acknowledged."""
    for announcement in announcements:
        await clock.sleep_until_ns(announcement.acknowledged_ns)
        yield announcement


@dataclass
class Search:
    """Reads `announcements` with `plan`; `plant` prepares the store. Calls are read back from the history."""

    path: Path
    plan: Plan
    announcements: Sequence[Announcement]
    lag: Lag = no_lag
    plant: Callable[[FakeStore], None] = lambda store: None
    progress: ProgressByItem = field(default_factory=dict)
    first_op: int = 0
    action: Action = Action.GLOBAL_QUERY
    from_ns: int = 0
    until_ns: int | None = None

    def run(self) -> list[Call]:
        """All calls of the history, by when they began."""

        async def work(bench: Bench) -> None:
            for announcement in self.announcements:
                bench.store.created[announcement.item] = announcement.acknowledged_ns
            self.plant(bench.store)
            reader = Reader(
                self.action, self.plan, bench.store, bench.recorder, bench.clock, Random(1), dict(self.progress)
            )
            await bench.clock.sleep_until_ns(self.from_ns)
            await reader.read_stream(feed(bench.clock, self.announcements))

        stand_up(self.path, work, first_op=self.first_op, lag=self.lag)
        return list_calls(read_events(self.path).events)


def list_calls(events: Sequence[Event]) -> list[Call]:
    """Calls by when they began."""
    ended = {event.op: event for event in events if isinstance(event, Completion)}
    begun = [event for event in events if isinstance(event, Invocation)]
    return [_call(event, ended.get(event.op)) for event in sorted(begun, key=lambda event: (event.at_ns, event.op))]


def _call(begun: Invocation, ended: Completion | None) -> Call:
    told = "?" if ended is None else _tell(ended)
    ended_ms = None if ended is None else _round_ms(ended.at_ns)
    return Call(begun.item.name, _round_ms(begun.due_ns), _round_ms(begun.at_ns), ended_ms, told)


def _round_ms(at_ns: int) -> float:
    """Without the nanosecond by which each call follows what led to it."""
    return round(at_ns / MS, 3)


def _tell(ended: Completion) -> str:
    if ended.outcome is not Outcome.OK:
        return f"{ended.outcome}={ended.code}"
    return "hit" if ended.seen else "miss"
