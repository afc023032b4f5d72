"""Whole runs: deterministic on virtual time, the same over either channel, and joined between processes."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consistency import clock, flow
from consistency.archive import Archive, create_run
from consistency.backends.connecting import check_address
from consistency.backends.opening import Opened, Order
from consistency.clock import Clock
from consistency.errors import ConsistencyError
from consistency.event_file import read_events
from consistency.history import History
from consistency.operation import Action, Ended, Invocation, Item, Outcome
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.run import run_together, run_writer
from consistency.schedule import name_item, plan_streams
from consistency.store import Store, StoreError
from tests.fakes import MS, FakeStore

PROBES = {"global_query": {"interval": "40ms"}, "key_get": {}, "ancestor_query": {}}


def plan_of(**chosen: Any) -> Plan:
    """A small plan on virtual time, with lags that differ from entity to entity."""
    settings: dict[str, Any] = {
        "entities": 12,
        "rate": "10/s",
        "deadline": "3s",
        "seed": 5,
        "virtual_time": True,
        "probes": PROBES,
        "target": {"lag": "lognormal:150ms,0.8"},
    }
    return Plan.model_validate(settings | chosen)


def run_plan(plan: Plan, out: Path, name: str | None = None) -> Archive:
    """The folder of a run of `plan` on its own backend."""
    order = flow.prepare(plan, "experiment", out, name)
    assert not flow.measure(order, "experiment", None).stopped
    return order.archive


def contents(archive: Archive) -> dict[str, bytes]:
    """The bytes of all histories, and of the truth."""
    return {path.name: path.read_bytes() for path in (*archive.histories(), archive.truth)}


def run_over(plan: Plan, out: Path, connect: Callable[[Clock], Store]) -> History:
    """The history of a run of `plan` on virtual time over a store of ours; the channel is the plan's."""
    run, archive = create_run(out, "experiment")
    order = Order(plan, plan.seed or 0, run, archive)
    work = run_together(order, Opened("", "a fake", lambda ticking, _: connect(ticking)), "experiment", None)
    assert clock.run(work, virtual=True) is False
    return History.load(archive.histories())


class TestDeterminism:
    def test_same_plan_and_seed_same_bytes(self, tmp_path: Path) -> None:
        """Also in another folder and under another name: neither is in a history."""
        first = contents(run_plan(plan_of(), tmp_path / "a"))
        again = contents(run_plan(plan_of(), tmp_path / "b", "another"))
        assert first == again
        assert set(first) == {"history-reader.jsonl", "history-writer.jsonl", "truth.jsonl"}

    def test_another_seed_other_bytes(self, tmp_path: Path) -> None:
        """Names and lags are drawn from it."""
        first, other = (contents(run_plan(plan_of(seed=seed), tmp_path)) for seed in (5, 6))
        assert all(first[name] != other[name] for name in first)

    @pytest.mark.slow
    def test_holds_from_process_to_process(self, tmp_path: Path) -> None:
        """No order of a set or of a hash is in it."""
        code = (
            "import sys; from pathlib import Path; from tests.test_run import plan_of, run_plan; "
            "run_plan(plan_of(), Path(sys.argv[1]), 'run')"
        )
        children = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(tmp_path / salt)], env=os.environ | {"PYTHONHASHSEED": salt}
            )
            for salt in ("1", "2")
        ]
        assert [child.wait() for child in children] == [0, 0]
        first, other = (contents(Archive(tmp_path / salt / "experiment" / "run")) for salt in ("1", "2"))
        assert first == other


class TestVirtualRun:
    def test_every_stream_is_written_and_searched(self, tmp_path: Path) -> None:
        """Each probe looks for the entities of its own stream and for no others, until it sees them."""
        plan = plan_of()
        history = History.load(run_plan(plan, tmp_path).histories())
        for stream in plan_streams(plan):
            names = {name_item(5, stream, index) for index in range(12)}
            reads = [call for call in history if call.action == stream.name]
            assert {call.item for call in reads} == names
            assert {call.item for call in reads if call.seen} == names
        assert history.ended == {"writer", "reader"}

    def test_strong_reads_see_at_once_and_global_queries_do_not(self, tmp_path: Path) -> None:
        """The result that the project was founded to show."""
        history = History.load(run_plan(plan_of(), tmp_path).histories())
        misses = Counter(call.action for call in history if call.action is not Action.WRITE and not call.seen)
        assert misses[Action.KEY_GET] == misses[Action.ANCESTOR_QUERY] == 0
        assert misses[Action.GLOBAL_QUERY] > 12

    def test_a_shared_stream_is_searched_by_every_probe(self, tmp_path: Path) -> None:
        """Without isolation one entity is looked for in every way."""
        plan = plan_of(probe_isolation=False, entities=3)
        history = History.load(run_plan(plan, tmp_path).histories())
        writes = {call.item for call in history if call.action is Action.WRITE}
        assert len(writes) == 3
        for action in plan.probes:
            assert {call.item for call in history if call.action is action} == writes

    def test_the_namespace_is_not_in_the_history(self, tmp_path: Path) -> None:
        """Two runs of one seed have the same history, though they share a store."""
        archive = run_plan(plan_of(entities=1), tmp_path, "a-very-special-name")
        assert not any(b"a-very-special-name" in content for content in contents(archive).values())


