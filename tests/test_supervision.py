"""Supervision: both halves run to their end, stop early in order, or fail together."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Sequence

import pytest

from consistency import clock, supervision
from consistency.errors import ConsistencyError
from consistency.supervision import run_both, supervise
from tests.fakes import FakeSender


class Half:
    """One half of a run: what it does in order, and what became of it."""

    def __init__(self, *steps: float | BaseException | int) -> None:
        self.steps, self.told = steps, list[str]()

    async def work(self) -> None:
        """Sleep so many seconds, raise, or send this process a signal (an int)."""
        try:
            for step in self.steps:
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    os.kill(os.getpid(), step)
        except asyncio.CancelledError:
            self.told.append("cancelled")
            raise
        self.told.append("done")


def run_halves(writing: Half, reading: Half, *, virtual: bool = True) -> tuple[bool, FakeSender]:
    """Whether it was stopped early, and the channel's end."""
    sender = FakeSender()
    return clock.run(supervise(writing.work(), reading.work(), sender), virtual=virtual), sender


class TestToTheEnd:
    @pytest.mark.parametrize(("writing_s", "reading_s"), [(1.0, 2.0), (2.0, 1.0)])
    def test_waits_for_both(self, writing_s: float, reading_s: float) -> None:
        """Whichever is first."""
        halves = Half(writing_s), Half(reading_s)
        stopped, sender = run_halves(*halves)
        assert not stopped
        assert [half.told for half in halves] == [["done"], ["done"]]
        assert sender.closed == 1

    def test_closes_the_channel_when_the_writing_ends(self) -> None:
        """Readers that wait for its end, end."""
        sender = FakeSender()

        async def read_to_the_end() -> None:
            await sender.ended.wait()

        assert clock.run(supervise(Half(3.0).work(), read_to_the_end(), sender), virtual=True) is False


