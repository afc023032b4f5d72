"""The reader: series of attempts on virtual time, over a store whose lags are planted."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.channel import MemoryChannel
from consistency.event_file import read_events
from consistency.operation import Action, Completion, Event, Invocation, Item
from consistency.recorder import Recorder
from consistency.store import StoreError
from consistency.workers.reader import Reader, recall_progress
from tests.fakes import MS, FakeStore, announce
from tests.workers.running import Bench, Call, Search, list_calls, plan_of, stand_up

ONE = (announce("a"),)
UNAVAILABLE = StoreError("UNAVAILABLE", "gone", definite=False)


def lags(**milliseconds: int | None) -> Callable[[Item, Action], int | None]:
    """Each item's lag."""

    def lag(item: Item, action: Action) -> int | None:
        told = milliseconds[item.name]
        return None if told is None else told * MS

    return lag


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the reader's history is."""
    return tmp_path / "history-reader.jsonl"


def told(calls: list[Call]) -> list[tuple[float, str]]:
    """When each call began, and what it told."""
    return [(call.begun_ms, call.told) for call in calls]


class TestSeries:
    def test_a_visible_entity_needs_one_attempt(self, path: Path) -> None:
        """At once, and no more."""
        (call,) = Search(path, plan_of(), ONE).run()
        assert call == Call("a", 0, 0, 2, "hit")

    def test_misses_until_it_is_seen(self, path: Path) -> None:
        """One attempt an interval; nothing after the hit where nothing is to be confirmed."""
        calls = Search(path, plan_of(), ONE, lags(a=250)).run()
        assert told(calls) == [(0, "miss"), (100, "miss"), (200, "miss"), (300, "hit")]
        assert all(call.due_ms == call.begun_ms for call in calls)

    def test_confirms_after_the_first_hit(self, path: Path) -> None:
        """So many more attempts, spread over their time, counted from when the hit was known (302 ms)."""
        calls = Search(path, plan_of({"confirm": 2, "confirm_for": "500ms"}), ONE, lags(a=250)).run()
        assert told(calls)[3:] == [(300, "hit"), (552, "hit"), (802, "hit")]
        assert [call.due_ms for call in calls[4:]] == [552, 802]

    def test_a_flicker_is_recorded_and_starts_no_new_search(self, path: Path) -> None:
        """A confirming attempt that misses is a miss; the series ends as it was planned."""
        looks = count()
        lag = lambda item, action: None if next(looks) == 2 else 0  # noqa: E731 - the third look sees nothing
        calls = Search(path, plan_of({"confirm": 3, "confirm_for": "300ms"}), ONE, lag).run()
        assert [call.told for call in calls] == ["hit", "hit", "miss", "hit"]

    def test_an_error_is_neither_hit_nor_miss(self, path: Path) -> None:
        """It is recorded with its code, and the next attempt is made as planned."""

        def plant(store: FakeStore) -> None:
            store.plans["query", 1] = UNAVAILABLE

        calls = Search(path, plan_of(), ONE, lags(a=150), plant).run()
        assert told(calls) == [(0, "miss"), (100, "fail=UNAVAILABLE"), (200, "hit")]

    @pytest.mark.parametrize(("action", "lag_ms"), [(Action.KEY_GET, 0), (Action.ANCESTOR_QUERY, 100)])
    def test_each_action_asks_in_its_way(self, path: Path, action: Action, lag_ms: int) -> None:
        """The store sees gets, queries below an ancestor and global queries apart."""
        lag = {Action.KEY_GET: 0, Action.ANCESTOR_QUERY: 100 * MS, Action.GLOBAL_QUERY: None}
        plan = plan_of(probes={action: {"interval": "100ms", "dither": False, "confirm": 0}})
        calls = Search(path, plan, ONE, lambda item, asked: lag[asked], action=action).run()
        assert told(calls)[-1] == (lag_ms, "hit")


