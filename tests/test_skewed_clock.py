"""A clock that is wrong as planned."""

from consistency import clock
from consistency.clock import Clock
from consistency.durations import NS_PER_S
from consistency.skewed_clock import SkewedClock


class TestSkewedClock:
    def test_reads_wrong_and_waits_right(self) -> None:
        """A step of 2 s between 1 s and 3 s: a wait of a second takes a second, whatever the clock says."""

        async def main() -> None:
            right = Clock.starting_now()
            wrong = SkewedClock(right, lambda now_ns: 2 * NS_PER_S if NS_PER_S <= now_ns < 3 * NS_PER_S else 0)
            assert wrong.now_ns() == 0
            await wrong.sleep_until_ns(NS_PER_S)
            assert (right.now_ns(), wrong.now_ns()) == (NS_PER_S, 3 * NS_PER_S)
            await wrong.sleep_until_ns(wrong.now_ns() + NS_PER_S)
            assert (right.now_ns(), wrong.now_ns()) == (2 * NS_PER_S, 4 * NS_PER_S)
            await wrong.sleep_until_ns(wrong.now_ns() + NS_PER_S)
            assert (right.now_ns(), wrong.now_ns()) == (3 * NS_PER_S, 3 * NS_PER_S)

        clock.run(main(), virtual=True)