class TestManifest:
    def test_says_enough_to_repeat_the_run(self, tmp_path: Path) -> None:
        """Plan, seed, target and clock; a virtual run's does not depend on when it was made."""
        plan = plan_of(entities=1)
        stored, manifest = run_plan(plan, tmp_path).load()
        assert stored == plan
        assert (manifest.seed, manifest.backend, manifest.virtual, manifest.boot_id) == (5, "embedded", True, "virtual")
        assert manifest.started_at == "2026-01-01T00:00:00.000+00:00"
        assert "planted lag lognormal:150ms,0.8" in manifest.truth

    def test_latest_leads_to_the_last_run(self, tmp_path: Path) -> None:
        """A link, made anew by each run."""
        for name in ("one", "two"):
            archive = run_plan(plan_of(entities=1), tmp_path, name)
        assert (tmp_path / "latest").resolve() == archive.folder.resolve()


class TestChannels:
    def test_both_kinds_give_the_same_series(self, tmp_path: Path) -> None:
        """Over planted lags that do not fall near an attempt, the queue file's poll of 1 ms changes no answer."""
        plan = {"virtual_time": False, "probes": {"global_query": {"interval": "100ms", "dither": False}}}

        def lag(item: Item, action: Action) -> int:
            return (50 + 100 * (ord(item.name[0]) % 7)) * MS

        told = []
        for channel in ("memory", "file"):
            history = run_over(
                plan_of(channel=channel, **plan), tmp_path / channel, lambda ticking: FakeStore(ticking, lag)
            )
            told.append(sorted((call.item, call.action, call.outcome, call.seen) for call in history))
        assert told[0] == told[1]
        assert len({item for item, *_ in told[0]}) == 12

    @pytest.mark.slow
    def test_both_kinds_find_every_entity_on_real_time(self, tmp_path: Path) -> None:
        """Over sockets, to the emulator in a process of its own."""
        for channel in ("memory", "file"):
            plan = plan_of(virtual_time=False, channel=channel, entities=4, rate="20/s", target={"lag": "60ms"})
            history = History.load(run_plan(plan, tmp_path / channel).histories())
            writes = {call.item for call in history if call.action is Action.WRITE and call.outcome is Outcome.OK}
            assert len(writes) == 12
            assert {call.item for call in history if call.seen} == writes
            reads = Counter(call.item for call in history if call.action is Action.KEY_GET)
            assert set(reads.values()) == {4}  # one attempt and three to confirm

    def test_a_late_writer_loses_nothing_over_the_file(self, tmp_path: Path) -> None:
        """A store that stalls for longer than the plan's patience makes writes late; all are looked for."""
        plan = plan_of(virtual_time=False, channel="file", call_timeout="1s", entities=5, probes={"key_get": {}})

        def stall(ticking: Clock) -> Store:
            return FakeStore(ticking, plans={("insert", place): 900 * MS for place in range(5)})

        history = run_over(plan, tmp_path, stall)
        assert len({call.item for call in history if call.seen}) == 5


class TestWriterAlone:
    """Five writes of 0.9 s that were due within 0.2 s: the last is acknowledged at about 4.6 s. A series may then be
    open for 4 s more (deadline, confirmation, one call)."""

    def end_s(self, folder: Path, reader_ends_s: float | None, reader_begins_s: float = 0) -> float:
        """When the writer's command returns, with one reader that begins and ends then, or never ends."""
        plan = plan_of(
            virtual_time=False, entities=5, rate="20/s", call_timeout="1s", deadline="2s", probes={"key_get": {}}
        )
        run, archive = create_run(folder, "experiment")
        stall: dict[tuple[str, int], int | StoreError] = {("insert", place): 898 * MS for place in range(5)}
        opened = Opened("", "a fake", lambda ticking, _: FakeStore(ticking, plans=stall))

        async def read(ticking: Clock) -> None:
            await ticking.sleep_until_ns(round(reader_begins_s * 1e9))
            with contextlib.closing(Recorder(archive.history("reader-1"), "reader-1")) as recorder:
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

    def test_gives_up_when_no_series_can_be_open(self, tmp_path: Path) -> None:
        """A reader that was killed and never came back is not waited for without end."""
        assert 8.5 < self.end_s(tmp_path, None) < 8.8

    def test_ends_with_the_writing_where_readers_are_done(self, tmp_path: Path) -> None:
        """Nothing is left to wait for."""
        assert 4.6 <= self.end_s(tmp_path, 4.0) < 4.7


