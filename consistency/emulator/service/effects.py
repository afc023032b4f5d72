"""EFFECTS: what an injected fault does to a call of the service. A new kind is one line here.

A call that has not been made comes in; its reply goes out, or an error that a client would see. What is late is done
all the same when its client waits no longer, because a request that is under way cannot be called back.

    unavailable, aborted, resource_exhausted    refused; not done
    deadline_exceeded                           refused; done or not, by the seed
    lost_acknowledgement                        done; UNAVAILABLE
    duplicate_delivery                          done and answered, and done again, `delay` later
    latency                                     done and answered `delay` later
    pause                                       done and answered when the fault ends
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random

from consistency.delays import Delay
from consistency.emulator.status import Code, ServiceError

Reply = bytes | Awaitable[bytes]
Go = Callable[[], Reply]
_logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Fault:
    """One active fault. `rpc`: the only method that meets it, such as "RunQuery" (any); `client`: the only client, by
    the name that it gives itself (any); `times`: how many calls more will meet it (all)."""

    kind: str
    rpc: str
    share: float
    times: int | None
    delay: Delay
    random: Random
    client: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    late: set[asyncio.Task[bytes]] = field(default_factory=set)

    def leave(self, work: Coroutine[object, object, bytes]) -> asyncio.Task[bytes]:
        """Let `work` go on by itself, whoever waits for it; when nobody does, its error is nobody's."""
        task = asyncio.get_running_loop().create_task(work)
        self.late.add(task)  # a task that nothing refers to may vanish
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[bytes]) -> None:
        self.late.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ServiceError):
            _logger.error("a call that an injected fault held back failed", exc_info=error)


async def _finish(go: Go) -> bytes:
    reply = go()
    return reply if isinstance(reply, bytes) else await reply


def _hold_back(fault: Fault, go: Go) -> Reply:
    async def later() -> bytes:
        await asyncio.sleep(fault.delay.draw_ns(fault.random) / 1e9)
        return await _finish(go)

    return asyncio.shield(fault.leave(later()))


def _pause(fault: Fault, go: Go) -> Reply:
    async def later() -> bytes:
        await fault.over.wait()
        return await _finish(go)

    return asyncio.shield(fault.leave(later()))


async def _lose_acknowledgement(_: Fault, go: Go) -> bytes:
    with contextlib.suppress(ServiceError):  # whatever the answer was, it is lost
        await _finish(go)
    raise _refusal(Code.UNAVAILABLE, "the connection broke before the answer came")


async def _deliver_twice(fault: Fault, go: Go) -> bytes:
    async def again() -> bytes:
        await asyncio.sleep(fault.delay.draw_ns(fault.random) / 1e9)
        return await _finish(go)

    try:
        return await _finish(go)
    finally:
        fault.leave(again())


async def _exceed_deadline(fault: Fault, go: Go) -> bytes:
    if fault.random.random() < 0.5:
        with contextlib.suppress(ServiceError):
            await _finish(go)
    raise _refusal(Code.DEADLINE_EXCEEDED, "no answer came in time")


def _refuse(code: Code, why: str) -> "Effect":
    def refuse(_: Fault, __: Go) -> Reply:
        raise _refusal(code, why)

    return refuse


def _refusal(code: Code, why: str) -> ServiceError:
    return ServiceError(code, f"{why} (an injected fault)")


Effect = Callable[[Fault, Go], Reply]
EFFECTS: dict[str, Effect] = {
    "unavailable": _refuse(Code.UNAVAILABLE, "the service cannot be reached"),
    "aborted": _refuse(Code.ABORTED, "too much contention on these entities"),
    "resource_exhausted": _refuse(Code.RESOURCE_EXHAUSTED, "the quota is used up"),
    "deadline_exceeded": _exceed_deadline,
    "lost_acknowledgement": _lose_acknowledgement,
    "duplicate_delivery": _deliver_twice,
    "latency": _hold_back,
    "pause": _pause,
}
