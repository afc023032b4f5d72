"""Every probe, through every way to a store: each sees what is there, and nothing that is not."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from consistency import clock
from consistency.backends.connecting import connect
from consistency.backends.embedded import start_emulator
from consistency.backends.in_process import InProcess
from consistency.clock import Clock
from consistency.emulator.settings import Settings
from consistency.operation import Action, Item
from consistency.plan import Plan
from consistency.probing import Ancestor
from consistency.schedule import GRANDPA
from consistency.store import Store
from consistency.workers.probes import PROBES, Look

MS = 1_000_000
NAMES = "name", "other"
PLAN = {"probes": {"key_get": {}}, "target": {"latency": "1ms"}}
Work = Callable[[Clock, Store], Awaitable[None]]


async def see(ticking: Clock, store: Store, action: Action, item: Item, revision: int = 1) -> int:
    """The revision that the probe sees now."""
    wall_ns = ticking.origin_wall_ns + ticking.now_ns()
    return (await PROBES[action](store, Look(item, revision, Ancestor.FATHER, 0, wall_ns), wall_ns)).seen


async def look_everywhere(ticking: Clock, store: Store, actions: list[Action]) -> None:
    """One entity is there and another is not, and each probe tells them apart."""
    present, absent = (Item(GRANDPA, name) for name in NAMES)
    await store.insert(present, ticking.origin_wall_ns)
    await ticking.sleep_until_ns(ticking.now_ns() + 5 * MS)  # a read at a time sees what lies before it
    told = {action: [await see(ticking, store, action, item) for item in (present, absent)] for action in actions}
    assert told == {action: [1, 0] for action in actions}


def on_virtual_time(plan: Plan, folder: Path, work: Work) -> None:
    """Do `work` on the emulator in process."""

    async def main() -> None:
        ticking = Clock.starting_now()
        store = InProcess(plan, 7, folder / "truth.jsonl", "test/run").connect(ticking)
        try:
            await work(ticking, store)
        finally:
            await store.close()

    clock.run(main(), virtual=True)


class TestInProcess:
    def test_every_action_that_reads_is_a_probe(self) -> None:
        """One line each."""
        plan = Plan.model_validate({"probes": {action: {} for action in PROBES}})
        assert set(plan.probes) == set(PROBES)

    def test_each_probe_sees_what_is_there(self, tmp_path: Path) -> None:
        """On the strong model, which has all of them."""
        plan = Plan.model_validate(PLAN | {"virtual_time": True})
        on_virtual_time(plan, tmp_path, lambda ticking, store: look_everywhere(ticking, store, list(PROBES)))

    def test_between_the_milestones_bodies_are_there_and_rows_are_not(self, tmp_path: Path) -> None:
        """A at 100 ms, B at 200 ms: an eventual get sees the first, everything that is found by rows the second."""
        target = {"model": "megastore", "apply_a": "100ms", "apply_b": "100ms", "latency": "1ms"}
        plan = Plan.model_validate(PLAN | {"virtual_time": True, "target": target})
        told: dict[int, set[Action]] = {}
        eventual = set(PROBES) - {Action.KEY_GET, Action.ANCESTOR_QUERY, Action.READ_ONLY_QUERY, Action.READ_TIME_GET}

        async def work(ticking: Clock, store: Store) -> None:
            item = Item(*NAMES[:1] * 2)
            await store.insert(item, 0)
            begun_ns = ticking.now_ns()
            for at_ms in (50, 150, 250):
                await ticking.sleep_until_ns(begun_ns + at_ms * MS)
                told[at_ms] = {action for action in eventual if await see(ticking, store, action, item)}

        on_virtual_time(plan, tmp_path, work)
        assert told == {50: set(), 150: {Action.EVENTUAL_GET}, 250: eventual}


class TestRevisions:
    def test_queries_find_one_revision_by_its_value(self, tmp_path: Path) -> None:
        """The old value is found no more, the new one is; a deleted entity has none, and may be written again."""
        plan = Plan.model_validate(PLAN | {"virtual_time": True, "workload": "update"})
        asked = [action for action in PROBES if action is not Action.READ_TIME_GET]
        gets = {Action.KEY_GET, Action.EVENTUAL_GET, Action.ORDERED_QUERY}  # by no value

        async def work(ticking: Clock, store: Store) -> None:
            item = Item(GRANDPA, "name")

            async def told(revision: int) -> dict[Action, int]:
                return {action: await see(ticking, store, action, item, revision) for action in asked}

            await store.insert(item, 0)
            await store.update(item, 0, 2)
            assert await told(1) == {action: 2 if action in gets else 0 for action in asked}
            assert await told(2) == dict.fromkeys(asked, 2)
            await store.delete(item)
            assert await told(2) == dict.fromkeys(asked, 0)
            await store.insert(item, 0, 4)
            assert await told(4) == dict.fromkeys(asked, 4)

        on_virtual_time(plan, tmp_path, work)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A strongly consistent emulator in a process of its own."""
    with start_emulator(Settings(), tmp_path_factory.mktemp("emulator") / "log") as child:
        yield child.address


@pytest.mark.slow
class TestClients:
    @pytest.mark.parametrize("kind", ["async", "library"])
    def test_each_probe_sees_what_is_there(self, address: str, kind: str) -> None:
        """Through both clients, except what the library's does not have."""
        plan = Plan.model_validate(PLAN | {"client": kind, "call_timeout": "5s"})
        actions = [action for action in PROBES if kind == "async" or action is not Action.GQL_QUERY]

        async def main() -> None:
            ticking = Clock.starting_now()
            store = connect(plan, address, f"run-{kind}")
            try:
                await look_everywhere(ticking, store, actions)
            finally:
                await store.close()
                await asyncio.sleep(0)

        clock.run(main())

    @pytest.mark.parametrize("kind", ["async", "library", "attached"])
    def test_transactions_read_and_write(self, address: str, kind: str) -> None:
        """Numbers and lists; what changed meanwhile aborts; a transaction that is rolled back wrote nothing. Of a store
        that we have not started, a request of its own begins it."""
        client = {"target": {"backend": "attached", "host": address}} if kind == "attached" else {"client": kind}
        plan = Plan.model_validate(PLAN | client | {"call_timeout": "5s"})
        one, two = (Item(f"{kind}-{name}", f"{kind}-{name}") for name in NAMES)

        async def main() -> None:
            store = connect(plan, address, f"transactions-{kind}")
            try:
                values, handle = await store.read([one, two])
                assert values == (None, None)
                await store.commit(handle, {one: 7, two: (1, 2)})
                values, handle = await store.read([two, one])
                assert values == ((1, 2), 7)
                await store.rollback(handle)
                assert (await store.read([one], read_only=True)).values == (7,)
            finally:
                await store.close()
                await asyncio.sleep(0)

        clock.run(main())
