"""The clock: on virtual time order, jumps, exactness and the deadlock; on real time the run that shares an origin."""

import asyncio
import contextlib
import os
import signal
from itertools import pairwise
from random import Random

import pytest

from consistency import clock
from consistency.clock import VIRTUAL_START_WALL_NS, Clock
from consistency.virtual_time import DeadlockError

HOUR_NS = 3600 * 10**9


class TestVirtualTime:
    def test_sleepers_wake_in_the_order_of_their_deadlines(self) -> None:
        """Who is due first runs first, whoever went to sleep first."""

        async def main() -> list[tuple[str, int]]:
            ticking, woken = Clock.starting_now(), list[tuple[str, int]]()

            async def sleep(name: str, at_ns: int) -> None:
                await ticking.sleep_until_ns(at_ns)
                woken.append((name, ticking.now_ns()))

            await asyncio.gather(sleep("c", 3_000), sleep("a", 1_000), sleep("d", HOUR_NS), sleep("b", 2_000))
            return woken

        assert clock.run(main(), virtual=True) == [("a", 1_000), ("b", 2_000), ("c", 3_000), ("d", HOUR_NS)]

    def test_of_equal_deadlines_the_first_asked_for_is_first(self) -> None:
        """Ties are broken the same way every time, or no run would repeat."""

        async def main() -> list[int]:
            ticking, woken = Clock.starting_now(), list[int]()

            async def sleep(place: int) -> None:
                await ticking.sleep_until_ns(1_000)
                woken.append(place)

            await asyncio.gather(*map(sleep, range(20)))
            return woken

        assert clock.run(main(), virtual=True) == list(range(20))

    def test_years_take_no_time(self) -> None:
        """The clock jumps; if it waited, this test would not end."""

        async def main() -> int:
            ticking = Clock.starting_now()
            await ticking.sleep_until_ns(24 * 365 * HOUR_NS)
            return ticking.now_ns()

        assert clock.run(main(), virtual=True) == 24 * 365 * HOUR_NS

    def test_is_exact_to_the_nanosecond_over_an_hour(self) -> None:
        """Every sleeper wakes at its very nanosecond, also beside one that is due a nanosecond earlier."""
        random = Random(3)
        due = sorted({at + step for at in random.sample(range(HOUR_NS), 2_000) for step in (0, 1)})

        async def main() -> list[int]:
            ticking, woken = Clock.starting_now(), list[int]()

            async def sleep(at_ns: int) -> None:
                await ticking.sleep_until_ns(at_ns)
                woken.append(ticking.now_ns())

            await asyncio.gather(*map(sleep, random.sample(due, len(due))))
            return woken

        assert clock.run(main(), virtual=True) == due

    def test_small_steps_do_not_add_up_to_a_drift(self) -> None:
        """After a hundred thousand steps of an awkward size the clock is where arithmetic says."""
        step_ns = 7_777_777

        async def main() -> int:
            ticking = Clock.starting_now()
            for place in range(1, 20_001):
                await ticking.sleep_until_ns(place * step_ns)
            return ticking.now_ns()

        assert clock.run(main(), virtual=True) == 20_000 * step_ns

    def test_never_goes_back(self) -> None:
        """A deadline in the past is now, and others get their turn."""

        async def main() -> list[int]:
            ticking, stamps = Clock.starting_now(), list[int]()
            for at_ns in (500, 100, 900, 0, 901):
                await ticking.sleep_until_ns(at_ns)
                stamps.append(ticking.now_ns())
            return stamps

        stamps = clock.run(main(), virtual=True)
        assert all(before <= after for before, after in pairwise(stamps))
        assert stamps == [500, 500, 900, 900, 901]

    def test_a_deadlock_is_an_error_at_once(self) -> None:
        """When every task waits and no timer is set, nothing can ever happen."""

        async def main() -> None:
            await asyncio.Event().wait()

        with pytest.raises(DeadlockError, match="no timer is set"):
            clock.run(main(), virtual=True)

    def test_repeats_to_the_byte(self) -> None:
        """A virtual run begins at the same instant of the monotonic and of the wall clock, always."""

        async def main() -> tuple[int, int]:
            ticking = Clock.starting_now()
            return ticking.origin_ns, ticking.origin_wall_ns

        assert clock.run(main(), virtual=True) == clock.run(main(), virtual=True) == (0, VIRTUAL_START_WALL_NS)

    def test_a_clock_counts_from_its_own_origin(self) -> None:
        """A clock that starts later reads 0 then."""

        async def main() -> tuple[int, int]:
            await Clock.starting_now().sleep_until_ns(5_000)
            later = Clock.starting_now()
            await later.sleep_until_ns(300)
            return later.origin_ns, later.now_ns()

        assert clock.run(main(), virtual=True) == (5_000, 300)

    def test_what_follows_begins_later(self) -> None:
        """When it is due, but never in the nanosecond in which it is known that it can begin."""

        async def main() -> list[int]:
            ticking = Clock.starting_now()
            await ticking.sleep_until_ns(500)
            return [ticking.follow_ns(due_ns) for due_ns in (0, 499, 500, 501, 502)]

        assert clock.run(main(), virtual=True) == [501, 501, 501, 501, 502]

    def test_ctrl_c_is_heard(self) -> None:
        """A simulation never waits, and must still be stopped: the main task is cancelled and the caller is told."""
        cancelled = []

        async def main() -> None:
            ticking = Clock.starting_now()
            os.kill(os.getpid(), signal.SIGINT)
            try:
                for turn in range(100_000):
                    await ticking.sleep_until_ns(turn)
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        with pytest.raises(KeyboardInterrupt):
            clock.run(main(), virtual=True)
        assert cancelled == [True]

    def test_a_time_out_that_was_not_needed_leaves_no_trace(self) -> None:
        """asyncio's own time-outs work, and one that was cancelled neither rings nor delays anybody."""

        async def main() -> tuple[int, int]:
            ticking = Clock.starting_now()
            async with asyncio.timeout(1):
                await ticking.sleep_until_ns(1_000)
            before_ns = ticking.now_ns()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await ticking.sleep_until_ns(HOUR_NS)
            return before_ns, ticking.now_ns()

        assert clock.run(main(), virtual=True) == (1_000, 2_000_001_000)


class TestRealTime:
    def test_clocks_of_one_origin_agree(self) -> None:
        """Two clocks with one origin, as in two processes, tell times of one line."""

        async def main() -> tuple[int, int, int]:
            first = Clock.starting_now()
            second = Clock(first.origin_ns, first.origin_wall_ns)
            return first.now_ns(), second.now_ns(), first.now_ns()

        before, between, after = clock.run(main())
        assert 0 <= before <= between <= after

    def test_does_not_wake_early(self) -> None:
        """A sleeper's deadline has come when it wakes, to the resolution of the loop."""

        async def main() -> list[int]:
            ticking = Clock.starting_now()
            early = []
            for _ in range(20):
                due_ns = ticking.now_ns() + 200_000
                await ticking.sleep_until_ns(due_ns)
                early.append(due_ns - ticking.now_ns())
            return early

        assert max(clock.run(main())) <= 1_000

    def test_names_the_boot(self) -> None:
        """The same boot is named the same way, and not by nothing."""
        assert clock.boot_id() == clock.boot_id() != ""
