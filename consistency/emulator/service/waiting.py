"""Commits that wait for locks, replies that are held back, and long calls that let others run.

A commit that is blocked comes in as a function that tries it; its reply comes out once the locks are free. Each time
that somebody gives up locks, those who wait try again in the order in which they came. The wait is short and bounded:
then the commit is ABORTED, and whoever holds the lock has won.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from consistency.emulator.service.state import State
from consistency.emulator.transactions.pessimistic import Pessimistic
from consistency.emulator.transactions.transaction import Blocked, Transaction, contention

Reply = TypeVar("Reply")


async def give_way() -> None:
    """Let others' calls run before a long one goes on."""
    await asyncio.sleep(0)


def hold_back(reply: Reply, delay_ns: int) -> Awaitable[Reply]:
    """`reply`, `delay_ns` later."""
    return asyncio.sleep(delay_ns / 1e9, reply)


async def wait_for_locks(state: State, attempt: Callable[[], Reply], waiting: Transaction | None) -> Reply:
    """Try again until it succeeds; ABORTED after the time that the settings allow."""
    locks = state.transactions.mode
    assert isinstance(locks, Pessimistic)
    me, released = object(), asyncio.Event()
    locks.wakers[me] = released.set
    try:
        async with asyncio.timeout(state.lock_timeout_ns / 1e9):
            while True:
                await released.wait()
                released.clear()
                try:
                    return attempt()
                except Blocked:
                    continue
    except TimeoutError:
        if waiting is not None:
            state.transactions.abort(waiting)
        raise contention("Aborted due to cross-transaction contention: a lock was not given up in time.") from None
    finally:
        del locks.wakers[me]
        if waiting is not None:
            locks.stop_waiting(waiting)
