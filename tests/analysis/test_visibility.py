"""Visibility intervals: the timelines of the definition by hand, and the truth inside every interval."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings

from consistency.analysis.judgement import Visibility
from consistency.analysis.series import Series, find_acknowledged_writes, gather_series
from consistency.analysis.visibility import VisibilityColumns, find_flickers, measure_visibility
from consistency.history import History
from consistency.operation import Action
from tests.histories import MS, parse_history, searches


def see(line: str, clock_bound_ns: int = 0) -> list[Visibility]:
    return list(measure_visibility(gather_series(parse_history(line), Action.GLOBAL_QUERY), clock_bound_ns))


def intervals(line: str) -> tuple[tuple[float, float | None], tuple[float, float | None]]:
    """First-visible and stable-visible of the only series in `line`, in ms."""
    (seen,) = see(line)
    return (
        (seen.lower_ns / MS, None if seen.upper_ns is None else seen.upper_ns / MS),
        (seen.stable_lower_ns / MS, None if seen.stable_upper_ns is None else seen.stable_upper_ns / MS),
    )


class TestTimelines:
    @pytest.mark.parametrize(
        ("line", "first", "stable"),
        [
            # the first attempt hits: visible at the acknowledgement already, for all that is known
            ("global a 12-14 hit", (0, 4), (0, 4)),
            # from the invocation of the last miss to the completion of the first hit
            ("global a 12-14 miss; global a 30-33 miss; global a 50-55 hit", (20, 45), (20, 45)),
            # never seen: open at the invocation of the last miss, whatever came after it
            ("global a 12-14 miss; global a 30-33 miss; global a 50-55 UNAVAILABLE", (20, None), (20, None)),
            # errors and calls that never completed move neither end
            ("global a 12-14 miss; global a 20-29 ABORTED; global a 25-?; global a 50-55 hit", (2, 45), (2, 45)),
            # nothing but errors: nothing is known
            ("global a 12-14 UNAVAILABLE; global a 20-?", (0, None), (0, None)),
            # seen, missed, seen again: the first hit and the last miss bound two different instants
            ("global a 12-14 miss; global a 20-22 hit; global a 30-32 miss; global a 40-43 hit", (2, 12), (20, 33)),
            # seen, and missed at the end: not stable as far as anybody saw
            ("global a 20-22 hit; global a 30-32 miss", (0, 12), (20, None)),
            # two hits overlap: visible by the earlier end, although that one was asked later
            ("global a 12-14 miss; global a 20-60 hit; global a 25-30 hit", (2, 20), (2, 20)),
            # a miss asked after the first hit was asked is no retry and does not move the lower end
            ("global a 12-14 miss; global a 20-60 hit; global a 25-30 miss; global a 65-70 hit", (2, 50), (15, 60)),
            # a miss and a hit asked at the same instant: neither is known to be the first
            ("global a 20-22 hit; global a 20-25 miss", (0, 12), (10, None)),
            # an attempt that ended before the acknowledgement saw it: nothing to wait for
            ("global a 4-8 hit", (0, 0), (0, 0)),
            # a miss that began before the acknowledgement excludes nothing after it
            ("global a 4-15 miss; global a 20-22 hit", (0, 12), (0, 12)),
        ],
    )
    def test_intervals(self, line: str, first: tuple[float, float], stable: tuple[float, float]) -> None:
        """Each timeline of the definition gives its interval; the write was acknowledged at 10 ms."""
        assert intervals(f"write a 0-10; {line}") == (first, stable)

    def test_row_view(self) -> None:
        """A row carries what is known of its write, its reader and its attempts."""
        (seen,) = see("write a 0-10; global a 12-14 miss due 11; other/get a 13-14 hit; global a 20-22 NOT_FOUND")
        assert (seen.item.name, seen.index, seen.process) == ("a", 0, "reader")
        assert (seen.written_ns, seen.acknowledged_ns, seen.probe_delay_ns) == (0, 10 * MS, 2 * MS)
        assert [attempt.told for attempt in seen.attempts] == ["miss", "NOT_FOUND"]
        assert (seen.attempts[0].due_ns, seen.attempts[0].completed_ns) == (11 * MS, 14 * MS)
        assert (seen.retries, seen.errors) == (1, 1)

    def test_confirming_attempts_are_no_retries(self) -> None:
        """A miss after the first hit is a flicker and not a retry."""
        (seen,) = see("write a 0-10; global a 12-14 miss; global a 20-22 hit; global a 30-31 miss; global a 40-41 miss")
        assert (seen.retries, seen.flickers) == (1, 1)

    def test_clock_bound_widens(self) -> None:
        """Clocks that may differ by 3 ms move both ends outwards by as much, the lower one not below 0."""
        (seen,) = see("write a 0-10; global a 12-14 miss; global a 20-22 hit; global a 30-31 hit", 3 * MS)
        assert (seen.lower_ns, seen.upper_ns) == (0, 15 * MS)


class TestFlickers:
    @pytest.mark.parametrize(
        ("line", "flickers"),
        [
            ("global a 20-22 hit; global a 30-32 miss; global a 40-42 hit; global a 50-52 miss", 2),
            ("global a 20-22 hit; global a 25-26 UNAVAILABLE; global a 30-32 miss", 1),
            ("global a 20-31 hit; global a 30-32 miss", 0),  # they overlap: the miss may have looked first
            ("global a 20-30 hit; global a 30-32 miss", 0),  # touching counts as overlapping
            ("global a 20-22 miss; global a 30-32 hit", 0),
        ],
    )
    def test_changes_from_seen_to_unseen(self, line: str, flickers: int) -> None:
        """Only a miss that began after a hit had ended proves a change."""
        (seen,) = see(f"write a 0-10; {line}")
        assert seen.flickers == flickers

    def test_not_across_series(self) -> None:
        """The last hit of one entity and the first miss of the next are no flicker."""
        history = parse_history("write a 0-10; write b 1-10; global a 20-22 hit; global b 30-32 miss")
        assert not find_flickers(gather_series(history, Action.GLOBAL_QUERY)).any()


class TestSeries:
    def test_one_for_each_reader(self) -> None:
        """Two readers of one item are two series; each has its own first hit."""
        line = "write a 0-10; r1/global a 12-14 miss; r2/global a 13-15 hit; r1/global a 20-22 hit"
        assert [(seen.process, seen.upper_ns) for seen in see(line)] == [("r1", 12 * MS), ("r2", 5 * MS)]

    def test_one_for_each_action(self) -> None:
        """Attempts of another action do not enter."""
        assert intervals("write a 0-10; get a 12-14 miss; global a 20-22 hit; get a 30-32 hit")[0] == (0, 12)

    @pytest.mark.parametrize("told", ["fail=ABORTED", "info=DEADLINE_EXCEEDED"])
    def test_only_acknowledged_writes(self, told: str) -> None:
        """Without an acknowledgement there is nothing to count from; the place in the stream is kept all the same."""
        line = f"write a 0-10 {told}; write b 5-15; global a 20-22 hit; global b 20-22 hit"
        assert [(seen.item.name, seen.index) for seen in see(line)] == [("b", 1)]
        assert see("write a 0-?; global a 20-22 hit") == []

    def test_index_is_by_due_time(self) -> None:
        """The place in the stream follows the schedule, not the order in which late writes began."""
        line = "write a 30-40 due 1; write b 20-25 due 2; write c 0-1 due 3; global b 50-51 hit; global a 50-51 hit"
        assert [(seen.item.name, seen.index) for seen in see(line)] == [("a", 0), ("b", 1)]

    def test_retried_write(self) -> None:
        """Of a write that failed and was repeated, the acknowledged one counts."""
        history = parse_history("write a 0-10 fail=ABORTED; write a 20-30; global a 31-32 hit")
        assert find_acknowledged_writes(history).tolist() == [1]

    def test_reads_without_a_write(self) -> None:
        """Reads of an item whose write is not in the history are left out."""
        assert see("global a 20-22 hit") == []


Measure = Callable[[Series], VisibilityColumns]


def with_wrong_lower_end(series: Series) -> VisibilityColumns:
    """The mistake of taking a miss's completion for the lower end."""
    history = series.history
    return measure_visibility(replace(series, history=replace(history, invoked_ns=history.completed_ns)))