class TestFollowing:
    """What follows from something begins a nanosecond after it, or the judges would call the two concurrent."""

    def test_the_first_attempt_follows_the_acknowledgement(self, path: Path) -> None:
        """It is due with it, and a miss of it is a read that came after the write."""
        Search(path, plan_of(), (announce("a", 7 * MS),)).run()
        first = read_events(path).events[0]
        assert isinstance(first, Invocation)
        assert (first.due_ns, first.at_ns) == (7 * MS, 7 * MS + 1)

    @pytest.mark.parametrize("probe", [{"confirm": 3, "confirm_for": "0"}, {"confirm": 3, "confirm_for": "1ms"}])
    def test_each_attempt_follows_the_one_before(self, path: Path, probe: dict[str, Any]) -> None:
        """Also where they are due at once, or before the one ahead has its answer: each of them takes 2 ms."""
        Search(path, plan_of(probe), ONE).run()
        events = read_events(path).events
        ended_ns = [event.at_ns for event in events if isinstance(event, Completion)]
        begun = [event for event in events if isinstance(event, Invocation)]
        after_ns = [max(call.due_ns, at_ns + 1) for call, at_ns in zip(begun[1:], ended_ns, strict=False)]
        assert [call.at_ns for call in begun[1:]] == after_ns
        assert len(begun) == 4


class TestDeadline:
    def test_ends_a_search(self, path: Path) -> None:
        """No attempt is due after it; that the entity was never seen is told by misses alone."""
        calls = Search(path, plan_of(), ONE, lags(a=None)).run()
        assert told(calls) == [(100 * place, "miss") for place in range(11)]

    def test_is_counted_from_the_acknowledgement(self, path: Path) -> None:
        """A reader that is late has less time, not the same time later."""
        calls = Search(path, plan_of(), ONE, lags(a=None), from_ns=650 * MS).run()
        assert told(calls) == [(650, "miss"), (750, "miss"), (850, "miss"), (950, "miss")]

    def test_leaves_one_attempt_at_least(self, path: Path) -> None:
        """An entity that is found after its deadline is looked at once, and its lateness is in the history."""
        (call,) = Search(path, plan_of(), ONE, lags(a=None), from_ns=5_000 * MS).run()
        assert (call.due_ms, call.begun_ms, call.told) == (0, 5_000, "miss")

    def test_does_not_cut_the_confirmation(self, path: Path) -> None:
        """A late hit is confirmed like any other."""
        calls = Search(path, plan_of({"confirm": 1}), ONE, lags(a=950)).run()
        assert told(calls)[-2:] == [(1_000, "hit"), (2_002, "hit")]


class TestSlowCalls:
    def test_skip_attempts_instead_of_making_them_up(self, path: Path) -> None:
        """A call of 350 ms passes three due times; the next attempt is at the fourth, and is not late.

        due    0   100  200  300  400  500       making them up would pile calls onto a store that is slow already,
        begun  0-------------------|400-|500     and would fill the history with attempts that nobody planned
        """

        def plant(store: FakeStore) -> None:
            store.plans["query", 0] = 348 * MS

        calls = Search(path, plan_of(), ONE, lags(a=450), plant).run()
        assert [(call.due_ms, call.begun_ms, call.ended_ms) for call in calls] == [
            (0, 0, 350),
            (400, 400, 402),
            (500, 500, 502),
        ]


class TestOpenSeries:
    def test_are_bounded_and_the_others_wait(self, path: Path) -> None:
        """With one open at a time the second begins when the first is closed, and its wait is its lateness."""
        pair = (announce("a"), announce("b", 50 * MS, index=1))
        calls = Search(path, plan_of({"max_open": 1}), pair, lags(a=150, b=0)).run()
        assert [(call.name, call.due_ms, call.begun_ms) for call in calls] == [
            ("a", 0, 0),
            ("a", 100, 100),
            ("a", 200, 200),
            ("b", 50, 202),
        ]

    def test_run_side_by_side_up_to_the_bound(self, path: Path) -> None:
        """Twenty entities at once, five series: never more than five calls are open, and none is forgotten."""
        stores = list[FakeStore]()
        many = [announce(str(place), index=place) for place in range(20)]
        search = Search(path, plan_of({"max_open": 5}), many, plant=stores.append)
        assert Counter(call.told for call in search.run()) == {"hit": 20}
        assert stores[0].most_open_calls == 5

    def test_an_open_series_delays_no_other(self, path: Path) -> None:
        """An entity that is never seen costs the others nothing."""
        pair = (announce("a"), announce("b", 50 * MS, index=1))
        calls = [call for call in Search(path, plan_of(), pair, lags(a=None, b=100)).run() if call.name == "b"]
        assert told(calls) == [(50, "miss"), (150, "hit")]


