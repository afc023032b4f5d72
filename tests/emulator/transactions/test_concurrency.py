"""Clients that run at the same time, on virtual time, in each mode: histories that must not be possible."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from consistency import clock
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.transactions.pessimistic import Pessimistic
from consistency.emulator.transactions.transactions import MODES
from consistency.emulator.values.messages import Message
from tests.emulator.embedded import MS, Embedded
from tests.emulator.talk import Talk, delete, found_names, insert, update, upsert

Sent = Callable[..., Awaitable[Message]]
modes = pytest.mark.parametrize("mode", MODES)


class Client:
    """A Talk whose commits may wait."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded
        self.talk = embedded.talk()

    async def commit(self, *mutations: Message, transaction: bytes = b"") -> bool:
        """Whether it went through; False when it was ABORTED."""
        requests: list[tuple[str, Message]] = []

        def note(method: str, request: Message) -> Message:
            requests.append((method, request))
            return request

        Talk(note).commit(*mutations, transaction=transaction)
        try:
            await self.embedded.send(*requests[0])
        except ServiceError as error:
            if error.code is not Code.ABORTED:
                raise
            return False
        return True


def together(main: Callable[[Embedded, Client], Coroutine[Any, Any, None]], mode: str, **settings: Any) -> Embedded:
    """Run `main` on virtual time with an emulator in this mode, whose locks must all be free afterwards."""
    embedded = Embedded(concurrency=mode, **settings)
    clock.run(main(embedded, Client(embedded)), virtual=True)
    locks = embedded.service._state.transactions.mode
    if isinstance(locks, Pessimistic) and not embedded.service._state.transactions._open:
        assert not locks._keys
        assert not locks._ranges
        assert not locks._waiting
        assert not locks.wakers
    return embedded


