"""A faulty wire: what happens to requests on their way, while a fault of the plan is active.

A Wire comes in, a Wire goes out that behaves like it until a fault is turned on. Faults lie here and not around the
Store, because a transaction is several requests and a fault befalls one of them.

What the worker is told is what a client would be told, never what the fault knows: after UNAVAILABLE nobody can say
whether the service acted, so it is no definite answer, although here nothing was sent.

    unavailable            asked ->|                     error            not done    worker: cannot tell
    lost_acknowledgement   asked --------> done ->|      error            done        worker: cannot tell
    deadline_exceeded      asked --------> done? ...     error, late      perhaps     worker: cannot tell
    aborted, exhausted     asked ->| refused             error            not done    worker: certainly not
    pause                  asked ->|......|--> done      error or late    done        worker: cannot tell, or done
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

from consistency.backends.stores import DEFINITE, Wire
from consistency.clock import Clock
from consistency.delays import Delay, parse_delay
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.fault import Fault, FaultKind, Side
from consistency.plan import ClientKind, Plan
from consistency.schedule import Change
from consistency.store import StoreError

Send = Callable[[str, Any], Awaitable[Any]]


def planned_error(code: str, why: str) -> StoreError:
    """The error with `code` as a client would see it."""
    return StoreError(code, f"{why} (a planned fault)", definite=code in DEFINITE)


@dataclass
class Trouble:
    """One active fault: how it draws, and what waits for its end."""

    fault: Fault
    random: Random
    delay: Delay
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, rpc: str) -> bool:
        """Whether this call of `rpc` meets it."""
        if self.fault.rpc is not None and self.fault.rpc != rpc:
            return False
        return self.fault.share >= 1 or self.random.random() < self.fault.share


class Disturbances:
    """The active faults of one store's calls; `turn` switches them, `disturb` puts them on a wire."""

    def __init__(self, clock: Clock, seed: int, timeout_ns: int) -> None:
        self._clock = clock
        self._seed = seed
        self._timeout_ns = timeout_ns
        self._active: dict[str, Trouble] = {}
        self._late: set[asyncio.Task[Any]] = set()

    async def turn(self, change: Change) -> None:
        """Begin or end a fault."""
        name, fault = change.planned.name, change.planned.fault
        if change.active:
            random = Random(f"{self._seed}/fault/{name}")
            self._active[name] = Trouble(fault, random, parse_delay(fault.delay or "0"))
        else:
            self._active.pop(name).over.set()

    def disturb(self, wire: Wire) -> Wire:
        """The same wire, whose calls meet whatever is active when they begin."""

        def send(rpc: str, request: Any) -> Awaitable[Any]:
            go: Send = wire.send
            for trouble in self._active.values():
                if trouble.meets(rpc):
                    go = self._meet(trouble, go)
            return go(rpc, request)

        async def release() -> None:
            await self._drop_late()
            await wire.release()

        return Wire(wire.prepare, send, release)

    def _meet(self, trouble: Trouble, go: Send) -> Send:
        effect = EFFECTS[trouble.fault.kind]

        async def send(rpc: str, request: Any) -> Any:
            return await effect(self, trouble, lambda: go(rpc, request))

        return send

    async def sleep(self, delay_ns: int) -> None:
        """Wait for so long."""
        await self._clock.sleep_until_ns(self._clock.now_ns() + delay_ns)

    async def answer_in_time(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` answers within the time-out of a call; without an answer it goes on, and nobody hears of it."""
        task = self.leave(work)
        await asyncio.wait({task}, timeout=self._timeout_ns / NS_PER_S)
        if not task.done():
            raise planned_error("DEADLINE_EXCEEDED", "no answer came in time")
        return task.result()

    async def let_time_pass(self) -> None:
        """Wait until the call's time-out."""
        await self.sleep(self._timeout_ns)

    def leave(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let `work` go on by itself; it may fail unheard, as a request whose client has gone does."""
        task = asyncio.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._late.discard(task)
        if not task.cancelled() and not isinstance(task.exception(), StoreError | None):
            task.result()

    async def _drop_late(self) -> None:
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)


def make_disturbances(plan: Plan, seed: int, clock: Clock) -> Disturbances | None:
    """Disturbances for a plan whose calls meet faults on our wire, else None: then the wire stays as it is.

    The library's client has a wire of its own: its calls meet faults in the embedded emulator.
    """
    if plan.client is ClientKind.LIBRARY or not any(fault.side is Side.CALLS for fault in plan.faults):
        return None
    return Disturbances(clock, seed, parse_duration_ns(plan.call_timeout))


async def keep_still(_: Change) -> None:
    """A side that has nothing to switch: its faults lie in the schedule alone, and are looked up there."""


Effect = Callable[[Disturbances, Trouble, Callable[[], Awaitable[Any]]], Awaitable[Any]]


async def _hold_back(all_of: Disturbances, trouble: Trouble, go: Callable[[], Awaitable[Any]]) -> Any:
    async def later() -> Any:
        await all_of.sleep(trouble.delay.draw_ns(trouble.random))
        return await go()

    return await all_of.answer_in_time(later())


async def _pause(all_of: Disturbances, trouble: Trouble, go: Callable[[], Awaitable[Any]]) -> Any:
    """What was asked meanwhile is done when the store goes on, also what nobody waits for any more."""

    async def later() -> Any:
        await trouble.over.wait()
        return await go()

    return await all_of.answer_in_time(later())


async def _lose_acknowledgement(_: Disturbances, __: Trouble, go: Callable[[], Awaitable[Any]]) -> Any:
    with contextlib.suppress(StoreError):  # whatever the answer was, it is lost
        await go()
    raise planned_error("UNAVAILABLE", "the connection broke before the answer came")


async def _exceed_deadline(all_of: Disturbances, trouble: Trouble, go: Callable[[], Awaitable[Any]]) -> Any:
    """Every other request is done, and never answered."""

    async def act() -> Any:
        return await go()

    if trouble.random.random() < 0.5:
        all_of.leave(act())
    await all_of.let_time_pass()
    raise planned_error("DEADLINE_EXCEEDED", "no answer came in time")


async def _deliver_twice(all_of: Disturbances, trouble: Trouble, go: Callable[[], Awaitable[Any]]) -> Any:
    """The client gets the first delivery's answer; the second comes `delay` after it, whatever has happened since."""

    async def again() -> Any:
        await all_of.sleep(trouble.delay.draw_ns(trouble.random))
        return await go()

    try:
        return await go()
    finally:
        all_of.leave(again())


def _refuse(code: str, why: str) -> Effect:
    async def refuse(_: Disturbances, __: Trouble, ___: Callable[[], Awaitable[Any]]) -> Any:
        raise planned_error(code, why)

    return refuse


EFFECTS: dict[FaultKind, Effect] = {
    FaultKind.LATENCY: _hold_back,
    FaultKind.PAUSE: _pause,
    FaultKind.UNAVAILABLE: _refuse("UNAVAILABLE", "the service cannot be reached"),
    FaultKind.RESOURCE_EXHAUSTED: _refuse("RESOURCE_EXHAUSTED", "the quota is used up"),
    FaultKind.ABORTED: _refuse("ABORTED", "too much contention on these entities"),
    FaultKind.DEADLINE_EXCEEDED: _exceed_deadline,
    FaultKind.LOST_ACKNOWLEDGEMENT: _lose_acknowledgement,
    FaultKind.DUPLICATE_DELIVERY: _deliver_twice,
}
