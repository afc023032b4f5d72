"""Lives of entities: updates, deletes and re-creations, by one writer or several, and what readers make of them."""

from pathlib import Path
from random import Random
from typing import Any

from consistency.analysis.series import gather_series
from consistency.event_file import read_events
from consistency.history import History
from consistency.operation import Action, Announcement, Completion, Invocation, Item, Outcome
from consistency.plan import Plan
from consistency.schedule import plan_streams
from consistency.store import StoreError
from consistency.workers.reader import Reader
from consistency.workers.writer import Writer
from tests.fakes import MS, FakeSender
from tests.workers.running import Bench, feed, list_calls, plan_of, stand_up

START_NS = 100 * MS


def write(path: Path, plan: Plan, plans: dict[tuple[str, int], Any] | None = None, place: int = 0) -> FakeSender:
    """Everything that one writer does; its events are at `path`."""
    sender = FakeSender()

    async def work(bench: Bench) -> None:
        bench.store.plans = plans or {}
        writer = Writer(plan, 7, bench.store, bench.recorder, bench.clock, sender, START_NS, place)
        (stream,) = plan_streams(plan)
        await writer.write_stream(stream)

    stand_up(path, work)
    return sender


def changes(path: Path) -> list[tuple[float, str, int]]:
    """When each change began (ms), what it was and which revision it made."""
    events = read_events(path).events
    return [(e.at_ns / MS, str(e.action), e.revision) for e in events if isinstance(e, Invocation)]


class TestLives:
    def test_an_update_follows_its_write_and_is_announced(self, tmp_path: Path) -> None:
        """One age later, whatever the loop does meanwhile; readers look for the update alone."""
        plan = plan_of(workload="update", age="250ms", entities=2, rate="10/s")
        sent = write(tmp_path / "h", plan).sent
        assert changes(tmp_path / "h") == [
            (100, "write", 1), (200, "write", 1), (350, "update", 2), (450, "update", 2),
        ]  # fmt: skip
        assert [(each.index, each.revision, each.acknowledged_ns / MS) for each in sent] == [(0, 2, 352), (1, 2, 452)]

    def test_a_recreated_entity_has_three_revisions(self, tmp_path: Path) -> None:
        """Written, deleted, and written again under the same name."""
        plan = plan_of(workload="recreate", age="1s", entities=1)
        (sent,) = write(tmp_path / "h", plan).sent
        assert changes(tmp_path / "h") == [(100, "write", 1), (1_100, "delete", 2), (2_100, "write", 3)]
        assert sent.revision == 3

    def test_a_change_that_certainly_failed_ends_the_life(self, tmp_path: Path) -> None:
        """There is nothing to update; another entity goes on."""
        plan = plan_of(workload="update", age="1s", entities=2, rate="10/s")
        refused = StoreError("ABORTED", "contention", definite=True)
        sent = write(tmp_path / "h", plan, {("insert", 0): refused}).sent
        assert [each.index for each in sent] == [1]

    def test_a_change_that_may_have_happened_is_followed_by_the_next(self, tmp_path: Path) -> None:
        """A write that lost its acknowledgement is there to be updated, as far as anybody knows."""
        plan = plan_of(workload="delete", age="1s", entities=1)
        lost = StoreError("UNAVAILABLE", "gone", definite=False)
        (sent,) = write(tmp_path / "h", plan, {("insert", 0): lost}).sent
        assert (sent.revision, sent.outcome) == (2, Outcome.OK)

    def test_writers_share_the_entities(self, tmp_path: Path) -> None:
        """Each takes its own places, at the times that the schedule gives them."""
        plan = plan_of(entities=5, rate="10/s", writers=2)
        indices = [[each.index for each in write(tmp_path / str(place), plan, place=place).sent] for place in (0, 1)]
        assert indices == [[0, 2, 4], [1, 3]]
        assert [at_ms for at_ms, *_ in changes(tmp_path / "1")] == [200, 400]


def search(path: Path, plan: Plan, revision: int, states: list[tuple[int, int]], lag_ms: int) -> list[tuple[str, int]]:
    """What a reader's attempts told, and which revision they asked for; `states` are instants and revisions."""
    item = Item("a", "a")

    async def work(bench: Bench) -> None:
        bench.store.created[item] = 0
        bench.store.changed[item] = states
        (action,) = plan.probes
        reader = Reader(action, plan, bench.store, bench.recorder, bench.clock, Random(1))
        announced = Announcement(str(action), 0, item, revision, 0, Outcome.OK)
        await reader.read_stream(feed(bench.clock, [announced]))

    stand_up(path, work, lag=lambda *_: lag_ms * MS)
    events = read_events(path).events
    asked = [event.revision for event in events if isinstance(event, Invocation)]
    return [(call.told, revision) for call, revision in zip(list_calls(events), asked, strict=True)]


class TestReading:
    OLD_THEN_NEW = ((-10_000 * MS, 1), (0, 2))

    def test_an_update_is_seen_when_the_new_value_is_found(self, tmp_path: Path) -> None:
        """The query asks for the new value, and the old entity does not match it."""
        told = search(tmp_path / "h", plan_of(workload="update"), 2, [*self.OLD_THEN_NEW], 150)
        assert told == [("miss", 2), ("miss", 2), ("hit", 2)]

    def test_or_when_the_old_one_is_found_no_more(self, tmp_path: Path) -> None:
        """The query asks for the old value; finding it is a miss, because the update was not seen."""
        told = search(tmp_path / "h", plan_of({"match": "old"}, workload="update"), 2, [*self.OLD_THEN_NEW], 150)
        assert told == [("hit", 1), ("hit", 1), ("miss", 1)]  # of the entity: the series ends when it is gone

    def test_a_delete_is_seen_when_nothing_is_found(self, tmp_path: Path) -> None:
        """A deleted entity that is returned is a ghost."""
        told = search(tmp_path / "h", plan_of(workload="delete"), 2, [(-10_000 * MS, 1), (0, 0)], 150)
        assert told == [("hit", 1), ("hit", 1), ("miss", 1)]

    def test_judging_takes_absence_for_the_hit(self, tmp_path: Path) -> None:
        """An attempt that asked for an earlier revision than was written looked for it to be gone."""
        item = Item("a", "a")

        def call(op: int, at_ms: int, action: Action, revision: int, seen: int = 0) -> list[Any]:
            begun = Invocation(op, "p", action, item, at_ms * MS, at_ms * MS, revision)
            return [begun, Completion(op, "p", (at_ms + 1) * MS, Outcome.OK, seen)]

        events = [
            *call(0, 0, Action.WRITE, 1), *call(1, 10, Action.DELETE, 2),
            *call(2, 20, Action.GLOBAL_QUERY, 1, seen=1), *call(3, 30, Action.GLOBAL_QUERY, 1),
        ]  # fmt: skip
        series = gather_series(History.of(events), Action.GLOBAL_QUERY)
        assert (series.miss.tolist(), series.hit.tolist()) == ([True, False], [False, True])
        assert series.acknowledged_ns.tolist() == [11 * MS, 11 * MS]
