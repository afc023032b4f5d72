"""Supervision: runs a writing and a reading coroutine to their end, or stops them early and in order.

The first Ctrl-C (or SIGTERM) stops the writing, ends the channel and gives the open series two seconds; the second one
leaves at once. An error in either half, or in a coroutine that only watches them, ends all.
"""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Any

from consistency.channel import Sender
from consistency.errors import ConsistencyError

GRACE_S = 2.0  # for open series, after the first Ctrl-C
Work = Coroutine[Any, Any, None]


async def supervise(writing: Work, reading: Work, sender: Sender, watching: Work | None = None) -> bool:
    """Run both to their end; on Ctrl-C stop early and return True. An error in either ends both and is raised.

    `watching` goes on beside them as long as they do; an error in it ends them too.

    However the writing ends, `sender` is closed after it: readers in other processes must not wait for a dead writer.
    """
    stop = asyncio.Event()
    with _signals(stop):
        reader = asyncio.create_task(reading)  # first, so that its receivers are there before anything is sent
        writer = asyncio.create_task(close_after(writing, sender))
        stopper = asyncio.create_task(stop.wait())
        watcher = asyncio.create_task(watching or _wait())
        try:
            if await _finish({reader, writer}, stopper, watcher):
                return False
            await _stop_early(reader, writer)
        except BaseExceptionGroup as group:
            raise _first_cause(group) from group
        else:
            return True
        finally:
            tasks = (reader, writer, stopper, watcher)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _wait() -> None:
    """Never return: what stands for watching where nothing is watched. On virtual time it sets no timer."""
    await asyncio.Event().wait()


async def _finish(pending: set[asyncio.Task[None]], stopper: asyncio.Task[bool], watcher: asyncio.Task[None]) -> bool:
    """Wait for all of `pending`; False where the stopper came first."""
    while pending:
        done, _ = await asyncio.wait({*pending, stopper, watcher}, return_when=asyncio.FIRST_COMPLETED)
        for task in done & {*pending, watcher}:
            task.result()
        if stopper in done:
            return False
        pending = pending - done
    return True


async def close_after(writing: Work, sender: Sender) -> None:
    """Run `writing`, then close `sender`, however it ended."""
    try:
        await writing
    finally:
        await sender.close()


async def _stop_early(reader: asyncio.Task[None], writer: asyncio.Task[None]) -> None:
    """End the writing, and give the open series their time. What goes wrong meanwhile is raised."""
    writer.cancel()
    await asyncio.wait({writer}, timeout=GRACE_S)
    await asyncio.wait({reader}, timeout=GRACE_S)
    for task in (writer, reader):
        if task.done() and not task.cancelled():
            task.result()


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C sets `stop` once; after that it does what it always does."""
    loop = asyncio.get_running_loop()

    def react() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, react)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _first_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """A user's error, where the group holds one, or the group itself."""
    for error in group.exceptions:
        cause = _first_cause(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(cause, ConsistencyError):
            return cause
    return group


async def run_both(*parts: Work) -> None:
    """Run all `parts` to their end."""
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)
