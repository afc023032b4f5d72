"""Searches of a reader that nobody told of the write: what it asked before the acknowledgement says nothing."""

import pytest

from consistency.analysis.judgement import Visibility
from consistency.analysis.series import gather_series
from consistency.analysis.visibility import measure_visibility
from consistency.history import History
from consistency.operation import Action, Began
from tests.histories import MS, parse_events

WRITE = "write a 100-110; "


def see(line: str, bound_ms: int = 0) -> list[Visibility]:
    """The searches of a reader that looks by the schedule alone, by clocks that are so far apart at most."""
    history = History.of([Began("reader", 0, "us-1", unannounced=True), *parse_events(WRITE + line)])
    bound_ns = bound_ms * MS
    return list(measure_visibility(gather_series(history, Action.GLOBAL_QUERY, None, bound_ns), bound_ns))


class TestUnannounced:
    def test_what_was_missed_before_is_no_retry(self) -> None:
        """Two misses before the acknowledgement, one that was under way then, one after it, and a hit."""
        line = "global a 20-24 miss; global a 60-64 miss; global a 105-112 miss; global a 130-134 miss; "
        (seen,) = see(line + "global a 150-155 hit")
        assert (seen.retries, seen.probe_delay_ns, seen.late) == (1, 20 * MS, False)
        assert (seen.lower_ns, seen.upper_ns) == (20 * MS, 45 * MS)

    def test_a_hit_before_the_acknowledgement_counts(self) -> None:
        """What was seen is there: no retry, and the first attempt is not late."""
        (seen,) = see("global a 80-84 miss; global a 103-108 hit; global a 160-164 hit")
        assert (seen.retries, seen.lower_ns, seen.upper_ns, seen.late) == (0, 0, 0, False)

    @pytest.mark.parametrize(("bound_ms", "retries", "late"), [(0, 2, False), (15, 1, False), (25, 1, True)])
    def test_clocks_decide_what_came_after(self, bound_ms: int, retries: int, late: bool) -> None:
        """A miss that may have come before is none; a first attempt that may have come later than prompt is late."""
        (seen,) = see("global a 115-118 miss; global a 140-144 miss; global a 160-164 hit", bound_ms)
        assert (seen.retries, seen.late) == (retries, late)

    def test_a_search_that_ended_before_is_left_out(self) -> None:
        """Its entity is not missing: nobody looked for it afterwards."""
        history = History.of([Began("reader", 0, "", unannounced=True), *parse_events(WRITE + "global a 20-24 miss")])
        series = gather_series(history, Action.GLOBAL_QUERY)
        assert (len(series), series.vain) == (0, 1)

    def test_who_was_told_is_taken_at_its_word(self) -> None:
        """An attempt before the acknowledgement there is a clock that is wrong, and counts as it did."""
        history = History.of(parse_events(WRITE + "global a 90-94 miss; global a 150-155 hit"))
        (seen,) = measure_visibility(gather_series(history, Action.GLOBAL_QUERY, None, 30 * MS), 30 * MS)
        assert seen.retries == 1
