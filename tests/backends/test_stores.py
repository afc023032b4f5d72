"""Stores: the fake against the embedded emulator, in process; and errors in the workers' terms."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from google.api_core import exceptions

from consistency import clock
from consistency.backends.in_process import InProcess
from consistency.backends.stores import NEVER, store_error
from consistency.clock import Clock
from consistency.operation import Action, Item
from consistency.plan import Plan
from consistency.schedule import GRANDPA
from consistency.store import Store, StoreError
from tests.fakes import MS, FakeStore

ROOT, CHILD = Item("a", "a"), Item(GRANDPA, "b")
LAG_MS = 150
Check = Callable[[Clock, Store], Awaitable[None]]
PLAN = Plan.model_validate(
    {"virtual_time": True, "probes": {"key_get": {}}, "target": {"lag": f"{LAG_MS}ms", "latency": "1ms"}}
)


def open_fake(ticking: Clock, folder: Path) -> Store:
    """The fake, with the emulator's lag of global queries."""
    return FakeStore(ticking, lambda item, action: LAG_MS * MS if action is Action.GLOBAL_QUERY else 0)


def open_embedded(ticking: Clock, folder: Path) -> Store:
    """The emulator, in process."""
    return InProcess(PLAN, 7, folder / "truth.jsonl", "test/run").connect(ticking)


@pytest.fixture(params=[open_fake, open_embedded], ids=["fake", "embedded"])
def check(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Check], None]:
    """Runs a check over each store, on virtual time."""

    def run(work: Check) -> None:
        async def main() -> None:
            ticking = Clock.starting_now()
            store = request.param(ticking, tmp_path)
            try:
                await work(ticking, store)
            finally:
                await store.close()

        clock.run(main(), virtual=True)

    return run


class TestFakeIsTrue:
    def test_nothing_is_seen_before_it_is_written(self, check: Callable[[Check], None]) -> None:
        """Neither by key nor by query; ancestors need not exist."""

        async def work(ticking: Clock, store: Store) -> None:
            assert (await store.lookup(ROOT)).seen == 0
            assert (await store.query(ROOT)).seen == 0
            assert (await store.query(CHILD, "father")).seen == 0

        check(work)

    def test_a_key_get_and_an_ancestor_query_see_a_write_at_once(self, check: Callable[[Check], None]) -> None:
        """Both are strong; each entity is asked for in one way."""

        async def work(ticking: Clock, store: Store) -> None:
            await store.insert(ROOT, 0)
            assert (await store.lookup(ROOT)).seen == 1
            for ancestor in ("father", "grandpa"):
                item = Item(GRANDPA, f"below-{ancestor}")
                await store.insert(item, 0)
                assert (await store.query(item, ancestor)).seen == 1

        check(work)

    def test_a_global_query_sees_it_after_the_lag(self, check: Callable[[Check], None]) -> None:
        """The write is made 1 ms after its call began, and a query looks 1 ms after its own."""

        async def work(ticking: Clock, store: Store) -> None:
            begun_ns = ticking.now_ns()
            await store.insert(ROOT, 0)
            assert ticking.now_ns() == begun_ns + 2 * MS
            await ticking.sleep_until_ns(begun_ns + LAG_MS * MS - MS)
            assert (await store.query(ROOT)).seen == 0
            await ticking.sleep_until_ns(begun_ns + (LAG_MS + 1) * MS)
            assert (await store.query(ROOT)).seen == 1

        check(work)

    def test_an_entity_is_not_written_twice(self, check: Callable[[Check], None]) -> None:
        """A second insert certainly did not happen."""

        async def work(ticking: Clock, store: Store) -> None:
            await store.insert(ROOT, 0)
            with pytest.raises(StoreError) as raised:
                await store.insert(ROOT, 0)
            assert (raised.value.code, raised.value.definite) == ("ALREADY_EXISTS", True)

        check(work)


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "code", "definite"),
        [
            (exceptions.AlreadyExists, "ALREADY_EXISTS", True),
            (exceptions.Aborted, "ABORTED", True),
            (exceptions.InvalidArgument, "INVALID_ARGUMENT", True),
            (exceptions.PermissionDenied, "PERMISSION_DENIED", True),
            (exceptions.ResourceExhausted, "RESOURCE_EXHAUSTED", True),
            (exceptions.DeadlineExceeded, "DEADLINE_EXCEEDED", False),
            (exceptions.ServiceUnavailable, "UNAVAILABLE", False),
            (exceptions.InternalServerError, "INTERNAL", False),
            (exceptions.Cancelled, "CANCELLED", False),
            (exceptions.Unknown, "UNKNOWN", False),
            (exceptions.DataLoss, "DATA_LOSS", False),
            (exceptions.GoogleAPICallError, "UNKNOWN", False),
        ],
    )
    def test_are_definite_only_where_nothing_can_have_happened(
        self, error: type[exceptions.GoogleAPICallError], code: str, *, definite: bool
    ) -> None:
        """A write that timed out or lost its connection may have been made."""
        told = store_error(error("because"))
        assert (told.code, told.definite) == (code, definite)
        assert "because" in str(told)

    def test_every_status_is_known(self) -> None:
        """No status of gRPC's is without an answer."""
        for status in grpc.StatusCode:
            if status is not grpc.StatusCode.OK:
                assert store_error(exceptions.from_grpc_status(status, "x")).code == status.name

    def test_nothing_is_retried(self) -> None:
        """The retry that each call carries holds no error to be worth another try."""
        assert not any(NEVER._predicate(exceptions.from_grpc_status(status, "x")) for status in grpc.StatusCode)
