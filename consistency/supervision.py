"""Supervision: runs a writing and a reading coroutine to their end, or stops them early and in order.

The first Ctrl-C (or SIGTERM) stops the writing, ends the channel and gives the open series two seconds; the second one
leaves at once. An error in either half ends both.
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


async def supervise(writing: Work, reading: Work, sender: Sender) -> bool:
    """Run both to their end; on Ctrl-C stop early and return True. An error in either ends both and is raised."""
    stop = asyncio.Event()
    with _signals(stop):
        reader = asyncio.create_task(reading)  # first, so that its receivers are there before anything is sent
        writer = asyncio.create_task(writing)
        stopper = asyncio.create_task(stop.wait())
        try:
            if await _finish({reader, writer}, stopper):
                return False
            await _stop_early(reader, writer, sender)
        except BaseExceptionGroup as group:
            raise _first_cause(group) from group
        else:
            return True
        finally:
            for task in (reader, writer, stopper):
                task.cancel()
            await asyncio.gather(reader, writer, stopper, return_exceptions=True)


async def _finish(pending: set[asyncio.Task[None]], stopper: asyncio.Task[bool]) -> bool:
    """Wait for all of `pending`; False where the stopper came first."""
    while pending:
        done, _ = await asyncio.wait({*pending, stopper}, return_when=asyncio.FIRST_COMPLETED)
        for task in done & pending:
            task.result()
        if stopper in done:
            return False
        pending = pending - done
    return True


async def _stop_early(reader: asyncio.Task[None], writer: asyncio.Task[None], sender: Sender) -> None:
    if not writer.done():
        writer.cancel()
        await asyncio.wait({writer})
        await sender.close()
    await asyncio.wait({reader}, timeout=GRACE_S)


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
