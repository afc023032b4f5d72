"""The virtual loop: an event loop whose clock jumps to the next deadline as soon as every task waits.

Coroutines come in; they run as on asyncio's own loop, in the same order every time, and no time passes on the wall.
Tasks, futures and everything built on them are asyncio's; only what runs them is ours, because asyncio's loop asks the
operating system for events at each turn, which costs four times as much as all that a sleeping task needs.

    task A  sleeps to 3.0 ----------+          every task waits: the clock jumps to 3.0, A runs;
    task B  sleeps to 5.0 ----------|-----+    every task waits: the clock jumps to 5.0, B runs
"""

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVarTuple

Callback = Callable[..., object]
Ts = TypeVarTuple("Ts")


class DeadlockError(RuntimeError):
    """On virtual time every task waits and no timer is set: nothing could ever happen again."""


class Timer:
    """A callback at an instant, until it is cancelled. It stands in the loop's queue like a sleeper's future."""

    __slots__ = ("_args", "_callback", "_context", "_when_s", "alive")

    def __init__(self, when_s: float, callback: Callback, args: tuple[Any, ...], context: Context) -> None:
        self.alive = True
        self._when_s, self._callback, self._args, self._context = when_s, callback, args, context

    def cancel(self) -> None:
        """Never call it."""
        self.alive = False

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return not self.alive

    def when(self) -> float:
        """Its instant, in seconds of the loop's time."""
        return self._when_s

    def done(self) -> bool:
        """Whether it needs no call any more."""
        return not self.alive

    def set_result(self, _: None) -> None:
        """Call it."""
        self._context.run(self._callback, *self._args)


class VirtualLoop(asyncio.AbstractEventLoop):
    """The part of an event loop that tasks, futures, locks, queues and time-outs use. No sockets, no threads."""

    get_debug = staticmethod(bool)  # False; every new future asks, so it is the cheapest callable there is

    def __init__(self) -> None:
        self.now_ns = 0
        self._ready: deque[tuple[Callback, tuple[Any, ...], Context | None]] = deque()
        self._waiting: list[tuple[int, int, asyncio.Future[None] | Timer]] = []
        self._order = count()  # of equal instants the one asked for first comes first
        self._running = False
        self._closed = False
        self._signals: dict[int, Any] = {}  # what each did before it was ours

    def sleep_until_ns(self, at_ns: int) -> asyncio.Future[None]:
        """Done when the clock is at `at_ns`; where that is past, at the next turn."""
        awakened: asyncio.Future[None] = asyncio.Future(loop=self)
        heappush(self._waiting, (at_ns, next(self._order), awakened))
        return awakened

    def time(self) -> float:
        """Seconds, for asyncio's own time-outs."""
        return self.now_ns / 1e9

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` is done; DeadlockError when nothing can happen any more."""
        done: asyncio.Future[Any] = asyncio.ensure_future(future, loop=self)
        asyncio.events._set_running_loop(self)  # noqa: SLF001 - documented for implementers of event loops
        self._running = True
        try:
            while not done.done():
                self._run_ready()
                if not done.done():
                    self._jump()
        finally:
            self._running = False
            asyncio.events._set_running_loop(None)  # noqa: SLF001
        return done.result()

    def _run_ready(self) -> None:
        ready = self._ready
        while ready:
            callback, args, context = ready.popleft()
            if context is None:
                callback(*args)
            else:
                context.run(callback, *args)

    def _jump(self) -> None:
        if not self._waiting:
            raise DeadlockError("every task waits and no timer is set: on virtual time nothing can happen any more")
        at_ns, _, waiter = heappop(self._waiting)
        if at_ns > self.now_ns:  # noqa: PLR1730 - max() takes as long as all the rest
            self.now_ns = at_ns
        if not waiter.done():
            waiter.set_result(None)

    def call_soon(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> Any:
        """Call at this turn's end."""
        self._ready.append((callback, args, context))

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        """The same: the loop never blocks, so there is nothing to interrupt."""
        self._ready.append((callback, args, context))

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        """Call after `delay` seconds."""
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        """Call at `when` seconds."""
        timer = Timer(when, callback, args, context or copy_context())
        heappush(self._waiting, (round(when * 1e9), next(self._order), timer))
        return timer

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        """A task of this loop."""
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nobody would look: raise what nobody awaited."""
        raise context.get("exception") or RuntimeError(context["message"])

    def add_signal_handler(self, sig: int, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call at the turn that follows the signal. Only in the main thread, as on asyncio's own loops."""
        before = signal.signal(sig, lambda *_: self._ready.append((callback, args, None)))
        self._signals.setdefault(sig, before)

    def remove_signal_handler(self, sig: int) -> bool:
        """Let the signal do what it did before; False where it was not handled."""
        if sig not in self._signals:
            return False
        signal.signal(sig, self._signals.pop(sig))
        return True

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._running

    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def close(self) -> None:
        """Nothing is held."""
        self._closed = True

    async def shutdown_asyncgens(self) -> None:
        """Generators end with their tasks."""

    async def shutdown_default_executor(self) -> None:
        """There is none."""
