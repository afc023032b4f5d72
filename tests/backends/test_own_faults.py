"""Faults within the embedded emulator: cut off, down, slow, started again; in process and in a process of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consistency import clock
from consistency.backends.connecting import connect
from consistency.backends.embedded import make_settings
from consistency.backends.in_process import InProcess
from consistency.backends.own_process import run_emulator
from consistency.backends.steering import apply_pending
from consistency.clock import Clock
from consistency.emulator.truth import TruthRecord
from consistency.errors import ConsistencyError
from consistency.operation import Item
from consistency.plan import Plan
from consistency.schedule import Change, PlannedFault
from consistency.store import Store, StoreError
from tests.fakes import MS

TWO = {"model": "replicas", "replicas": 2, "apply_b": "10ms", "routing": "round_robin", "latency": "1ms"}
LATE = {"lag": "30s", "latency": "1ms"}
ONE = Item("a", "a")
Work = Callable[[Clock, Store, InProcess], Awaitable[None]]


def plan_of(target: dict[str, Any], **fault: Any) -> Plan:
    """A plan with one fault, and virtual time unless it says otherwise."""
    faults = [{"at": "0", "for": "1s"} | fault]
    return Plan.model_validate({"virtual_time": True, "probes": {"key_get": {}}, "target": target, "faults": faults})


def switch(plan: Plan, *, active: bool) -> Change:
    """The beginning or the end of the plan's fault."""
    (fault,) = plan.faults
    return Change(0, PlannedFault("it", fault, 0, 0), active)


def run(plan: Plan, folder: Path, work: Work) -> None:
    """Do `work` on the emulator in process."""

    async def main() -> None:
        ticking = Clock.starting_now()
        inside = InProcess(plan, 7, folder / "truth.jsonl", "run")
        store = inside.connect(ticking)
        try:
            await work(ticking, store, inside)
        finally:
            await store.close()

    clock.run(main(), virtual=True)


async def see(store: Store, times: int = 4) -> set[int]:
    """What that many eventual gets see."""
    return {(await store.lookup(ONE, eventual=True)).seen for _ in range(times)}


class TestReplicas:
    def test_one_that_is_cut_off_does_not_learn_of_commits(self, tmp_path: Path) -> None:
        """It goes on answering, and catches up when it heals."""
        plan = plan_of(TWO, kind="partition", replica=0)

        async def work(ticking: Clock, store: Store, inside: InProcess) -> None:
            await inside.steer(switch(plan, active=True))
            await store.insert(ONE, 0)
            await ticking.sleep_until_ns(5_000 * MS)
            assert await see(store) == {0, 1}
            await inside.steer(switch(plan, active=False))
            await ticking.sleep_until_ns(6_000 * MS)
            assert await see(store) == {1}

        run(plan, tmp_path, work)

    def test_one_that_is_down_is_not_asked(self, tmp_path: Path) -> None:
        """The other answers; when it is back it has caught up."""
        plan = plan_of(TWO, kind="crash", replica=0)

        async def work(ticking: Clock, store: Store, inside: InProcess) -> None:
            await inside.steer(switch(plan, active=True))
            await store.insert(ONE, 0)
            await ticking.sleep_until_ns(1_000 * MS)
            assert await see(store) == {1}
            await inside.steer(switch(plan, active=False))
            await ticking.sleep_until_ns(2_000 * MS)
            assert await see(store) == {1}

        run(plan, tmp_path, work)

    def test_one_that_is_slow_answers_late(self, tmp_path: Path) -> None:
        """Every other read, since routing takes turns; none after its end."""
        plan = plan_of(TWO, kind="latency", replica=0, delay="100ms")

        async def take_ms(ticking: Clock, store: Store) -> float:
            begun_ns = ticking.now_ns()
            await see(store, 1)
            return (ticking.now_ns() - begun_ns) / MS

        async def work(ticking: Clock, store: Store, inside: InProcess) -> None:
            await inside.steer(switch(plan, active=True))
            assert sorted([await take_ms(ticking, store) for _ in range(4)]) == [2, 2, 102, 102]
            await inside.steer(switch(plan, active=False))
            assert {await take_ms(ticking, store) for _ in range(4)} == {2}

        run(plan, tmp_path, work)