class TestErrors:
    @pytest.mark.parametrize("writer_fails", [True, False])
    def test_one_in_either_half_ends_both(self, *, writer_fails: bool) -> None:
        """The error that a user can act on is what is raised; the other half does not go on for nothing."""
        failing, other = Half(1.0, ConsistencyError("disk full")), Half(60.0)
        with pytest.raises(ConsistencyError, match="disk full"):
            run_halves(*((failing, other) if writer_fails else (other, failing)))
        assert other.told == ["cancelled"]

    @pytest.mark.parametrize("writer_fails", [True, False])
    def test_the_channel_is_closed_all_the_same(self, *, writer_fails: bool) -> None:
        """Readers in other processes must not wait for a writer that is gone."""
        sender = FakeSender()
        failing, other = Half(1.0, ConsistencyError("gone")), Half(60.0)
        halves = (failing, other) if writer_fails else (other, failing)
        with pytest.raises(ConsistencyError):
            clock.run(supervise(halves[0].work(), halves[1].work(), sender), virtual=True)
        assert sender.closed == 1

    @pytest.mark.parametrize("depth", [1, 3])
    def test_is_found_in_groups(self, depth: int) -> None:
        """Workers run in task groups, which wrap what was raised."""

        async def fail() -> None:
            raise ConsistencyError("polluted")

        work: Coroutine[None, None, None] = fail()
        for _ in range(depth):
            work = run_both(Half(5.0).work(), work)
        with pytest.raises(ConsistencyError, match="polluted"):
            clock.run(supervise(work, Half(1.0).work(), FakeSender()), virtual=True)

    def test_our_own_bugs_are_not_hidden(self) -> None:
        """What is no user's error propagates as it is."""
        with pytest.raises(ExceptionGroup) as raised:
            clock.run(supervise(run_both(Half(ValueError("bug")).work()), Half(1.0).work(), FakeSender()), virtual=True)
        assert isinstance(raised.value.exceptions[0], ValueError)


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals need the real loop; its patience is cut."""
    monkeypatch.setattr(supervision, "GRACE_S", 0.05)


class TestWatching:
    def test_an_error_in_it_ends_both(self) -> None:
        """It is what is raised."""
        writing, reading, sender = Half(60.0), Half(60.0), FakeSender()
        watching = Half(1.0, ConsistencyError("the store is gone"))
        with pytest.raises(ConsistencyError, match="the store is gone"):
            clock.run(supervise(writing.work(), reading.work(), sender, watching.work()), virtual=True)
        assert (writing.told, reading.told, sender.closed) == (["cancelled"], ["cancelled"], 1)

    def test_ends_with_both(self) -> None:
        """It has no end of its own."""
        watching = Half(1e9)
        work = supervise(Half(1.0).work(), Half(2.0).work(), FakeSender(), watching.work())
        assert clock.run(work, virtual=True) is False
        assert watching.told == ["cancelled"]


@pytest.mark.usefixtures("short_grace", "heard_signals")
class TestStop:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ends_the_writing_and_lets_series_close(self, number: int) -> None:
        """The first signal cancels the writer and ends the channel; a reader that then ends in time is not cut."""
        sender, writing = FakeSender(), Half(number, 60.0)
        reading = list[str]()

        async def read_to_the_end() -> None:
            await sender.ended.wait()
            reading.append("done")

        assert clock.run(supervise(writing.work(), read_to_the_end(), sender)) is True
        assert (writing.told, reading, sender.closed) == (["cancelled"], ["done"], 1)

    def test_is_heard_on_virtual_time(self) -> None:
        """The clock does not wait for it, and the open series have their grace by that clock."""
        writing, sender, reading = Half(1.0, signal.SIGINT, 60.0), FakeSender(), list[str]()

        async def read_to_the_end() -> None:
            await sender.ended.wait()
            await asyncio.sleep(supervision.GRACE_S / 2)
            reading.append("done")

        before = signal.getsignal(signal.SIGINT)
        assert clock.run(supervise(writing.work(), read_to_the_end(), sender), virtual=True) is True
        assert (writing.told, reading, sender.closed) == (["cancelled"], ["done"], 1)
        assert signal.getsignal(signal.SIGINT) is before

    def test_a_second_signal_on_virtual_time_leaves_at_once(self) -> None:
        """As on real time."""
        with pytest.raises(KeyboardInterrupt):
            run_halves(Half(60.0), Half(signal.SIGINT, 0.01, signal.SIGINT, 60.0))

    def test_cuts_series_after_the_grace(self) -> None:
        """A reader that does not end is cancelled."""
        writing, reading = Half(signal.SIGINT, 60.0), Half(60.0)
        stopped, _ = run_halves(writing, reading, virtual=False)
        assert stopped
        assert reading.told == ["cancelled"]

    def test_after_the_writing_it_only_waits(self) -> None:
        """A writer that is done is left alone, and its channel is closed once."""
        writing, reading = Half(), Half(0.001, signal.SIGINT, 60.0)
        stopped, sender = run_halves(writing, reading, virtual=False)
        assert stopped
        assert (writing.told, sender.closed) == (["done"], 1)

    def test_an_error_meanwhile_is_told(self) -> None:
        """A disk that is full while the last series close is not passed over in silence."""
        with pytest.raises(ConsistencyError, match="disk full"):
            run_halves(Half(signal.SIGINT, 60.0), Half(0.01, ConsistencyError("disk full")), virtual=False)

    def test_a_second_signal_leaves_at_once(self) -> None:
        """It does what Ctrl-C always does."""
        with pytest.raises(KeyboardInterrupt):
            run_halves(Half(60.0), Half(signal.SIGINT, 0.01, signal.SIGINT, 60.0), virtual=False)

    def test_leaves_the_signals_as_they_were(self) -> None:
        """After the run Ctrl-C is Python's again."""
        before: Sequence[object] = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        run_halves(Half(), Half(), virtual=False)
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