class TestErrors:
    def test_a_store_that_does_not_answer_is_told_before_anything_is_written(self, tmp_path: Path) -> None:
        """One unrecorded get opens the connection."""

        def dead(ticking: Clock) -> Store:
            return FakeStore(ticking, plans={("lookup", 0): StoreError("UNAVAILABLE", "gone", definite=False)})

        with pytest.raises(ConsistencyError, match=r"does not answer a key get: UNAVAILABLE: gone\. Nothing was writ"):
            run_over(plan_of(), tmp_path, dead)
        assert not list(tmp_path.rglob("history*"))

    @pytest.mark.parametrize("channel", ["memory", "file"])
    def test_a_polluted_store_ends_the_run(self, tmp_path: Path, channel: str) -> None:
        """The user's error comes through the task groups; what was recorded stays, without an end."""

        def polluted(ticking: Clock) -> Store:
            return FakeStore(ticking, plans={("insert", 3): StoreError("ALREADY_EXISTS", "there", definite=True)})

        with pytest.raises(ConsistencyError, match="The store is polluted"):
            run_over(plan_of(virtual_time=False, channel=channel), tmp_path, polluted)
        (path,) = tmp_path.rglob("history-writer.jsonl")
        events = read_events(path).events
        assert sum(isinstance(event, Invocation) for event in events) == 4
        assert not any(isinstance(event, Ended) for event in events)


@pytest.mark.slow
class TestProcesses:
    PLAN = """entities = 8
rate = "20/s"
deadline = "3s"
seed = 5
[target]
lag = "60ms"
[probes]
global_query = { interval = "20ms", confirm_for = "300ms" }
key_get = { interval = "20ms", confirm_for = "300ms" }
"""

    def start(self, folder: Path, *words: str) -> subprocess.Popen[str]:
        """A command of ours, in `folder`."""
        command = [sys.executable, "-m", "consistency", *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DATASTORE")}
        return subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def finish(self, process: subprocess.Popen[str], code: int = 0) -> str:
        """What it said; it ended with `code`."""
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return out + err

    def test_a_writer_and_readers_that_were_there_first(self, tmp_path: Path) -> None:
        """Both readers wait for the header, take the first free names, and see everything; the writer judges."""
        (tmp_path / "pair.toml").write_text(self.PLAN)
        readers = [self.start(tmp_path, "read", "pair.toml", "-q") for _ in range(2)]
        self.finish(self.start(tmp_path, "write", "pair.toml", "-q", "--run", "first", "--format", "json"))
        told = [self.finish(reader) for reader in readers]
        assert sorted(re.findall(r"^(reader-\d) reads pair/first$", "".join(told), re.MULTILINE)) == [
            "reader-1",
            "reader-2",
        ]
        folder = tmp_path / "runs" / "pair" / "first"
        history = History.load(Archive(folder).histories())
        assert history.ended == {"writer", "reader-1", "reader-2"}
        for process in ("reader-1", "reader-2"):
            assert len({call.item for call in history if call.seen and call.process == process}) == 16
        assert json.loads((folder / "summary.json").read_bytes())

    def test_a_reader_that_is_killed_and_comes_back(self, tmp_path: Path) -> None:
        """The two lives together miss nothing, and no entity is confirmed more often than the plan says."""
        (tmp_path / "pair.toml").write_text(self.PLAN)
        writer = self.start(tmp_path, "write", "pair.toml", "-q", "--run", "first", "--format", "json")
        reader = self.start(tmp_path, "read", "pair.toml", "-q", "--process", "reader-1")
        path = tmp_path / "runs" / "pair" / "first" / "history-reader-1.jsonl"
        while reader.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 8):
            clock.wait_s(0.01)
        reader.send_signal(signal.SIGKILL)
        reader.communicate()
        self.finish(self.start(tmp_path, "read", "pair.toml", "-q", "--process", "reader-1"))
        self.finish(writer)
        history = History.load(Archive(path.parent).histories())
        hits = Counter(call.item for call in history if call.seen)
        assert len(hits) == 16
        assert max(hits.values()) <= 4
        assert "reader-1" in history.ended

    def test_ctrl_c_still_judges_and_reports(self, tmp_path: Path) -> None:
        """The run is stopped in the middle: exit 130, a verdict on what there is, and no process is left."""
        (tmp_path / "long.toml").write_text(self.PLAN.replace("entities = 8", "entities = 5000"))
        process = self.start(tmp_path, "run", "long.toml", "-q", "--run", "first", "--format", "json")
        folder = tmp_path / "runs" / "long" / "first"
        path = folder / "history-reader.jsonl"
        while process.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 8):
            clock.wait_s(0.01)
        process.send_signal(signal.SIGINT)
        assert "Stopped after" in self.finish(process, 130)
        assert json.loads((folder / "summary.json").read_bytes())
        _, manifest = Archive(folder).load()
        with pytest.raises(ConsistencyError, match="Nothing answers"):
            check_address(manifest.address, "the manifest")
