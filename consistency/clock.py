"""The one source of time: the event loop is the clock.

`run` starts a coroutine on real or on virtual time; the same worker code runs on both. A `Clock` counts nanoseconds
from its origin on the machine's monotonic clock, so that processes of one host that share an origin share a time line.

The real loop waits with `select`, not with `epoll`: asyncio rounds an epoll timeout up to a whole millisecond, which
alone would make a paced writer 0.5 ms late at the median.
"""

import asyncio
import contextlib
import ctypes
import selectors
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from consistency.virtual_time import VirtualLoop

Result = TypeVar("Result")
_PR_SET_TIMERSLACK = 29
LONG_WAIT_S, EARLY_S = 0.001, 0.0003
VIRTUAL_START_WALL_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z: virtual runs repeat to the byte


class Clock:
    """Nanoseconds since `origin_ns` of the running loop's monotonic clock, and the wall time at that origin.

    `now_ns` is the time since the origin; `monotonic_ns` that of the loop's clock itself. `sleep_until_ns` waits until
    an instant of this clock, or until the next turn of the loop if that is past. They are attributes, because a virtual
    clock from 0, which a simulated hour asks half a million times, is then the loop's own without a call between.
    """

    now_ns: Callable[[], int]
    monotonic_ns: Callable[[], int]
    sleep_until_ns: Callable[[int], Awaitable[None]]

    def __init__(self, origin_ns: int, origin_wall_ns: int) -> None:
        self.origin_ns = origin_ns
        self.origin_wall_ns = origin_wall_ns
        loop = asyncio.get_running_loop()
        sleep_until_ns: Callable[[int], Awaitable[None]] = _sleep_until_ns
        self.monotonic_ns = time.monotonic_ns
        if isinstance(loop, VirtualLoop):
            self.monotonic_ns, sleep_until_ns = partial(getattr, loop, "now_ns"), loop.sleep_until_ns
        self.now_ns, self.sleep_until_ns = self.monotonic_ns, sleep_until_ns
        if origin_ns:
            self.now_ns = lambda: self.monotonic_ns() - origin_ns
            self.sleep_until_ns = lambda at_ns: sleep_until_ns(at_ns + origin_ns)

    def follow_ns(self, due_ns: int) -> int:
        """When to begin what is due at `due_ns` and follows from what is known now: not before the next nanosecond.

        On real time it is later anyway. On virtual time handing over would take nothing, and who judges by time calls
        two calls concurrent that meet in one instant, although the second was made because the first had ended:

            write  |====|                          write  |====|
            read        |====|  may miss it        read         |====|  1 ns later: may not
        """
        return max(due_ns, self.now_ns() + 1)

    @classmethod
    def starting_now(cls) -> "Clock":
        """A clock whose origin is this instant."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, VirtualLoop):
            return cls(loop.now_ns, VIRTUAL_START_WALL_NS)
        return cls(time.monotonic_ns(), time.time_ns())

    @classmethod
    def of_wall(cls, origin_wall_ns: int) -> "Clock":
        """A clock whose origin is an instant of the wall clock, as this machine knows it now; it may be to come."""
        return cls(time.monotonic_ns() - (time.time_ns() - origin_wall_ns), origin_wall_ns)


async def _sleep_until_ns(at_ns: int) -> None:
    """asyncio's loop counts seconds of the same monotonic clock."""
    await asyncio.sleep(at_ns / 1e9 - asyncio.get_running_loop().time())


def monotonic_ns() -> int:
    """The machine's monotonic clock, for processes that share no event loop with a Clock."""
    return time.monotonic_ns()


def wall_ns() -> int:
    """The machine's wall clock in nanoseconds of the epoch."""
    return time.time_ns()


def wait_s(seconds: float) -> None:
    """Block this thread. For code outside an event loop: polling a process that starts."""
    time.sleep(seconds)


def describe_clock() -> str:
    """The monotonic clock's name, and the source that the kernel takes it from, where it tells."""
    source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    with contextlib.suppress(OSError):
        return f"{time.get_clock_info('monotonic').implementation} from {source.read_text(encoding='ascii').strip()}"
    return time.get_clock_info("monotonic").implementation


def measure_resolution_ns() -> int:
    """The smallest step of the monotonic clock that a thousand readings show."""
    readings = [time.monotonic_ns() for _ in range(1_000)]
    return min(after - before for before, after in pairwise(readings) if after > before)


def boot_id() -> str:
    """Names this boot of this machine: monotonic stamps can be compared only where it is equal."""
    for path in ("/proc/sys/kernel/random/boot_id",):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:  # noqa: PTH123 - not a user's file
            return file.read().strip()
    return "unknown"


def run(main: Coroutine[Any, Any, Result], *, virtual: bool = False) -> Result:
    """Run `main` to its end on a new loop of real or virtual time and return its result."""
    with asyncio.Runner(loop_factory=VirtualLoop if virtual else _real_loop) as runner:
        return runner.run(main)


def _real_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "linux":  # let the kernel wake timers at once instead of batching them over 50 us
        ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    return asyncio.SelectorEventLoop(_EarlySelector())


class _EarlySelector(selectors.SelectSelector):
    """A selector that looks up a little before a long wait is over, and then waits for the rest.

    Linux may let a select oversleep by a thousandth of its time-out, which is 1 ms of a second, and a core that slept
    long wakes slowly; the last wait is short, and finds it awake:

        asked for  |------------------ 1 s ------------------|~~1 ms late
        instead    |--------------- 997.7 ms -------------|~~|-| and then the loop asks for what is left
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > LONG_WAIT_S:
            timeout -= timeout / 500 + EARLY_S
        return super().select(timeout)