class TestWinners:
    """Among those in conflict one wins, and only one."""

    @modes
    def test_lost_updates(self, mode: str) -> None:
        """Ten read the same and write at once: one wins at the first attempt, and with retries nothing is lost."""

        async def add_one(client: Client, wins: list[int]) -> None:
            talk = client.talk
            for attempt in range(100):
                transaction = talk.begin()
                held = talk.get("Counter", "c", transaction=transaction)
                assert held is not None
                await asyncio.sleep(0.001)
                if await client.commit(update(talk.key("Counter", "c"), n=held["n"] + 1), transaction=transaction):  # type: ignore[operator] # an int
                    wins.append(attempt)
                    return

        async def main(_: Embedded, client: Client) -> None:
            client.talk.put("Counter", "c", n=0)
            wins: list[int] = []
            await asyncio.gather(*(add_one(client, wins) for _ in range(10)))
            assert len(wins) == 10
            assert wins.count(0) == 1
            assert client.talk.get("Counter", "c") == {"n": 10}

        together(main, mode)

    @modes
    def test_write_skew(self, mode: str) -> None:
        """Both read both and each writes one."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            keys = [talk.key("Root", "r", "Doctor", name) for name in "ab"]
            for key in keys:
                await client.commit(upsert(key, on=True))
            transactions = [talk.begin(), talk.begin()]
            for transaction in transactions:
                assert len(talk.lookup(*keys, transaction=transaction).found) == 2
            won = await asyncio.gather(
                *(client.commit(update(key, on=False), transaction=transaction)
                  for key, transaction in zip(keys, transactions, strict=True))
            )  # fmt: skip
            assert sorted(won) == [False, True]

        together(main, mode)

    @pytest.mark.parametrize("mode", ["pessimistic", "optimistic"])
    def test_phantoms_of_global_queries(self, mode: str) -> None:
        """Both count what is on call, and each adds one."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            transactions = [talk.begin(), talk.begin()]
            for transaction in transactions:
                assert not talk.query("Doctor", ("on", "=", True), transaction=transaction).entity_results
            won = await asyncio.gather(
                *(client.commit(insert(talk.key("Doctor", name), on=True), transaction=transaction)
                  for name, transaction in zip("ab", transactions, strict=True))
            )  # fmt: skip
            assert sorted(won) == [False, True]

        together(main, mode)

    @modes
    def test_a_read_only_snapshot_never_contends(self, mode: str) -> None:
        """It sees one state while others write, and nobody waits for it."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            for name in "ab":
                await client.commit(upsert(talk.key("Root", "r", "Kind", name), x=1))
            transaction = talk.begin(read_only=True)
            root = talk.key("Root", "r")
            assert found_names(talk.query("Kind", ("x", "=", 1), ancestor=root, transaction=transaction)) == ["a", "b"]
            assert await client.commit(update(talk.key("Root", "r", "Kind", "a"), x=2))
            assert await client.commit(delete(talk.key("Root", "r", "Kind", "b")))
            assert found_names(talk.query("Kind", ("x", "=", 1), ancestor=root, transaction=transaction)) == ["a", "b"]
            assert talk.get("Root", "r", "Kind", "b", transaction=transaction) == {"x": 1}
            assert await client.commit(transaction=transaction)

        together(main, mode)


class TestLocks:
    """Pessimistic waiting."""

    def test_a_writer_waits_until_the_reader_has_ended(self) -> None:
        """And is then served at once, whether the reader commits or rolls back."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            for end in (talk.rollback, lambda transaction: talk.commit(transaction=transaction)):
                transaction = talk.begin()
                talk.get("Kind", "a", transaction=transaction)
                writing = asyncio.ensure_future(client.commit(upsert(talk.key("Kind", "a"), x=1)))
                await asyncio.sleep(1)
                assert not writing.done()
                end(transaction)
                before = asyncio.get_running_loop().time()
                assert await writing
                assert asyncio.get_running_loop().time() == before

        together(main, "pessimistic")

    def test_the_wait_is_bounded(self) -> None:
        """By the settings; the writer loses, and a transaction that lost is over."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            holder, waiter = talk.begin(), talk.begin()
            talk.get("Kind", "a", transaction=holder)
            loop = asyncio.get_running_loop()
            start = loop.time()
            assert not await client.commit(upsert(talk.key("Kind", "a")), transaction=waiter)
            assert loop.time() - start == pytest.approx(0.3)
            with pytest.raises(ServiceError, match="no longer valid"):
                talk.get("Kind", "a", transaction=waiter)
            talk.rollback(waiter)
            assert await client.commit(upsert(talk.key("Kind", "a")), transaction=holder)

        together(main, "pessimistic", lock_timeout="300ms")

    def test_who_closes_a_circle_is_aborted_at_once(self) -> None:
        """The others of the circle go on, one after the other."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            transactions = [talk.begin() for _ in range(3)]
            for name, transaction in zip("abc", transactions, strict=True):
                talk.get("Kind", name, transaction=transaction)
            start = asyncio.get_running_loop().time()
            won = await asyncio.gather(
                *(client.commit(upsert(talk.key("Kind", name)), transaction=transaction)
                  for name, transaction in zip("bca", transactions, strict=True))
            )  # fmt: skip
            assert won == [True, True, False]
            assert asyncio.get_running_loop().time() == start

        together(main, "pessimistic")

    def test_a_range_is_locked_and_not_its_neighbourhood(self) -> None:
        """A write waits if the entity lies in what was read, before or after."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            talk.put("Kind", "inside", x=1)
            talk.put("Kind", "outside", x=9)
            transaction = talk.begin()
            talk.query("Kind", ("x", "<", 5), transaction=transaction)
            blocked = [upsert(talk.key("Kind", "inside"), x=9), upsert(talk.key("Kind", "outside"), x=1),
                       delete(talk.key("Kind", "inside")), insert(talk.key("Kind", "new"), x=0)]  # fmt: skip
            free = [upsert(talk.key("Kind", "outside"), x=8), insert(talk.key("Kind", "far"), x=7),
                    insert(talk.key("Other", "new"), x=0)]  # fmt: skip
            assert [await client.commit(mutation) for mutation in free] == [True] * 3
            assert [await client.commit(mutation) for mutation in blocked] == [False] * 4

        together(main, "pessimistic", lock_timeout="10ms")

    def test_a_cancelled_wait_leaves_nothing(self) -> None:
        """As when a client hangs up."""

        async def main(_: Embedded, client: Client) -> None:
            talk = client.talk
            holder, waiter = talk.begin(), talk.begin()
            talk.get("Kind", "a", transaction=holder)
            writing = asyncio.ensure_future(client.commit(upsert(talk.key("Kind", "a")), transaction=waiter))
            await asyncio.sleep(0.1)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            talk.rollback(holder)
            talk.rollback(waiter)
            assert talk.get("Kind", "a") is None

        together(main, "pessimistic")

    def test_a_reset_frees_who_waits(self) -> None:
        """There is nobody left to wait for."""

        async def main(embedded: Embedded, client: Client) -> None:
            talk = client.talk
            talk.get("Kind", "a", transaction=talk.begin())
            writing = asyncio.ensure_future(client.commit(upsert(talk.key("Kind", "a"))))
            await asyncio.sleep(0.1)
            embedded.service.reset()
            assert await writing
            assert talk.get("Kind", "a") == {}

        together(main, "pessimistic")

    def test_a_write_asks_only_who_may_be_concerned(self) -> None:
        """Locks stand by key and by kind: a hundred readers of other things are not looked at."""
        embedded = Embedded()
        talk = embedded.talk()
        for number in range(100):
            transaction = talk.begin()
            talk.get("Other", number + 1, transaction=transaction)
            talk.query("Another", transaction=transaction)
        locks = embedded.service._state.transactions.mode
        assert isinstance(locks, Pessimistic)
        talk.put("Kind", "a", x=1)
        embedded.now_ns += 61_000 * MS
        talk.put("Kind", "a", x=2)
        assert not locks._keys
        assert not locks._ranges
