"""Both clients over sockets, to the emulator in a process of its own: they mean the same entities and errors."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest

from consistency import clock
from consistency.backends.connecting import connect
from consistency.backends.embedded import start_emulator
from consistency.emulator.settings import Settings
from consistency.operation import Item
from consistency.plan import ClientKind, Plan
from consistency.schedule import GRANDPA
from consistency.store import Store, StoreError

KINDS = list(ClientKind)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A strongly consistent emulator."""
    with start_emulator(Settings(), tmp_path_factory.mktemp("emulator") / "log") as child:
        yield child.address


def ask(kind: ClientKind, address: str, run: str, work: Callable[[Store], Awaitable[None]]) -> None:
    """Do `work` with one client."""
    plan = Plan.model_validate({"client": kind, "call_timeout": "2s", "probes": {"key_get": {}}})

    async def main() -> None:
        store = connect(plan, address, run)
        try:
            await work(store)
        finally:
            await store.close()
            await asyncio.sleep(0)

    clock.run(main())


class TestClients:
    @pytest.mark.parametrize("writer", KINDS)
    @pytest.mark.parametrize("reader", KINDS)
    def test_what_one_writes_the_other_reads(self, address: str, writer: ClientKind, reader: ClientKind) -> None:
        """The same key, namespace and property, for a root and for an entity below the ancestors."""
        name = f"{writer}-{reader}"
        items = Item(name, name), Item(GRANDPA, f"below-{name}")

        async def write(store: Store) -> None:
            for item in items:
                await store.insert(item, 1_700_000_000_123_456_789)

        async def read(store: Store) -> None:
            for item in items:
                assert (await store.lookup(item)).seen == 1
                assert (await store.query(item)).seen == 1
            for ancestor in ("father", "grandpa"):
                assert (await store.query(items[1], ancestor)).seen == 1
                assert (await store.query(items[0], ancestor)).seen == 0
            assert (await store.lookup(Item("other", "other"))).seen == 0

        ask(writer, address, "run", write)
        ask(reader, address, "run", read)

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_entity_is_not_written_twice(self, address: str, kind: ClientKind) -> None:
        """Insert is insert through either client; the library has none of its own, so this is ours to hold."""

        async def work(store: Store) -> None:
            await store.insert(Item(f"twice-{kind}", f"twice-{kind}"), 0)
            with pytest.raises(StoreError) as raised:
                await store.insert(Item(f"twice-{kind}", f"twice-{kind}"), 0)
            assert (raised.value.code, raised.value.definite) == ("ALREADY_EXISTS", True)

        ask(kind, address, "run", work)

    @pytest.mark.parametrize("kind", KINDS)
    def test_runs_do_not_see_each_other(self, address: str, kind: ClientKind) -> None:
        """Each has a namespace of its own."""
        item = Item(f"mine-{kind}", f"mine-{kind}")

        async def write(store: Store) -> None:
            await store.insert(item, 0)

        async def look(store: Store) -> None:
            assert (await store.lookup(item)).seen == 0
            assert (await store.query(item)).seen == 0

        ask(kind, address, "one", write)
        ask(kind, address, "another", look)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_store_that_is_gone_is_told_at_once(self, kind: ClientKind) -> None:
        """One call is one request: the clients' minute of retries is off; whether it happened is not known."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            gone = f"127.0.0.1:{server.getsockname()[1]}"

        async def work(store: Store) -> None:
            with pytest.raises(StoreError) as raised:
                await asyncio.wait_for(store.lookup(Item("a", "a")), 10)
            assert (raised.value.code, raised.value.definite) == ("UNAVAILABLE", False)

        ask(kind, gone, "run", work)

    def test_only_the_generated_client_shows_the_services_stamps(self, address: str) -> None:
        """Update time of a write, read time of a read; the library hides both, which the report says."""

        async def stamped(store: Store) -> None:
            written_ns = await store.insert(Item("stamped", "stamped"), 0)
            read_ns = (await store.lookup(Item("stamped", "stamped"))).server_ns
            assert written_ns is not None
            assert read_ns is not None
            assert written_ns <= read_ns

        async def bare(store: Store) -> None:
            assert await store.insert(Item("bare", "bare"), 0) is None
            assert (await store.lookup(Item("bare", "bare"))).server_ns is None

        ask(ClientKind.ASYNC, address, "run", stamped)
        ask(ClientKind.LIBRARY, address, "run", bare)
