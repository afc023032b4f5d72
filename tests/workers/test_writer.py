"""The writer: an open loop, what it records, what it announces."""

from pathlib import Path

import pytest

from consistency.errors import ConsistencyError
from consistency.event_file import read_events
from consistency.operation import Action, Announcement, Completion, Invocation, Outcome
from consistency.plan import Plan
from consistency.schedule import Stream, name_item, plan_streams, write_due_ns
from consistency.store import StoreError
from consistency.workers.writer import Writer
from tests.fakes import MS, FakeSender, FakeStore
from tests.workers.running import Bench, Call, list_calls, plan_of, stand_up

START_NS = 100 * MS
SEED = 7


def stream_of(plan: Plan) -> Stream:
    """The plan's only stream."""
    (stream,) = plan_streams(plan)
    return stream


class Written:
    """A stream that was written: the calls, and what was announced. `plant` prepares the store."""

    def __init__(self, folder: Path, plan: Plan, plans: dict[tuple[str, int], int | StoreError] | None = None) -> None:
        self.path, self.plan, self.sender = folder / "history.jsonl", plan, FakeSender()
        self.plans = plans or {}
        self.store: FakeStore | None = None

    async def _work(self, bench: Bench) -> None:
        bench.store.plans = self.plans
        self.store = bench.store
        writer = Writer(self.plan, SEED, bench.store, bench.recorder, bench.clock, self.sender, START_NS)
        await writer.write_stream(stream_of(self.plan))

    def run(self) -> list[Call]:
        """Write; the calls."""
        stand_up(self.path, self._work)
        return list_calls(read_events(self.path).events)

    @property
    def sent(self) -> list[Announcement]:
        """What was announced."""
        return self.sender.sent


class TestOpenLoop:
    def test_each_write_is_at_its_due_time(self, tmp_path: Path) -> None:
        """Nothing accumulates: the duration of a write does not move the next one."""
        calls = Written(tmp_path, plan_of(entities=5, rate="10/s")).run()
        assert [(call.due_ms, call.begun_ms, call.ended_ms) for call in calls] == [
            (100 + 100 * place, 100 + 100 * place, 102 + 100 * place) for place in range(5)
        ]

    def test_a_stall_makes_writes_late_and_no_due_time_moves(self, tmp_path: Path) -> None:
        """A call of 350 ms: the next three begin late, one right after the other, the fifth is on time again.

        due      100   200   300   400   500        the stall is in the lateness of those that it delayed,
        begun    100---------------450,452,454,500  which a loop that sleeps after each write would not show
        """
        calls = Written(tmp_path, plan_of(entities=5, rate="10/s"), {("insert", 0): 348 * MS}).run()
        assert [call.due_ms for call in calls] == [100, 200, 300, 400, 500]
        assert [call.begun_ms for call in calls] == [100, 450, 452, 454, 500]
        assert [call.begun_ms - call.due_ms for call in calls] == [0, 250, 152, 54, 0]

    def test_a_late_write_follows_the_one_before(self, tmp_path: Path) -> None:
        """By a nanosecond, so that a process's calls have the order in which it made them."""
        written = Written(tmp_path, plan_of(entities=3, rate="10/s"), {("insert", 0): 348 * MS})
        written.run()
        events = read_events(written.path).events
        ended_ns = [event.at_ns for event in events if isinstance(event, Completion)]
        assert [event.at_ns for event in events if isinstance(event, Invocation)][1:] == [
            at_ns + 1 for at_ns in ended_ns[:-1]
        ]

    def test_awkward_rates_do_not_drift(self, tmp_path: Path) -> None:
        """After three hundred writes at 7/m the last is due where arithmetic says."""
        plan = plan_of(entities=300, rate="7/m")
        written = Written(tmp_path, plan)
        last = written.run()[-1]
        assert last.begun_ms * MS == last.due_ms * MS
        expected_ns = write_due_ns(START_NS, plan.rate_per_s, stream_of(plan), 299)
        invoked = [event for event in read_events(written.path).events if isinstance(event, Invocation)]
        assert invoked[-1].at_ns == invoked[-1].due_ns == expected_ns == START_NS + 299 * 60_000 * MS // 7