def with_wrong_upper_end(series: Series) -> VisibilityColumns:
    """The mistake of taking a hit's invocation for the upper end."""
    history = series.history
    return measure_visibility(replace(series, history=replace(history, completed_ns=history.invoked_ns)))


def with_wrong_hit(series: Series) -> VisibilityColumns:
    """The mistake of taking an error for a miss."""
    return measure_visibility(replace(series, miss=~series.hit))


def check_truth_inside(measure: Measure) -> None:
    """Every interval of `measure` contains the truth, for any truth and any overlapping attempts."""

    @settings(deadline=None, max_examples=300, database=None, derandomize=True, phases=[Phase.generate])
    @given(search=searches())
    def check(search: tuple[int, History]) -> None:
        truth_ns, history = search
        columns = measure(gather_series(history, Action.GLOBAL_QUERY))
        for lower_ns, upper_ns in (
            (columns.lower_ns[0], columns.upper_ns[0]),
            (columns.stable_lower_ns[0], columns.stable_upper_ns[0]),
        ):
            assert lower_ns < truth_ns <= upper_ns or (lower_ns == 0 and truth_ns <= upper_ns)

    check()


@pytest.mark.slow
class TestTruth:
    def test_every_interval_contains_it(self) -> None:
        """Whatever the truth and however the attempts overlap, it lies between the ends."""
        check_truth_inside(measure_visibility)

    @pytest.mark.parametrize("measure", [with_wrong_lower_end, with_wrong_upper_end, with_wrong_hit])
    def test_a_wrong_bound_is_caught(self, measure: Measure) -> None:
        """The property fails for each of the classic mistakes, so it can fail."""
        with pytest.raises(AssertionError):
            check_truth_inside(measure)
