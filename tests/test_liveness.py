"""Liveness: what is an outage, and what is the end of a store."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consistency import clock
from consistency.archive import create_run
from consistency.backends.opening import Opened, Order
from consistency.clock import Clock
from consistency.durations import NS_PER_S
from consistency.errors import StoreGoneError
from consistency.history import History
from consistency.liveness import PATIENCE_NS, WatchedStore, watch
from consistency.operation import Action, Item, Outcome
from consistency.plan import Plan
from consistency.run import run_together
from consistency.store import StoreError
from tests.fakes import FakeStore
from tests.whole_runs import plan_of

ITEM = Item("a", "a")
LOST = StoreError("UNAVAILABLE", "gone", definite=False)
REFUSED = StoreError("ABORTED", "no", definite=True)


class Failing(FakeStore):
    """A store that fails every call between two instants of its clock (seconds) with `error`."""

    from_s = 0.0
    until_s = 0.0
    error = LOST

    async def _begin(self, method: str, item: Item) -> None:
        await super()._begin(method, item)
        if self.from_s <= self.clock.now_ns() / NS_PER_S < self.until_s:
            self.open_calls -= 1
            raise self.error


def fail(from_s: float, until_s: float, error: StoreError = LOST) -> Callable[[Clock], Failing]:
    """Makes such a store."""

    def make(ticking: Clock) -> Failing:
        store = Failing(ticking)
        store.from_s, store.until_s, store.error = from_s, until_s, error
        return store

    return make


def watch_calls(
    make: Callable[[Clock], Failing],
    calls_at_s: list[float],
    end_s: float | None = None,
    is_disturbed: Callable[[float], bool] = lambda now_s: False,
) -> float:
    """When, in seconds, the store is found gone by somebody who calls it at these instants."""

    async def main() -> float:
        ticking = Clock.starting_now()
        store = WatchedStore(make(ticking), ticking)

        def now_s() -> float:
            return ticking.now_ns() / NS_PER_S

        def explain_end() -> StoreGoneError | None:
            return StoreGoneError("it ended") if end_s is not None and now_s() >= end_s else None

        async def call() -> None:
            for at_s in calls_at_s:
                await ticking.sleep_until_ns(round(at_s * NS_PER_S))
                try:
                    await store.lookup(ITEM)
                except StoreError:
                    continue

        async def watch_it() -> None:
            await watch(store, ticking, explain_end, lambda: is_disturbed(now_s()))

        calling, watching = asyncio.create_task(call()), asyncio.create_task(watch_it())
        await asyncio.wait({calling, watching}, return_when=asyncio.FIRST_EXCEPTION, timeout=1_000)
        calling.cancel()
        watching.cancel()
        if watching.done() and isinstance(watching.exception(), StoreGoneError):
            return now_s()
        return float("inf")

    return clock.run(main(), virtual=True)


SECONDS = [float(second) for second in range(100)]
PATIENCE_S = PATIENCE_NS / NS_PER_S


class TestWatch:
    def test_a_store_that_answers_nothing_any_more_is_gone(self) -> None:
        """After the patience, counted from the first call that it lost."""
        assert 10 + PATIENCE_S <= watch_calls(fail(9.5, 1e9), SECONDS) < 10.5 + PATIENCE_S

    def test_an_outage_is_not_the_end(self) -> None:
        """It is shorter than the patience: its calls are errors, and the run goes on."""
        assert watch_calls(fail(9.5, 9 + PATIENCE_S), SECONDS) == float("inf")

    def test_one_lost_call_is_no_outage(self) -> None:
        """A plan that calls seldom: one get more is asked for, and it is answered."""
        assert watch_calls(fail(9.5, 10.5), [0, 10, 500]) == float("inf")

    def test_a_rare_caller_finds_it_gone_too(self) -> None:
        """The one get more is not answered either."""
        assert watch_calls(fail(9.5, 1e9), [0, 10, 500]) < 11 + PATIENCE_S

    def test_an_error_is_an_answer(self) -> None:
        """Where it says what certainly did not happen."""
        assert watch_calls(fail(9.5, 1e9, REFUSED), SECONDS) == float("inf")

    def test_a_process_that_ended_is_gone_at_once(self) -> None:
        """There is nothing to wait for."""
        assert watch_calls(fail(0, 0), SECONDS, end_s=5.0) == pytest.approx(5.0, abs=0.11)

    def test_a_planned_fault_is_not_the_end(self) -> None:
        """Neither its silence nor a process that it ends on purpose; what lies behind it counts anew."""

        def planned(now_s: float) -> bool:
            return 10 <= now_s < 60

        assert watch_calls(fail(9.5, 60), SECONDS, is_disturbed=planned) == float("inf")
        assert 60 <= watch_calls(fail(9.5, 1e9), SECONDS, end_s=30, is_disturbed=planned) < 61


class TestRun:
    """The whole run, on virtual time over a store that fails from an instant on; its plan is a real one's."""

    def run_over(self, folder: Path, make: Callable[[Clock], Failing], **chosen: Any) -> tuple[str, History, Path]:
        """What StoreGoneError says ("" where the run ends by itself), what was recorded, and the runs' folder."""
        plan: Plan = plan_of(virtual_time=False, probes={"key_get": {}}, rate="1/s", **chosen)
        run, archive = create_run(folder, "experiment")
        opened = Opened("somewhere:1", "a fake", lambda ticking, _: make(ticking))
        told = ""
        try:
            clock.run(run_together(Order(plan, 5, run, archive), opened, "experiment", None), virtual=True)
        except StoreGoneError as error:
            told = str(error)
        return told, History.load(archive.histories()), folder

    def test_ends_when_its_store_is_gone(self, tmp_path: Path) -> None:
        """It says how far it had come, and what was recorded until then is there."""
        told, history, _ = self.run_over(tmp_path, fail(5.05, 1e9), entities=100)
        assert told == (
            "The store at somewhere:1 stopped answering after 5 of 100 entities: for 20 s no call was answered "
            "(UNAVAILABLE: gone). The report covers what was measured."
        )
        writes = [call for call in history if call.action is Action.WRITE]
        assert sum(write.outcome is Outcome.OK for write in writes) == 5
        assert len(writes) == pytest.approx(5 + PATIENCE_S, abs=2)

    def test_a_store_that_is_gone_at_the_end_is_told(self, tmp_path: Path) -> None:
        """The run is over before the patience is: one get more decides."""
        told, _, _ = self.run_over(tmp_path, fail(5.05, 1e9), entities=8)
        assert told.startswith("The store at somewhere:1 stopped answering after 5 of 8 entities: for ")

    def test_the_last_calls_decide(self, tmp_path: Path) -> None:
        """A store that goes with the very last calls of a run was silent for no time that could be named."""
        told, _, _ = self.run_over(tmp_path, fail(1.0, 1e9), entities=1)
        assert "after 1 of 1 entity: the last calls were not answered (UNAVAILABLE: gone)" in told

    def test_an_outage_is_measured(self, tmp_path: Path) -> None:
        """Its calls are errors, and the run ends by itself."""
        told, history, _ = self.run_over(tmp_path, fail(5.05, 9), entities=20)
        assert told == ""
        assert {call.outcome for call in history} == {Outcome.OK, Outcome.FAIL, Outcome.INFO}
        assert history.ended == {"writer", "reader"}

    def test_a_planned_outage_is_measured_too(self, tmp_path: Path) -> None:
        """However long."""
        faults = [{"at": "4s", "for": "60s", "kind": "unavailable"}]
        assert self.run_over(tmp_path, fail(5.05, 60), entities=80, faults=faults)[0] == ""

    def test_becomes_the_latest_with_its_first_write(self, tmp_path: Path) -> None:
        """A run that never measured anything is nobody's latest."""
        refused = StoreError("ALREADY_EXISTS", "there", definite=True)
        with pytest.raises(BaseException, match="polluted"):
            self.run_over(tmp_path, fail(0.05, 1e9, refused), entities=1)
        assert not (tmp_path / "latest").exists()
        *_, folder = self.run_over(tmp_path, fail(0, 0), entities=1)
        assert (folder / "latest" / "manifest.json").is_file()