class TestRecord:
    def test_invocation_and_completion_bracket_the_call(self, tmp_path: Path) -> None:
        """What the store did lies between the two stamps; its own stamp is kept."""
        written = Written(tmp_path, plan_of(entities=1))
        written.run()
        invocation, completion = read_events(written.path).events
        assert isinstance(invocation, Invocation)
        assert isinstance(completion, Completion)
        assert (invocation.action, invocation.revision) == (Action.WRITE, 1)
        assert (completion.outcome, completion.at_ns - invocation.at_ns) == (Outcome.OK, 2 * MS)
        assert written.store is not None
        assert written.store.created == {invocation.item: START_NS + MS}
        assert completion.server_ns == 1_767_225_600_000_000_000 + START_NS  # what the fake was given as its wall time


class TestAnnouncements:
    def test_say_what_and_since_when(self, tmp_path: Path) -> None:
        """Item, place, revision and the instant of the acknowledgement, in order."""
        plan = plan_of(entities=2, rate="10/s")
        written = Written(tmp_path, plan)
        written.run()
        stream = stream_of(plan)
        assert written.sent == [
            Announcement(stream.name, place, name_item(SEED, stream, place), 1, (102 + 100 * place) * MS, Outcome.OK)
            for place in range(2)
        ]

    def test_a_write_that_certainly_failed_is_not_looked_for(self, tmp_path: Path) -> None:
        """It is recorded as a failure, and the stream goes on."""
        error = StoreError("RESOURCE_EXHAUSTED", "too many", definite=True)
        written = Written(tmp_path, plan_of(entities=3, rate="10/s"), {("insert", 1): error})
        assert [call.told for call in written.run()] == ["miss", "fail=RESOURCE_EXHAUSTED", "miss"]
        assert [announcement.index for announcement in written.sent] == [0, 2]

    def test_a_write_that_may_have_happened_is_looked_for(self, tmp_path: Path) -> None:
        """A time-out says nothing; readers are told that it is unknown, and since when."""
        error = StoreError("DEADLINE_EXCEEDED", "too late", definite=False)
        written = Written(tmp_path, plan_of(entities=2, rate="10/s"), {("insert", 0): error})
        assert [call.told for call in written.run()] == ["info=DEADLINE_EXCEEDED", "miss"]
        assert [(sent.index, sent.outcome, sent.acknowledged_ns) for sent in written.sent] == [
            (0, Outcome.INFO, 101 * MS),
            (1, Outcome.OK, 202 * MS),
        ]


class TestPollution:
    def test_an_entity_that_exists_stops_the_run(self, tmp_path: Path) -> None:
        """Every later sighting would be worthless; it is recorded, told in a sentence, and nothing more is written."""
        error = StoreError("ALREADY_EXISTS", "is there", definite=True)
        plan = plan_of(entities=5, rate="10/s")
        written = Written(tmp_path, plan, {("insert", 1): error})
        name = name_item(SEED, stream_of(plan), 1).name
        with pytest.raises(ExceptionGroup) as raised:
            written.run()
        (error_told,) = raised.value.exceptions
        assert isinstance(error_told, ConsistencyError)
        assert str(error_told).startswith(f"The store is polluted: entity {name} exists already")
        assert [call.told for call in list_calls(read_events(written.path).events)] == ["miss", "fail=ALREADY_EXISTS"]
        assert [announcement.index for announcement in written.sent] == [0]

    @pytest.mark.parametrize(
        ("target", "told"),
        [
            ({}, "Use another --run, or reset the emulator: curl -X POST http://HOST:PORT/reset"),
            ({"namespace": "mine"}, "Use another --namespace, or reset the emulator: curl"),
            ({"backend": "live", "project": "p", "namespace": "consistency-a"}, "Use another --namespace"),
        ],
    )
    def test_the_way_out_is_one(self, target: dict[str, str], told: str, tmp_path: Path) -> None:
        """Another run has another namespace, unless the user named it; the live service cannot be reset."""
        error = StoreError("ALREADY_EXISTS", "is there", definite=True)
        written = Written(tmp_path, plan_of(entities=1, target=target), {("insert", 0): error})
        with pytest.raises(ExceptionGroup) as raised:
            written.run()
        assert f"Nothing was overwritten. {told}" in str(raised.value.exceptions[0])
        assert ("reset" in str(raised.value.exceptions[0])) == ("live" not in target.values())
