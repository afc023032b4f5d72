"""The one source of time: the event loop is the clock.

`run` starts a coroutine on real or on virtual time; the same worker code runs on both. A `Clock` counts nanoseconds
from its origin on the machine's monotonic clock, so that processes of one host that share an origin share a time line.

The real loop waits with `select`, not with `epoll`: asyncio rounds an epoll timeout up to a whole millisecond, which
alone would make a paced writer 0.5 ms late at the median. The virtual loop never waits: when every task sleeps, it
moves its clock to the next deadline.
"""

import asyncio
import contextlib
import ctypes
import selectors
import sys
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
_PR_SET_TIMERSLACK = 29
VIRTUAL_START_WALL_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z: virtual runs repeat to the byte


class Clock:
    """Nanoseconds since `origin_ns` of the running loop's monotonic clock, and the wall time at that origin."""

    def __init__(self, origin_ns: int, origin_wall_ns: int) -> None:
        self.origin_ns = origin_ns
        self.origin_wall_ns = origin_wall_ns
        self._loop = asyncio.get_running_loop()
        self.now_ns = self._virtual_now_ns if isinstance(self._loop, _VirtualLoop) else self._real_now_ns

    @classmethod
    def starting_now(cls) -> "Clock":
        """A clock whose origin is this instant."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, _VirtualLoop):
            return cls(loop.now_ns(), VIRTUAL_START_WALL_NS)
        return cls(time.monotonic_ns(), time.time_ns())

    def _real_now_ns(self) -> int:
        return time.monotonic_ns() - self.origin_ns

    def _virtual_now_ns(self) -> int:
        return round(self._loop.time() * 1e9) - self.origin_ns

    async def sleep_until_ns(self, at_ns: int) -> None:
        """Return at `at_ns` of this clock, or at the next turn of the loop if that is past."""
        await asyncio.sleep((at_ns + self.origin_ns) / 1e9 - self._loop.time())


class DeadlockError(RuntimeError):
    """On virtual time every task waits and no timer is set: nothing could ever happen again."""


def monotonic_ns() -> int:
    """The machine's monotonic clock, for processes that share no event loop with a Clock."""
    return time.monotonic_ns()


def wall_ns() -> int:
    """The machine's wall clock in nanoseconds of the epoch."""
    return time.time_ns()


def wait_s(seconds: float) -> None:
    """Block this thread. For code outside an event loop: polling a process that starts."""
    time.sleep(seconds)


def boot_id() -> str:
    """Names this boot of this machine: monotonic stamps can be compared only where it is equal."""
    for path in ("/proc/sys/kernel/random/boot_id",):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:  # noqa: PTH123 - not a user's file
            return file.read().strip()
    return "unknown"


def run(main: Coroutine[Any, Any, Result], *, virtual: bool = False) -> Result:
    """Run `main` to its end on a new loop of real or virtual time and return its result."""
    with asyncio.Runner(loop_factory=_VirtualLoop if virtual else _real_loop) as runner:
        return runner.run(main)


def _real_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "linux":  # let the kernel wake timers at once instead of batching them over 50 us
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


class _JumpingSelector(selectors.SelectSelector):
    """A selector that does not wait: it adds the time-out that it was given to its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.time_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise DeadlockError("every task waits and no timer is set: on virtual time nothing can happen any more")
        self.time_s += max(timeout, 0.0)
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is that of its jumping selector.

    task A  sleeps to 3.0 ----------+          select(timeout=3.0) is asked for: time_s jumps to 3.0,
    task B  sleeps to 5.0 ----------|-----+    A runs; then select(timeout=2.0): time_s jumps to 5.0
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.time_s

    def now_ns(self) -> int:
        return round(self._jumping.time_s * 1e9)
