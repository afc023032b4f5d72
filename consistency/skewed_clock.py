"""A clock that is wrong as planned: the run clock of one worker, put forward or back while a fault of it is active.

The right clock and a shift come in; a Clock goes out whose readings are shifted and whose waits are as long as they
should be, because a machine's timers do not step when its clock does.

    right    0----1----2----3----4----5
    read     0----1----2.5--3.5--4----5       a step of half a second, set right again at 4
"""

from collections.abc import Awaitable, Callable

from consistency.clock import Clock


class SkewedClock(Clock):
    """`shift_ns` of an instant of the right clock is by how much this one is ahead then."""

    def __init__(self, right: Clock, shift_ns: Callable[[int], int]) -> None:
        super().__init__(right.origin_ns, right.origin_wall_ns)
        self._right = right
        self._shift_ns = shift_ns
        self.now_ns = self._read_ns
        self.sleep_until_ns = self._wait_until_ns

    def _read_ns(self) -> int:
        """Nanoseconds since the origin, as far as this clock knows."""
        now_ns = self._right.now_ns()
        return now_ns + self._shift_ns(now_ns)

    def _wait_until_ns(self, at_ns: int) -> Awaitable[None]:
        """Wait for as long as it is until `at_ns` by this clock's present reading."""
        return self._right.sleep_until_ns(self._right.now_ns() + at_ns - self._read_ns())