class TestRestart:
    def test_keeps_what_was_acknowledged_and_applies_it(self, tmp_path: Path) -> None:
        """Nothing answers meanwhile; afterwards a lag of 30 s is over, and the truth says since when."""
        plan = plan_of(LATE, kind="restart")

        async def work(ticking: Clock, store: Store, inside: InProcess) -> None:
            await store.insert(ONE, 0)
            assert (await store.query(ONE)).seen == 0
            await inside.steer(switch(plan, active=True))
            with pytest.raises(StoreError, match="UNAVAILABLE"):
                await store.lookup(ONE)
            await ticking.sleep_until_ns(1_000 * MS)
            await inside.steer(switch(plan, active=False))
            assert (await store.query(ONE)).seen == 1
            await store.insert(Item("b", "b"), 0)

        run(plan, tmp_path, work)
        lines = (tmp_path / "truth.jsonl").read_bytes().splitlines()
        first, corrected, second = (msgspec.json.decode(line, type=TruthRecord) for line in lines)
        assert first.commit == corrected.commit != second.commit
        assert (first.rows_ns, corrected.rows_ns) == (30_001 * MS, 1_000 * MS)

    def test_corrects_each_replicas_instants(self, tmp_path: Path) -> None:
        """What had come before the restart stays."""
        record = TruthRecord(1, "g", ("a",), 10, None, None, ((20, 30), (20, 1 << 62)))
        path = tmp_path / "truth"
        path.write_bytes(msgspec.json.encode(record) + b"\n")
        apply_pending(path, 25)
        corrected = msgspec.json.decode(path.read_bytes().splitlines()[-1], type=TruthRecord)
        assert corrected.replicas == ((20, 25), (20, 25))


@pytest.mark.slow
class TestOwnProcess:
    def test_is_killed_and_started_again_at_its_address(self, tmp_path: Path) -> None:
        """With what was acknowledged; the truth log goes on under new numbers."""
        plan = plan_of(LATE, kind="restart").model_copy(update={"virtual_time": False})
        truth = tmp_path / "truth.jsonl"

        async def work(own: Any) -> None:
            address = own.child.address
            store = connect(plan, address, "run")
            await store.insert(ONE, 0)
            await own.steer(switch(plan, active=True))
            with pytest.raises(StoreError):
                await store.lookup(ONE)
            assert (own.child.process.poll(), own.explain_end()) == (-9, None)
            await own.steer(switch(plan, active=False))
            assert (own.child.address, own.explain_end()) == (address, None)
            await asyncio.sleep(1.2)  # grpc's own patience before it connects again
            assert (await store.query(ONE)).seen == 1
            await store.close()
            own.child.process.kill()  # nobody planned this one
            own.child.process.wait()
            assert "ended by signal 9" in str(own.explain_end())

        with run_emulator(make_settings(plan, 7, tmp_path / "data"), tmp_path, truth) as own:
            clock.run(work(own))
        before, after = (msgspec.json.decode(line, type=TruthRecord) for line in truth.read_bytes().splitlines())
        assert before.rows_ns is not None
        assert after.rows_ns is not None
        assert (before.commit, after.rows_ns < before.rows_ns) == (after.commit, True)

    def test_has_the_faults_of_calls_that_the_librarys_client_meets(self, tmp_path: Path) -> None:
        """Until their end, which may come twice: a restart ends them too."""
        fault = {"kind": "lost_acknowledgement", "rpc": "commit", "share": 1}
        plan = Plan.model_validate(
            {"probes": {"key_get": {}}, "client": "library", "faults": [{"at": "0", "for": "1s"} | fault]}
        )

        async def work(own: Any) -> None:
            store = connect(plan, own.child.address, "run")
            await own.steer(switch(plan, active=True))
            with pytest.raises(StoreError, match="UNAVAILABLE") as lost:
                await store.insert(ONE, 0)
            assert not lost.value.definite
            await own.steer(switch(plan, active=False))
            await own.steer(switch(plan, active=False))
            assert (await store.lookup(ONE)).seen == 1
            await store.insert(Item("b", "b"), 0)
            await store.close()

        with run_emulator(make_settings(plan, 7), tmp_path, tmp_path / "t") as own:
            clock.run(work(own))

    def test_refuses_what_its_model_cannot_do(self, tmp_path: Path) -> None:
        """In the emulator's own words."""
        plan = plan_of(TWO, kind="crash", replica=0)

        async def work(own: Any) -> None:
            with pytest.raises(ConsistencyError, match="The fault crash was refused"):
                await own.steer(switch(plan, active=True))

        settings = make_settings(plan_of(LATE, kind="pause"), 7)
        with run_emulator(settings, tmp_path, tmp_path / "t") as own:
            clock.run(work(own))
