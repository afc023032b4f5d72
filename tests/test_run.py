"""Whole runs: deterministic on virtual time, the same over either channel, and what ends them early."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from consistency.archive import Archive
from consistency.clock import Clock
from consistency.errors import ConsistencyError
from consistency.event_file import read_events
from consistency.history import History
from consistency.operation import Action, Ended, Invocation, Item, Outcome
from consistency.schedule import name_item, plan_streams
from consistency.store import Store, StoreError
from tests.fakes import MS, FakeStore
from tests.whole_runs import contents, plan_of, run_over, run_plan


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
            "import sys; from pathlib import Path; from tests.whole_runs import plan_of, run_plan; "
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