class TestTwoReaders:
    def test_each_sees_every_entity(self, tmp_path: Path) -> None:
        """Two reading processes do not share the work: each has its own series of each entity."""
        plan = plan_of({"dither": True})
        recorders = [Recorder(tmp_path / name, name) for name in ("reader-1", "reader-2")]

        async def work(bench: Bench) -> None:
            memory = MemoryChannel()
            async with asyncio.TaskGroup() as group:
                for recorder in recorders:
                    random = Random(recorder.process)
                    reader = Reader(Action.GLOBAL_QUERY, plan, bench.store, recorder, bench.clock, random)
                    group.create_task(reader.read_stream(memory.receive()))
                for announcement in (announce("a"), announce("b", index=1)):
                    bench.store.created[announcement.item] = 0
                    await memory.send(announcement)
                await memory.close()

        stand_up(tmp_path / "unused", work, lag=lags(a=250, b=0))
        series = []
        for recorder in recorders:
            recorder.close()
            calls = list_calls(read_events(tmp_path / recorder.process).events)
            assert {call.name for call in calls if call.told == "hit"} == {"a", "b"}
            series.append([call.begun_ms for call in calls if call.name == "a"])
        assert series[0] != series[1]


THREE = (announce("a"), announce("b", 40 * MS, index=1), announce("c", 80 * MS, index=2))
LAGS = lags(a=250, b=0, c=None)
PLAN = plan_of({"confirm": 2, "confirm_for": "400ms"})


def hits_by_item(events: list[Event]) -> dict[str, list[Event]]:
    """For each item its invocations, from the one after its first hit on."""
    names: dict[int, str] = {}
    after: dict[str, list[Event]] = {}
    for event in events:
        if isinstance(event, Invocation):
            names[event.op] = event.item.name
            if event.item.name in after:
                after[event.item.name].append(event)
        elif isinstance(event, Completion) and event.seen:
            after.setdefault(names[event.op], [])
    return after


class TestRestart:
    def test_recalls_how_far_each_series_had_come(self, path: Path) -> None:
        """Attempted or not, the first hit, and the attempts that were made after it."""
        Search(path, PLAN, THREE, LAGS).run()
        progress = recall_progress(PLAN, read_events(path).events)
        told = {
            item.name: (each.attempted, each.first_hit_ns, each.confirmations) for (item, _), each in progress.items()
        }
        assert told == {"a": (True, 302 * MS, 2), "b": (True, 42 * MS + 1, 2), "c": (True, None, 0)}

    def test_after_its_end_it_asks_nothing(self, path: Path) -> None:
        """What is closed stays closed: also the search that ended at its deadline."""
        Search(path, PLAN, THREE, LAGS).run()
        events = read_events(path).events
        Search(path, PLAN, THREE, LAGS, progress=recall_progress(PLAN, events), first_op=99, from_ns=3_000 * MS).run()
        assert read_events(path).events == events

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
    @given(st.integers(0, 10**6), st.integers(0, 1_500))
    def test_misses_nothing_and_repeats_nothing(self, path: Path, place: int, pause_ms: int) -> None:
        """Killed after any event and started again at any time later, the two lives together are one reader's."""
        path.unlink(missing_ok=True)
        Search(path, PLAN, THREE, LAGS).run()
        lines = path.read_bytes().splitlines(keepends=True)
        cut = place % (len(lines) + 1)
        path.write_bytes(b"".join(lines[:cut]))
        first_life = read_events(path).events
        last_ns = max((event.at_ns for event in first_life), default=0)
        again = Search(path, PLAN, THREE, LAGS, progress=recall_progress(PLAN, first_life), first_op=99)
        replace(again, from_ns=last_ns + pause_ms * MS).run()
        events = read_events(path).events
        assert events[:cut] == first_life
        assert {event.item.name for event in events if isinstance(event, Invocation)} == {"a", "b", "c"}
        confirming = {name: len(calls) for name, calls in hits_by_item(events).items()}
        in_time = last_ns + pause_ms * MS <= 1_000 * MS or "a" in hits_by_item(first_life)
        assert confirming == ({"a": 2, "b": 2} if in_time or "a" in confirming else {"b": 2})
